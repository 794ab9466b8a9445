"""Databases that many use at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.patience import patient_databases


@pytest.fixture(scope="module", autouse=True)
def wait_for_databases() -> Iterator[None]:
    """Let nobody give up a database for which they wait their turn on a busy machine."""
    with patient_databases():
        yield
