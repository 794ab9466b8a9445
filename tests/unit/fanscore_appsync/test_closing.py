from __future__ import annotations

import gc
import sqlite3
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from fanscore_adapters.items.keys import Key
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import appsync_event, user
from fanscore_appsync.wiring import apps, embedded
from fanscore_core.errors import InvalidInput
from tests.unit.fanscore_appsync.samples import TIME_LEFT_S


def threads() -> set[threading.Thread]:
    """Give the threads of fanscore that live."""
    return {each for each in threading.enumerate() if each.name.startswith("fanscore")}


def open_connections() -> int:
    """Count the databases that something still holds open."""
    gc.collect()
    found = [each for each in gc.get_objects() if type(each) is sqlite3.Connection]
    return sum(is_open(each) for each in found)


def is_open(connection: sqlite3.Connection) -> bool:
    """Whether a connection has not been closed."""
    try:
        connection.total_changes  # noqa: B018  # raises where it has
    except sqlite3.ProgrammingError:
        return False
    return True


BAD_KEY = '{"tables": {"demand_table": [{"PK": "\\u0007", "SK": "b"}]}, "services": {}}'


@pytest.mark.parametrize("is_told_what_to_close", [False, True])
def test_what_was_opened_before_a_mistake_is_closed(
    tmp_path: Path, is_told_what_to_close: bool
) -> None:
    """Where wiring fails after it opened something, nothing stays open."""
    before, kept = threads(), open_connections()
    sample = tmp_path / "bad.json"
    sample.write_text(BAD_KEY)
    with ExitStack() as closing:
        with pytest.raises(InvalidInput) as refused:
            apps.connect(Settings(sample=str(sample)), closing if is_told_what_to_close else None)
        assert refused.value.where == "item"
        assert (threads(), open_connections()) == (before, kept)


def test_closing(tmp_path: Path) -> None:
    """What was wired for an app ends with it: its threads, its deliveries and its connections."""
    before = threads()
    settings = Settings(database=str(tmp_path / "fans.db"))
    embedded.write_sample(settings)
    entry = {"input": {"campaignId": "camp1", "requestId": "request-1"}}
    event = appsync_event("Mutation.upsertEntry", entry, user("user123"), envelope=True)
    with ExitStack() as closing:
        app = apps.connect(settings, closing)
        response = app.answer(event, TIME_LEFT_S).response
        assert threads() > before
    assert isinstance(response, dict)
    assert response.get("data", {}).get("status") == "ACCEPTED"
    assert threads() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fans.db"]
    with embedded.connect_bus(settings) as bus:
        assert all(each.attempts <= 1 for each in bus.undelivered())


def test_what_is_over_is_deleted_at_start(tmp_path: Path) -> None:
    """An app that starts on a database deletes what has outlived its time there."""
    settings = Settings(database=str(tmp_path / "fans.db"))
    with SqliteTables(settings.database) as tables:
        tables.load("demand_table", [{"PK": "a", "SK": "b", "ttl": 1}])
    with ExitStack() as closing:
        apps.connect(settings, closing)
    with SqliteTables(settings.database) as tables:
        assert tables.look_up("demand_table", [Key("a", "b")]) == [None]
