"""The clients of the adapters, on the server that the environment names or on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
        service, AwsSession(REGION), read_s, endpoint_url=endpoint_url, prepare=prepare, clock=clock
    )


@contextmanager
def environment_of(aws: Ministack) -> Iterator[pytest.MonkeyPatch]:
    """Let the environment name a server, and who calls it."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in aws.environ.items():
            environment.setenv(name, value)
        yield environment
