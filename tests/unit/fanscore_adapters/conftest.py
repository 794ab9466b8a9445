from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fanscore_adapters.sqlite import connection as sqlite_connection
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from tests.aws.ministack import ACCOUNT, SECRET


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Name a file that is not there yet."""
    return str(tmp_path / "fans.db")


@pytest.fixture(params=["memory", "file"])
def tables(request: pytest.FixtureRequest, path: str) -> Iterator[SqliteTables]:
    """Open empty tables, in memory and in a file."""
    with SqliteTables(IN_MEMORY if request.param == "memory" else path) as opened:
        yield opened


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no connection wait for long."""
    monkeypatch.setattr(sqlite_connection, "BUSY_TIMEOUT_S", 0.01)


@pytest.fixture
def made_up_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests be signed that go nowhere."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
