from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import attrs
import pytest

from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.embedded import write_sample
from tests.hostile.events import ENVELOPED
from tests.hostile.stage import Stage, set_stage

TEXTS = {
    "nothing": "",
    "half": "{",
    "null": "null",
    "list": "[]",
    "text": '"score"',
    "nan": '{"score": NaN}',
    "exponent": '{"score": 1e999999999999999999999}',
    "digits": '{"score": ' + "9" * 5_000 + "}",
    "deep": "[" * 100_000,
}
"""Texts that are no item."""


@attrs.frozen
class Stored:
    """An item that the score of the sample fan is made from.

    Attributes:
        table: where it lies.
        pk: its partition key.
        sk: its sort key.
        boost: what degrades without it; nothing where there is no score without it.
    """

    table: str
    pk: str
    sk: str
    boost: str | None = None


STORED = [
    Stored("fan_identity_table", "fan:user123", "identity"),
    Stored("account_fanscore_table", "member:member123", "score#account"),
    Stored("demand_table", "event:evt456", "disco", "event"),
    Stored("demand_table", "fan:user123", "demand#disco456-sale789", "event"),
    Stored("fan_identity_table", "botornot", "cursor", "model"),
    Stored("fan_identity_table", "fan:user123", "botornot#run-2026-11-01", "model"),
]
"""All that lie in tables."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Give the app on a database file with the sample data."""
    return set_stage(str(tmp_path_factory.mktemp("stored") / "fans.db"))


@pytest.fixture
def untouched(stage: Stage) -> Iterator[Stage]:
    """Give the stage, and restore its sample data afterwards."""
    yield stage
    write_sample(Settings(database=stage.database))


def store(database: str, stored: Stored, text: str) -> None:
    """Write a text where an item is."""
    connection = sqlite3.connect(Path(database))
    with connection:
        changed = connection.execute(
            f"UPDATE {stored.table} SET item = ? WHERE PK = ? AND SK = ?",  # noqa: S608  # of STORED
            (text, stored.pk, stored.sk),
        )
    assert changed.rowcount == 1
    connection.close()


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("stored", STORED, ids=lambda stored: f"{stored.pk}-{stored.sk}")
def test_items_that_are_none(untouched: Stage, stored: Stored, text: str) -> None:
    """What is stored but is no item is 503 naming the table, or degrades; never another score."""
    store(untouched.database, stored, TEXTS[text])
    answer = cast("dict[str, dict[str, object]]", untouched.answer(ENVELOPED))
    if stored.boost is None:
        assert answer == {
            "error": {
                "message": f"{stored.table} is unavailable",
                "errorType": "503",
                "data": None,
                "errorInfo": {"code": "UNAVAILABLE", "system": stored.table},
            }
        }
    else:
        assert answer["data"]["degraded"] == [stored.boost]
