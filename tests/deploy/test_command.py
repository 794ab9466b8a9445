"""The command line of the deployment, in the order in which the Makefile gives it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest

from deploy.__main__ import connect_to_aws, parsed
from deploy.resolvers import TEMPLATE

GIVEN: Mapping[str, str] = {"LnaaUrl": "https://lnaa.example.com", "SyncUrl": ""}
WORDS = tuple(f"{name}={value}" for name, value in GIVEN.items())


@pytest.mark.parametrize(
    "arguments",
    [
        ("apply", "fanscore", "--bucket", "b", "--architecture", "x86_64", *WORDS),
        ("apply", "fanscore", *WORDS, "--bucket", "b", "--architecture", "x86_64"),
        ("--bucket", "b", "--architecture", "x86_64", "apply", "fanscore", *WORDS),
    ],
)
def test_parameters_may_stand_anywhere(arguments: Sequence[str]) -> None:
    """Parameters are taken before and after the options; the Makefile gives them last."""
    asked = parsed(arguments)
    assert dict(asked.parameters) == GIVEN
    assert (asked.command, asked.stack, asked.bucket, asked.architecture) == (
        "apply",
        "fanscore",
        "b",
        "x86_64",
    )


def test_no_parameters() -> None:
    """Without parameters and architecture, all stays as it is."""
    asked = parsed(["preview", "fanscore", "--bucket", "b"])
    assert (asked.parameters, asked.architecture) == ([], None)


@pytest.mark.parametrize("name", ["Architecture", "CodeBucket", "CodeKey"])
def test_what_follows_from_the_package_is_no_parameter(name: str) -> None:
    """Parameters that the command works out itself are refused, not overridden silently."""
    with pytest.raises(SystemExit):
        parsed(["apply", "fanscore", "--bucket", "b", f"{name}=x"])


def test_the_region_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """``AWS_REGION`` names the region, as the pages and the AWS command line have it."""
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    client = connect_to_aws("cloudformation")
    assert client.meta.region_name == "eu-central-1"
    client.close()


def test_sums_count_what_is_missing_as_nothing() -> None:
    """A metric without data says nothing for CloudWatch; in a sum it must be 0."""
    text = TEMPLATE.read_text(encoding="utf-8")
    expressions = re.findall(r'Expression: "(.*?)"', text)
    assert len(expressions) == 3
    for expression in expressions:
        assert re.sub(r"FILL\(m[0-9], 0\)", "", expression).strip(" +") == ""
