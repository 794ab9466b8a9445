"""The fixtures of what is deployed."""

from __future__ import annotations

import os

import pytest

from deploy.package import SOURCES, WHEELS, Package, package
from tests.aws.conftest import system
from tests.deploy.unpacked import Unpacked, unpacked

__all__ = ["system"]

_FULL = ["test_end_to_end.py", "test_event_scoring.py", "test_presale.py", "test_tools.py"]

collect_ignore = [] if os.environ.get("FANSCORE_TESTS") == "full" else _FULL
"""What needs more than Python, or tools of its own, is run by ``make test-full``."""


@pytest.fixture(scope="session")
def made() -> Package:
    """Make the package of this tree."""
    return package(SOURCES, WHEELS / "x86_64")


@pytest.fixture(scope="session")
def alone(made: Package, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """Unpack the package of this tree."""
    return unpacked(made, tmp_path_factory.mktemp("package"))
