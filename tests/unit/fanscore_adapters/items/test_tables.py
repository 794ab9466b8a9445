from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from fanscore_adapters.items.tables import LOOKUPS, OPERATIONS, PREFIX_READS
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.findings import StoredScore
from fanscore_core.ids import RULE, BotRunId, EventId, GlobalUserId, MemberId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from tests.contracts.asking import shown

FAN = GlobalUserId("user123")
IDENTITY = FanIdentity(FAN)
SCORE = AccountScore(MemberId("member123"))
CURSOR = BotOrNotCursor()
VERDICT = BotOrNot(FAN, BotRunId("run-1"))
MAPPING = DiscoEventId(EventId("evt-456"))
COUNT = EventDemandCount(FAN, EventId("disco-456"))

NUMBER = "expected a number"


def answered(question: Question[object], item: Mapping[str, object] | None) -> object:
    """Give the answer that one item makes."""
    return shown(LOOKUPS[type(question)].answer(item, lambda found: found))


def malformed(question: Question[object], problem: str) -> str:
    """Say how a malformed item is answered."""
    return repr(Unavailable(OPERATIONS.systems[type(question)], f"malformed item: {problem}"))


@pytest.mark.parametrize(
    ("question", "table", "key"),
    [
        (IDENTITY, "fan_identity_table", ("fan:user123", "identity")),
        (SCORE, "account_fanscore_table", ("member:member123", "score#account")),
        (CURSOR, "fan_identity_table", ("botornot", "cursor")),
        (VERDICT, "fan_identity_table", ("fan:user123", "botornot#run-1")),
        (MAPPING, "demand_table", ("event:evt-456", "disco")),
    ],
)
def test_one_item_answers(question: Question[object], table: str, key: tuple[str, str]) -> None:
    """Each question that one item answers finds it by table and key."""
    read = LOOKUPS[type(question)]
    assert (read.table, OPERATIONS.systems[type(question)], read.key(question)) == (
        table,
        table,
        key,
    )


def test_a_range_of_items_answers() -> None:
    """The demand for an event is read by the prefix of its records."""
    read = PREFIX_READS[EventDemandCount]
    assert read.table == OPERATIONS.systems[EventDemandCount] == "demand_table"
    assert read.key(COUNT) == ("fan:user123", "demand#disco%2D456-")


@pytest.mark.parametrize("question", [IDENTITY, SCORE, CURSOR, VERDICT, MAPPING])
def test_no_item_is_no_answer(question: Question[object]) -> None:
    """Where nothing is stored, nothing is known."""
    assert answered(question, None) is None


@pytest.mark.parametrize(
    ("item", "identity"),
    [
        ({}, Identity()),
        ({"memberId": "m-1"}, Identity(MemberId("m-1"))),
        ({"memberId": 5}, Identity(MemberId("5"))),
        ({"memberId": None, "score": None, "rawScore": None}, Identity()),
        ({"score": 0}, Identity(None, StoredScore(Decimal(0)))),
        (
            {"memberId": "m-1", "score": 100, "rawScore": Decimal("99.5"), "email": "a@b.c"},
            Identity(MemberId("m-1"), StoredScore(Decimal(100), Decimal("99.5"))),
        ),
        ({"rawScore": 75}, Identity()),
    ],
)
def test_an_identity_is_read(item: Mapping[str, object], identity: Identity) -> None:
    """An identity record has an account, a score, both or neither; a raw score alone is none."""
    assert answered(IDENTITY, item) == identity


@pytest.mark.parametrize(
    ("item", "score"),
    [
        ({"score": 87, "rawScore": 75}, StoredScore(Decimal(87), Decimal(75))),
        ({"score": Decimal("64.25")}, StoredScore(Decimal("64.25"), Decimal("64.25"))),
        ({"score": 64, "rawScore": None}, StoredScore(Decimal(64), Decimal(64))),
        ({"score": 0, "rawScore": 100}, StoredScore(Decimal(0), Decimal(100))),
        ({"score": 5, "rawScore": 0}, StoredScore(Decimal(5), Decimal(0))),
    ],
)
def test_an_account_score_is_read(item: Mapping[str, object], score: StoredScore) -> None:
    """A score without a raw score is its own raw score."""
    assert answered(SCORE, item) == score


@pytest.mark.parametrize(
    ("question", "item", "answer"),
    [
        (CURSOR, {"cursor": "run-2"}, "run-2"),
        (VERDICT, {"botScore": 0}, Decimal(0)),
        (VERDICT, {"botScore": Decimal("0.05")}, Decimal("0.05")),
        (VERDICT, {"botScore": 1}, Decimal(1)),
        (MAPPING, {"discoEventId": "disco-456"}, "disco-456"),
        (MAPPING, {"discoEventId": "disco#456 %2D\u00fc"}, "disco#456 %2D\u00fc"),
        (MAPPING, {"discoEventId": 456}, "456"),
        (MAPPING, {"discoEventId": 10**128 - 1}, "9" * 128),
        (MAPPING, {"discoEventId": -7}, "-7"),
        (CURSOR, {"cursor": 0}, "0"),
    ],
)
def test_a_single_value_is_read(
    question: Question[object], item: Mapping[str, object], answer: object
) -> None:
    """Cursor, verdict and mapping are the one attribute that matters of their items."""
    assert answered(question, item) == answer


@pytest.mark.parametrize(
    ("question", "item", "problem"),
    [
        (IDENTITY, {"memberId": ""}, f"identity.memberId: {RULE}"),
        (IDENTITY, {"memberId": "a\nb"}, f"identity.memberId: {RULE}"),
        (IDENTITY, {"memberId": True}, f"identity.memberId: {RULE}"),
        (IDENTITY, {"score": "72"}, f"identity.score: {NUMBER}"),
        (IDENTITY, {"score": True}, f"identity.score: {NUMBER}"),
        (IDENTITY, {"score": [72]}, f"identity.score: {NUMBER}"),
        (IDENTITY, {"score": 72, "rawScore": "70"}, f"identity.rawScore: {NUMBER}"),
        (IDENTITY, {"score": 100.5}, f"identity.score: {NUMBER}"),
        (IDENTITY, {"score": 101}, "score: expected a number from 0 to 100"),
        (IDENTITY, {"score": 1, "rawScore": -1}, "raw_score: expected a number from 0 to 100"),
        (SCORE, {}, "score.score: required"),
        (SCORE, {"rawScore": 75}, "score.score: required"),
        (SCORE, {"score": None}, f"score.score: {NUMBER}"),
        (SCORE, {"score": Decimal("NaN")}, f"score.score: {NUMBER}"),
        (SCORE, {"score": Decimal("100.01")}, "score: expected a number from 0 to 100"),
        (SCORE, {"score": Decimal("-0.01")}, "score: expected a number from 0 to 100"),
        (CURSOR, {}, "cursor.cursor: required"),
        (CURSOR, {"cursor": None}, f"cursor.cursor: {RULE}"),
        (CURSOR, {"cursor": "run\u20281"}, f"cursor.cursor: {RULE}"),
        (VERDICT, {}, "verdict.botScore: required"),
        (VERDICT, {"botScore": None}, f"verdict.botScore: {NUMBER}"),
        (VERDICT, {"botScore": "0.05"}, f"verdict.botScore: {NUMBER}"),
        (VERDICT, {"botScore": Decimal("1.01")}, "verdict.botScore: expected a probability"),
        (VERDICT, {"botScore": Decimal("-0.01")}, "verdict.botScore: expected a probability"),
        (MAPPING, {}, "mapping.discoEventId: required"),
        (MAPPING, {"discoEventId": " a"}, f"mapping.discoEventId: {RULE}"),
        *(
            (MAPPING, {"discoEventId": wrong}, f"mapping.discoEventId: {RULE}")
            for wrong in (True, Decimal("1.0"), Decimal("1E+2"), 10**128, [456])
        ),
    ],
)
def test_a_malformed_item_is_unavailable(
    question: Question[object], item: Mapping[str, object], problem: str
) -> None:
    """An item that is not what it must be is its table's failure, and never a wrong score."""
    assert answered(question, item) == malformed(question, problem)


@pytest.mark.parametrize("read", [LOOKUPS[FanIdentity], PREFIX_READS[EventDemandCount]])
def test_what_cannot_be_parsed_is_unavailable(read: object) -> None:
    """Where a store cannot even read an item, the table is unavailable and not the request bad."""

    def parse(_stored: object) -> object:
        raise InvalidInput("$", "not JSON")

    answer = read.answer("{", parse)  # type: ignore[attr-defined]  # either kind of read
    assert shown(answer) == repr(Unavailable(read.table, "malformed item: $: not JSON"))  # type: ignore[attr-defined]  # (the same)


@pytest.mark.parametrize(
    ("items", "count"),
    [
        ([], 0),
        ([{"version": 1}], 1),
        ([{"version": 1}, {"version": 2}], 2),
        ([{"version": 1}, {"deletedAt": "2026-10-20T09:30:00Z", "ttl": 1_795_000_000}], 1),
        ([{"deletedAt": "2026-10-20T09:30:00Z", "version": 3}], 1),
    ],
)
def test_a_tombstone_is_no_demand(items: list[Mapping[str, object]], count: int) -> None:
    """What has a time to live is deleted; a record that was deleted and saved again is live."""
    stored = [{"SK": f"demand#evt-s{sale}", **item} for sale, item in enumerate(items)]
    assert PREFIX_READS[EventDemandCount].answer(stored, lambda found: found) == count
