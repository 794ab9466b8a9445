from __future__ import annotations

from decimal import Decimal

import pytest

from fanscore_adapters.items.tables import OPERATIONS
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.engine.question import Ask
from fanscore_core.errors import Unavailable
from fanscore_core.findings import StoredScore
from fanscore_core.ids import EventId, GlobalUserId, MemberId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNotCursor, FanIdentity
from tests.contracts.asking import said
from tests.unit.fanscore_adapters.databases import item, raw

DEMAND = "demand_table"
SCORES = "account_fanscore_table"

FAN = GlobalUserId("user123")
MEMBERS = [MemberId("m-1"), MemberId("m-2")]


def write_text(path: str, table: str, key: tuple[str, str], text: object) -> None:
    """Write what the store itself would not write."""
    with raw(path) as other:
        other.execute(f"INSERT INTO {table} VALUES (?, ?, ?)", (*key, text))  # noqa: S608  # ours


BAD_TEXTS = [
    "",
    "{",
    "NaN",
    '{"score": NaN}',
    "[]",
    "87",
    '"87"',
    "null",
    "{}",
    '{"score": ' + "9" * 5_000 + "}",
    '{"score": 1e9999999999999999999}',
    '{"score": ' + "[" * 100_000,
]


@pytest.mark.parametrize("text", BAD_TEXTS, ids=range(len(BAD_TEXTS)))
def test_a_bad_text_is_unavailable_alone(path: str, text: str) -> None:
    """A stored text that is no item fails its own question, and no other of the same fetch."""
    with SqliteTables(path) as tables:
        tables.put(SCORES, item("member:m-2", "score#account", score=64))
        write_text(path, SCORES, ("member:m-1", "score#account"), text)
        bad, good = said(Sqlite(tables), *map(AccountScore, MEMBERS))
    assert str(bad[0]).startswith(f"Unavailable(system='{SCORES}', reason='malformed item: ")
    assert good == (StoredScore(Decimal(64)), SCORES)


def test_a_bad_text_in_a_range_is_unavailable_alone(path: str) -> None:
    """A demand record that is no JSON fails the count of its event, and of no other."""
    events = [EventId("e1"), EventId("e2")]
    with SqliteTables(path) as tables:
        tables.load(DEMAND, [item(f"fan:{FAN}", f"demand#{event}-s") for event in events])
        write_text(path, DEMAND, (f"fan:{FAN}", "demand#e1-t"), "{")
        bad, good = said(Sqlite(tables), *(EventDemandCount(FAN, event) for event in events))
    assert str(bad[0]).startswith(f"Unavailable(system='{DEMAND}', reason='malformed item: ")
    assert good == (1, DEMAND)


@pytest.mark.parametrize("text", ["{", "{}"])
def test_a_bad_text_is_not_taken_for_none(path: str, text: str) -> None:
    """A malformed cursor or mapping is a failure, and not the absence of one."""
    with SqliteTables(path) as tables:
        write_text(path, "fan_identity_table", ("botornot", "cursor"), text)
        write_text(path, DEMAND, ("event:e1", "disco"), text)
        answers = said(Sqlite(tables), BotOrNotCursor()) + said(
            Sqlite(tables), DiscoEventId(EventId("e1"))
        )
    assert [str(answer).partition("(")[0] for answer, _ in answers] == ["Unavailable"] * 2


def test_a_table_that_is_gone_is_unavailable(path: str) -> None:
    """What SQLite cannot do makes that table unavailable, in our words, and no other table."""
    with SqliteTables(path) as tables:
        with raw(path) as other:
            other.execute("DROP TABLE demand_table")
        answers = said(
            Sqlite(tables),
            DiscoEventId(EventId("e1")),
            BotOrNotCursor(),
            EventDemandCount(FAN, EventId("e1")),
        )
    unavailable = repr(Unavailable(DEMAND, "SQLite: OperationalError"))
    assert answers == [(unavailable, DEMAND), (None, "fan_identity_table"), (unavailable, DEMAND)]


@pytest.mark.usefixtures("impatient")
def test_a_busy_database_is_unavailable(path: str) -> None:
    """A database that another program keeps to itself is unavailable, until it lets go."""
    with SqliteTables(path) as tables:
        tables.close()  # what is open already cannot be locked out
        with raw(path) as other:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            busy = said(Sqlite(tables), FanIdentity(FAN))
        unavailable = repr(Unavailable("fan_identity_table", "SQLite: OperationalError"))
        assert busy == [(unavailable, "fan_identity_table")]
        assert said(Sqlite(tables), FanIdentity(FAN)) == [(None, "fan_identity_table")]


def test_the_adapter_answers_for_the_tables(tables: SqliteTables) -> None:
    """The adapter says which questions it answers, and from which table."""
    assert Sqlite(tables).systems == OPERATIONS.systems


def test_answers_say_how_long_they_took(tables: SqliteTables) -> None:
    """Each answer holds the time of the statement that it came from."""
    questions = [Ask(FanIdentity(FAN)), Ask(DiscoEventId(EventId("e1"))), Ask(BotOrNotCursor())]
    first, second, third = Sqlite(tables).fetch(questions)
    assert first.took_s == third.took_s > 0
    assert second.took_s > 0
