"""What hostile events are thrown at: the app on a database file whose contents can be compared."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import TypeAlias

import attrs

from fanscore_appsync.app import App
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.apps import connect
from fanscore_appsync.wiring.embedded import write_sample
from tests.e2e.lambda_runtime import told

TIME_LEFT_S = 30.0

REFUSALS = frozenset({"400", "401", "403"})
"""The error types that a bad event may come to."""

SHORT = 500
"""More characters than any refusal needs, fewer than would quote a hostile value."""


Contents: TypeAlias = Mapping[str, list[object]]
"""Every row of every table."""


@attrs.frozen
class Stage:
    """An app on a database file with the sample data.

    Attributes:
        database: the file.
        app: on it.
        at_first: what was in the file before the app was asked anything.
    """

    database: str
    app: App
    at_first: Contents

    def answer(self, event: object) -> object:
        """Give what AppSync learns of an event's answer."""
        return told(lambda: self.app.answer(event, TIME_LEFT_S).response)

    def contents(self) -> Contents:
        """Give what is in the file."""
        return contents_of(self.database)


def contents_of(database: str) -> Contents:
    """Give every row of every table."""
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
        ).fetchall()
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608  # its own name
            for (table,) in tables
        }


def set_stage(database: str) -> Stage:
    """Write the sample data into a database file, and wire an app to it."""
    settings = Settings(database=database)
    write_sample(settings)
    app = connect(settings)
    return Stage(database, app, contents_of(database))


def refusals(event: object, answer: object) -> list[str]:
    """Check that an event was answered with data or typed errors; give the types of the errors.

    An answer of another shape, a long or a telling one, fails the test.
    """
    if isinstance(event, list):
        assert isinstance(answer, list)
        assert len(answer) == len(event)
        return [kind for item in answer for kind in _refusals(item)]
    return _refusals(answer)


def _refusals(answer: object) -> list[str]:
    error: Mapping[str, object]
    match answer:
        case {"raised": dict(error)}:
            assert set(error) == {"errorType", "message"}
        case {"error": dict(error)}:
            assert set(error) == {"errorType", "message", "data", "errorInfo"}
        case {"errorType": kind, **others} if set(others) == {"data", "errorMessage", "errorInfo"}:
            error = {"errorType": kind}
        case {"score": int()} | {"data": {"score": int()}}:
            return []
        case _:
            assert answer in ({}, {"data": {}})
            return []
    text = json.dumps(answer)
    assert error["errorType"] in REFUSALS
    assert len(text) < SHORT
    assert "Traceback" not in text
    assert 'File \\"' not in text
    return [str(error["errorType"])]
