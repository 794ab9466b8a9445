"""The fixtures of what runs against AWS on loopback; other folders import them from here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fanscore_adapters.embedded.stand_ins import default_sample
from tests.aws.ministack import Ministack, ministack
from tests.aws.system import AwsSystem, aws_system
from tests.aws.tables import AwsTables, fresh_tables
from tests.patience import patient_limits


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Let no answer depend on the speed of the machine."""
    with patient_limits():
        yield


@pytest.fixture(scope="session")
def aws() -> Iterator[Ministack]:
    """Run one server for all tests that ask for it."""
    with ministack() as server:
        yield server


@pytest.fixture
def aws_tables(aws: Ministack) -> AwsTables:
    """Give a test four empty tables of its own."""
    return fresh_tables(aws)


@pytest.fixture(scope="session")
def system() -> Iterator[AwsSystem]:
    """Run all that is deployed, with the sample's data, for all tests that ask for it."""
    with aws_system(default_sample()) as made:
        yield made
