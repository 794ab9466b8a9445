"""The clients of the adapters, on the server that the environment names or on another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from time import monotonic

import pytest

from fanscore_adapters.aws.client import AwsClient, AwsSession, Events
from tests.aws.ministack import REGION, Ministack

READ_S = 600.0


def aws_client(
    service: str,
    endpoint_url: str | None = None,
    *,
    read_s: float = READ_S,
    prepare: Callable[[Events], None] = lambda _: None,
    clock: Callable[[], float] = monotonic,
) -> AwsClient:
    """Make a client as the wiring does; where it asks is said by a URL or by the environment."""
    return AwsClient(
        service, aws_session(), read_s, endpoint_url=endpoint_url, prepare=prepare, clock=clock
    )


def aws_session() -> AwsSession:
    """Return the session of all clients that are made in an environment such as this.

    Making one reads what botocore knows of its services, which takes most of the time of a test.
    """
    named = {name: text for name, text in os.environ.items() if name.startswith("AWS_")}
    return _session_of(frozenset(named.items()))


@cache
def _session_of(_environment: frozenset[tuple[str, str]]) -> AwsSession:
    return AwsSession(REGION)


@contextmanager
def environment_of(aws: Ministack) -> Iterator[pytest.MonkeyPatch]:
    """Let the environment name a server, and who calls it."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in aws.environ.items():
            environment.setenv(name, value)
        yield environment
