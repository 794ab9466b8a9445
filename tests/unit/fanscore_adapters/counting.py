"""A counter that many write at the same time, each on the condition that nobody else has."""

from __future__ import annotations

from functools import partial
from operator import eq

from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.items.keys import Key
from fanscore_adapters.sqlite.tables import ConditionFailedError, SqliteTables

TABLE = "demand_table"
COUNTER = Key("counter", "count")


def counted(tables: SqliteTables) -> int:
    """Read the counter."""
    [text] = tables.look_up(TABLE, [COUNTER])
    return _count(None if text is None else parse_stored_json(text))


def count_up(tables: SqliteTables, times: int) -> None:
    """Add one, so many times."""
    for _ in range(times):
        last, written = counted(tables), False
        while not written:
            last, written = _write(tables, last)


def count_up_in(path: str, times: int) -> None:
    """Add one, so many times, in a process of its own."""
    with SqliteTables(path) as tables:
        count_up(tables, times)


def _write(tables: SqliteTables, last: int) -> tuple[int, bool]:
    """Write the next number, if the last one is still there; give what is, and whether it was."""
    item = {"PK": COUNTER.pk, "SK": COUNTER.sk, "count": last + 1}
    expected = {**item, "count": last} if last else None
    try:
        tables.put(TABLE, item, when=partial(eq, expected))
    except ConditionFailedError as failed:
        return _count(failed.stored), False
    return last + 1, True


def _count(stored: object) -> int:
    match stored:
        case {"count": int(count)}:
            return count
        case None:
            return 0
        case _:
            raise AssertionError(stored)
