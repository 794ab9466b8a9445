from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar, cast

import attrs
import pytest

from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item
from fanscore_adapters.items.verification import read_session, session_item
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import Unavailable
from fanscore_core.ids import GlobalUserId, SessionId
from fanscore_core.liveness import LivenessStatus, LivenessVerdict, StartedSession, new_session
from fanscore_core.ports.verification import (
    FinishLivenessSession,
    LastLivenessSession,
    PutLivenessSession,
    StoredLivenessSession,
)
from fanscore_core.systems import VERIFICATION

AnswerT = TypeVar("AnswerT")

FAN, OTHER_FAN = GlobalUserId("user123"), GlobalUserId("user124")
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
S1, S2 = SessionId("session-1"), SessionId("session-2")
FIRST = new_session(S1, "token-1", NOW)
SECOND = new_session(S2, "token-2", NOW + timedelta(minutes=5, microseconds=7))
ALIVE = LivenessVerdict(LivenessStatus.SUCCEEDED, Decimal("99.1"))
JUDGED = attrs.evolve(FIRST, session=FIRST.session.judged(ALIVE))

FIRST_ITEM: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "liveness#session-1",
    "status": "CREATED",
    "createdAt": "2026-11-01T08:00:00Z",
    "expiresAt": "2026-11-01T08:03:00Z",
    "token": "token-1",
}
JUDGED_ITEM = {**FIRST_ITEM, "status": "SUCCEEDED", "confidence": Decimal("99.1")}
POINTER: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "liveness",
    "sessionId": "session-1",
    "expiresAt": "2026-11-01T08:03:00Z",
}


@pytest.fixture
def tables() -> Iterator[SqliteTables]:
    """Give empty tables."""
    with SqliteTables(IN_MEMORY) as made:
        yield made


def ask(tables: SqliteTables, question: Question[AnswerT]) -> object:
    """Ask a question of the tables, or perform an effect on them."""
    [answered] = Sqlite(tables).fetch([Ask(cast("Question[object]", question))])
    assert answered.source == VERIFICATION
    return answered.answer


def stored(tables: SqliteTables, key: Key) -> Item | None:
    """Give an item as it is stored."""
    [text] = tables.look_up(VERIFICATION, [key])
    return None if text is None else cast("Item", parse_stored_json(text))


@pytest.mark.parametrize(("started", "item"), [(FIRST, FIRST_ITEM), (JUDGED, JUDGED_ITEM)])
def test_a_session_is_an_item(started: StartedSession, item: Item) -> None:
    """A session is written with the attributes of the contract and its token, and read back."""
    assert session_item(FAN, started) == item
    assert read_session(item) == started


def test_an_item_without_a_token() -> None:
    """An item that has only the attributes of the contract can be read, and written again."""
    item = {name: value for name, value in FIRST_ITEM.items() if name != "token"}
    started = StartedSession(FIRST.session, None)
    assert read_session(item) == started
    assert session_item(FAN, started) == item


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"status": "DONE"}, "session.status: expected CREATED or "),
        ({"createdAt": "yesterday"}, "session.createdAt: expected a date and time with offset"),
        ({"expiresAt": None}, "session.expiresAt: expected a date and time with offset"),
        ({"confidence": "99"}, "session.confidence: expected a number"),
        ({"confidence": Decimal(101)}, "session.confidence: expected a number from 0 to 100"),
        ({"token": 7}, "session.token: "),
    ],
)
def test_malformed_sessions(
    tables: SqliteTables, change: Mapping[str, object], problem: str
) -> None:
    """A malformed item makes the table unavailable, with its path for the operator."""
    tables.put(VERIFICATION, {**FIRST_ITEM, **change})
    answer = ask(tables, StoredLivenessSession(FAN, S1))
    assert isinstance(answer, Unavailable)
    assert answer.system == VERIFICATION
    assert answer.reason.startswith(f"malformed item: {problem}")


def test_a_malformed_session_is_not_finished(tables: SqliteTables) -> None:
    """A malformed item that stands in the way of a write makes the table unavailable too."""
    tables.put(VERIFICATION, {**FIRST_ITEM, "status": "DONE"})
    answer = ask(tables, FinishLivenessSession(FAN, JUDGED, LivenessStatus.CREATED))
    assert isinstance(answer, Unavailable)


def test_malformed_pointers(tables: SqliteTables) -> None:
    """A malformed pointer makes the table unavailable; it is not taken for no session."""
    tables.put(VERIFICATION, {**POINTER, "sessionId": "a\nb"})
    answer = ask(tables, LastLivenessSession(FAN))
    assert isinstance(answer, Unavailable)
    assert answer.reason.startswith("malformed item: pointer.sessionId: expected 1 to 128 ")


def test_nothing_is_stored(tables: SqliteTables) -> None:
    """A fan without sessions has none, and none that was started last."""
    assert ask(tables, StoredLivenessSession(FAN, S1)) is None
    assert ask(tables, LastLivenessSession(FAN)) is None


def test_a_first_session_is_put(tables: SqliteTables) -> None:
    """A new session is stored together with the pointer to it, for its fan alone."""
    assert ask(tables, PutLivenessSession(FAN, FIRST, None, 0)) is True
    assert stored(tables, keys.liveness_session(FAN, S1)) == FIRST_ITEM
    assert stored(tables, keys.last_liveness_session(FAN)) == POINTER
    assert ask(tables, StoredLivenessSession(FAN, S1)) == FIRST
    assert ask(tables, LastLivenessSession(FAN)) == S1
    assert ask(tables, StoredLivenessSession(OTHER_FAN, S1)) is None
    assert ask(tables, LastLivenessSession(OTHER_FAN)) is None


def test_a_next_session_is_put(tables: SqliteTables) -> None:
    """The next session takes the place of the one that was read as the last; that one stays."""
    ask(tables, PutLivenessSession(FAN, FIRST, None, 0))
    assert ask(tables, PutLivenessSession(FAN, SECOND, S1, 1)) is True
    assert ask(tables, LastLivenessSession(FAN)) == S2
    assert ask(tables, StoredLivenessSession(FAN, S1)) == FIRST
    assert ask(tables, StoredLivenessSession(FAN, S2)) == SECOND


@pytest.mark.parametrize(
    "put",
    [
        PutLivenessSession(FAN, SECOND, None, 0),
        PutLivenessSession(FAN, SECOND, SessionId("another"), 0),
        PutLivenessSession(FAN, attrs.evolve(JUDGED, token="token-2"), S1, 0),
    ],
    ids=["there was none", "there was another", "it is stored already"],
)
def test_a_session_is_refused(tables: SqliteTables, put: PutLivenessSession) -> None:
    """Where the last session is another, or the session is stored, neither item is written."""
    ask(tables, PutLivenessSession(FAN, FIRST, None, 0))
    assert ask(tables, put) is False
    assert stored(tables, keys.liveness_session(FAN, S1)) == FIRST_ITEM
    assert stored(tables, keys.liveness_session(FAN, S2)) is None
    assert stored(tables, keys.last_liveness_session(FAN)) == POINTER


def test_a_session_is_refused_where_none_is_last(tables: SqliteTables) -> None:
    """A session that would replace one is not written where there is none to replace."""
    assert ask(tables, PutLivenessSession(FAN, SECOND, S1, 0)) is False
    assert stored(tables, keys.liveness_session(FAN, S2)) is None
    assert stored(tables, keys.last_liveness_session(FAN)) is None


def test_a_session_is_finished(tables: SqliteTables) -> None:
    """A final status is stored where the status is still the one that was read."""
    ask(tables, PutLivenessSession(FAN, FIRST, None, 0))
    finish = FinishLivenessSession(FAN, JUDGED, LivenessStatus.CREATED)
    assert ask(tables, finish) == JUDGED.session
    assert stored(tables, keys.liveness_session(FAN, S1)) == JUDGED_ITEM
    assert stored(tables, keys.last_liveness_session(FAN)) == POINTER


def test_a_session_is_finished_once(tables: SqliteTables) -> None:
    """Where a final status is stored, the answer is that one, and it stays."""
    ask(tables, PutLivenessSession(FAN, JUDGED, None, 0))
    expired = attrs.evolve(FIRST, session=FIRST.session.at(FIRST.session.expires_at))
    finish = FinishLivenessSession(FAN, expired, LivenessStatus.CREATED)
    assert ask(tables, finish) == JUDGED.session
    assert ask(tables, StoredLivenessSession(FAN, S1)) == JUDGED


def test_no_session_is_finished(tables: SqliteTables) -> None:
    """A session that is there no more is not made by finishing it."""
    assert ask(tables, FinishLivenessSession(FAN, JUDGED, LivenessStatus.CREATED)) is None
    assert stored(tables, keys.liveness_session(FAN, S1)) is None
