"""The command ``fanscore resolvers``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.cli.options import refuse_empty
from fanscore_appsync.fields import FIELDS, NAMESPACES, Field
from fanscore_appsync.resolvers import cloudformation, terraform

FORMATS: Mapping[str, Callable[[Mapping[str, Field], frozenset[str]], str]] = {
    "cloudformation": cloudformation.template,
    "terraform": terraform.module,
}


@click.command()
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)), required=True, help="What reads them."
)
@click.option(
    "--output",
    metavar="FILE",
    help=f"Write this file instead of printing. Terraform reads {terraform.FILE}.",
)
def resolvers(kind: str, output: str | None) -> None:
    """Print the AppSync resolvers of all fields, with their caching and batch sizes.

    They are the same bytes every time. No account is needed.

    Exit status: 0 when they are written, 2 for unusable input.
    """
    refuse_empty("--output", output)
    text = FORMATS[kind](FIELDS, NAMESPACES)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_bytes(text.encode())
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        refuse(f"--output: {output}: {error.strerror}")
