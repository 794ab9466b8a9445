from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws.clients import environment_of
from tests.aws.faults.stage import Cloud, Stage, make_cloud, stage_on
from tests.aws.ministack import Ministack
from tests.unit.fanscore_adapters.conftest import made_up_credentials

__all__ = ["made_up_credentials"]


@pytest.fixture(scope="session")
def cloud(aws: Ministack) -> Iterator[Cloud]:
    """Share a bus and a function."""
    with environment_of(aws):
        yield make_cloud(aws)


@pytest.fixture
def stage(cloud: Cloud) -> Iterator[Stage]:
    """Give each test a server and tables of its own."""
    with environment_of(cloud.aws), stage_on(cloud) as made:
        yield made
