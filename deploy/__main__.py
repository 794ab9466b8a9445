"""``make deploy`` and ``make deploy-preview``: put fanscore on AWS, or see what that would change.

Region and credentials are those of the AWS command line; ``AWS_REGION`` counts first.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import boto3
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from deploy import snapshots
from deploy.package import ARCHITECTURES, zip_of
from deploy.stack import POLL_S, ChangeSet, DeploymentFailedError, Stack

TEMPLATE = Path(__file__).with_name("template.yaml")

OURS = frozenset({"Architecture", "CodeBucket", "CodeKey", snapshots.DIGEST, snapshots.OF})
"""The parameters that follow from the package and from the others."""

_ANEW = {"True": " (made anew)", "Conditional": " (perhaps made anew)"}

Connect = Callable[[str], BaseClient]
"""Makes the client of a service."""


def connect_to_aws(service: str) -> BaseClient:
    """Make the client of a service in the region of the environment."""
    return boto3.client(service, region_name=os.environ.get("AWS_REGION") or None)


def main(
    arguments: Sequence[str], connect: Connect = connect_to_aws, poll_s: float = POLL_S
) -> Iterator[str]:
    """Do what the command line says, and say what happens, by lines.

    Raises:
        DeploymentFailedError: it was not possible.
    """
    asked = parsed(arguments)
    with closing(connect("cloudformation")) as cloudformation, closing(connect("s3")) as s3:
        stack = Stack(asked.stack, asked.bucket, cloudformation, s3, poll_s)
        if asked.command == "delete":
            stack.delete()
            return
        architecture = asked.architecture or stack.parameters().get("Architecture", "arm64")
        package = asked.package or zip_of(architecture)
        given = {
            **dict(asked.parameters),
            "CodeBucket": stack.bucket,
            "CodeKey": stack.upload(package.read_bytes(), ".zip"),
            "Architecture": architecture,
        }
        template = asked.template.read_text(encoding="utf-8")
        if stack.is_unmade():
            if asked.command == "preview":
                yield "The stack could not be made, and has to be made from the beginning."
                return
            stack.delete()
        with stack.prepared(template, given) as change:
            yield from _told(change)
            if change is None:
                return
            change.refuse_losses(asked.let_go)
            if asked.command == "preview":
                return
            stack.apply(change)
        yield from _outputs(stack.outputs())


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; parameters may stand before and after the options."""
    return _parser().parse_intermixed_args(arguments)


def _told(change: ChangeSet | None) -> Iterator[str]:
    if change is None:
        yield "Nothing changes."
        return
    for each in change.changes:
        anew = _ANEW.get(each.replacement, "")
        yield f"{each.action:7} {each.type:40} {each.resource}{anew}"


def _outputs(outputs: Mapping[str, str]) -> Iterator[str]:
    for name, value in sorted(outputs.items()):
        yield f"{name}: {value}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("deploy", description=__doc__)
    parser.add_argument("command", choices=("apply", "preview", "delete"))
    parser.add_argument("stack", help="name of the stack")
    parser.add_argument("parameters", nargs="*", type=_parameter, help="Name=Value")
    parser.add_argument("--bucket", required=True, help="where templates and packages are kept")
    parser.add_argument("--architecture", choices=ARCHITECTURES)
    parser.add_argument(
        "--let-go",
        action="append",
        default=[],
        metavar="RESOURCE",
        help="take what holds state out of the stack; the template retains it",
    )
    parser.add_argument("--package", type=Path, help="another zip than that of make package")
    parser.add_argument("--template", type=Path, default=TEMPLATE)
    return parser


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or name in OURS:
        raise argparse.ArgumentTypeError(text)
    return name, value


if __name__ == "__main__":
    try:
        for line in main(sys.argv[1:]):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    except (DeploymentFailedError, ClientError, BotoCoreError) as error:
        sys.exit(str(error))
