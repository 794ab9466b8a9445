from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from time import monotonic

import pytest
from hypothesis import given, settings

from fanscore_adapters.sources import Sources
from fanscore_core.engine.question import Question
from fanscore_core.errors import Unavailable
from fanscore_core.findings import StoredScore
from fanscore_core.ids import BotRunId, EventId, GlobalUserId, MemberId
from fanscore_core.pages import Page
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from tests.contracts.asking import said
from tests.contracts.generated import Item, Known, known_fans, table_questions
from tests.contracts.own_answers import (
    NO_KEY,
    OWN_TABLE,
    Badges,
    BadgesPage,
    Points,
    PutPoints,
    badge_item,
    points_item,
)
from tests.contracts.stores import Open, Store, open_store, store

__all__ = ["open_store", "store"]

FAN, OTHER_FAN = GlobalUserId("user123"), GlobalUserId("user1234")
MEMBER = MemberId("member123")
EVENT = EventId("evt456")
RUN = BotRunId("run-2026-11-01")
LONGEST = "~" * 128

FAN_IDENTITY = "fan_identity_table"
ACCOUNT_FANSCORE = "account_fanscore_table"
DEMAND = "demand_table"

IDENTITY = {"PK": "fan:user123", "SK": "identity", "updatedAt": "2026-10-01T08:00:00Z"}
SCORE = {"PK": "member:member123", "SK": "score#account", "modelVersion": "m4"}
CURSOR = {"PK": "botornot", "SK": "cursor"}
VERDICT = {"PK": "fan:user123", "SK": "botornot#run-2026-11-01"}
MAPPING = {"PK": "event:evt456", "SK": "disco"}

TABLE_OF: dict[type, str] = {
    FanIdentity: FAN_IDENTITY,
    AccountScore: ACCOUNT_FANSCORE,
    BotOrNotCursor: FAN_IDENTITY,
    BotOrNot: FAN_IDENTITY,
    DiscoEventId: DEMAND,
    EventDemandCount: DEMAND,
    Points: OWN_TABLE,
    Badges: OWN_TABLE,
    BadgesPage: OWN_TABLE,
}


def demand(fan: str, sort_key: str, **more: object) -> Item:
    """Make a demand record's item."""
    return {"PK": f"fan:{fan}", "SK": sort_key, "version": 1, **more}


FOUND: list[tuple[Item, Question[object], object]] = [
    (IDENTITY, FanIdentity(FAN), Identity()),
    ({**IDENTITY, "memberId": "member123"}, FanIdentity(FAN), Identity(MEMBER)),
    (
        {**IDENTITY, "memberId": "member123", "score": Decimal("72.5"), "rawScore": 70},
        FanIdentity(FAN),
        Identity(MEMBER, StoredScore(Decimal("72.5"), Decimal(70))),
    ),
    ({**IDENTITY, "score": 72}, FanIdentity(FAN), Identity(None, StoredScore(Decimal(72)))),
    (
        {**SCORE, "score": 87, "rawScore": Decimal("74.5")},
        AccountScore(MEMBER),
        StoredScore(Decimal(87), Decimal("74.5")),
    ),
    ({**SCORE, "score": 0}, AccountScore(MEMBER), StoredScore(Decimal(0))),
    ({**CURSOR, "cursor": RUN}, BotOrNotCursor(), RUN),
    ({**VERDICT, "botScore": Decimal("0.05")}, BotOrNot(FAN, RUN), Decimal("0.05")),
    ({**MAPPING, "discoEventId": "disco456"}, DiscoEventId(EVENT), EventId("disco456")),
    (demand(FAN, "demand#evt456-sale789"), EventDemandCount(FAN, EVENT), 1),
    (points_item(FAN, 7), Points(FAN), 7),
    (badge_item(FAN, "a", "b#1"), Badges(FAN), ("a/b#1",)),
    (badge_item(FAN, "a", "b"), Badges(FAN, "a"), ("a/b",)),
    (badge_item(FAN, "a", "b"), Badges(FAN, "b"), ()),
    (badge_item(FAN, "a", "b"), BadgesPage(FAN, "a", 1), Page(("a/b",))),
]

MALFORMED: list[tuple[Item, Question[object], str]] = [
    ({**IDENTITY, "score": "72"}, FanIdentity(FAN), "identity.score: expected a number"),
    ({**SCORE, "score": 101}, AccountScore(MEMBER), "score: expected a number from 0 to 100"),
    (SCORE, AccountScore(MEMBER), "score.score: required"),
    (CURSOR, BotOrNotCursor(), "cursor.cursor: required"),
    ({**VERDICT, "botScore": 2}, BotOrNot(FAN, RUN), "verdict.botScore: expected a probability"),
    (MAPPING, DiscoEventId(EVENT), "mapping.discoEventId: required"),
    (points_item(FAN, "7"), Points(FAN), "loyalty.points: expected an integer"),
    ({**badge_item(FAN, "a", "b"), "badge": 1}, Badges(FAN), "badge.badge: expected a string"),
    ({"PK": "fan:user123", "SK": "badge#"}, BadgesPage(FAN, None, 9), "badge.badge: required"),
]


def test_an_adapter_names_the_table_behind_each_question(store: Store) -> None:
    """Each question that the tables answer is the adapter's, under the document's table name."""
    assert {kind: store.adapter.systems[kind] for kind in TABLE_OF} == TABLE_OF


@pytest.mark.parametrize(("item", "question", "answer"), FOUND, ids=range(len(FOUND)))
def test_an_item_is_the_answer(
    store: Store, item: Item, question: Question[object], answer: object
) -> None:
    """What lies in the table under the contract's key is the answer."""
    table = TABLE_OF[type(question)]
    store.load({table: [item]})
    assert said(store.adapter, question) == [(answer, table)]


def test_what_is_not_there_is_no_error(store: Store) -> None:
    """Empty tables know nothing, and say so without failing."""
    assert said(
        store.adapter,
        FanIdentity(FAN),
        AccountScore(MEMBER),
        BotOrNotCursor(),
        BotOrNot(FAN, RUN),
        DiscoEventId(EVENT),
        EventDemandCount(FAN, EVENT),
        Points(FAN),
        Badges(FAN),
        BadgesPage(FAN, None, 1),
    ) == [
        (None, FAN_IDENTITY),
        (None, ACCOUNT_FANSCORE),
        (None, FAN_IDENTITY),
        (None, FAN_IDENTITY),
        (None, DEMAND),
        (0, DEMAND),
        (None, OWN_TABLE),
        ((), OWN_TABLE),
        (Page(()), OWN_TABLE),
    ]


def test_no_questions_are_answered_too(store: Store) -> None:
    """An adapter that is asked nothing answers nothing."""
    assert said(store.adapter) == []


@pytest.mark.parametrize(("item", "question", "problem"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_item_is_unavailable(
    store: Store, item: Item, question: Question[object], problem: str
) -> None:
    """A malformed item makes its table unavailable for this question, and never a wrong answer."""
    table = TABLE_OF[type(question)]
    store.load({table: [item]})
    unavailable = repr(Unavailable(table, f"malformed item: {problem}"))
    assert said(store.adapter, question) == [(unavailable, table)]


def test_a_malformed_item_spoils_no_other(store: Store) -> None:
    """Questions that are asked together with one that fails get their answers."""
    store.load({FAN_IDENTITY: [{**IDENTITY, "score": -1}, {**CURSOR, "cursor": RUN}]})
    answers = said(store.adapter, BotOrNotCursor(), FanIdentity(FAN), FanIdentity(OTHER_FAN))
    assert [answers[0], answers[2]] == [(RUN, FAN_IDENTITY), (None, FAN_IDENTITY)]
    assert str(answers[1][0]).startswith("Unavailable(system='fan_identity_table'")


@pytest.mark.parametrize(
    "broken",
    [Points(NO_KEY), Badges(NO_KEY), BadgesPage(NO_KEY, None, 1), PutPoints(NO_KEY, 1, None)],
    ids=lambda question: type(question).__name__,
)
def test_a_mistake_in_a_key_spoils_no_other(store: Store, broken: Question[object]) -> None:
    """One's own function that raises instead of making a key fails its question alone."""
    store.load({FAN_IDENTITY: [{**CURSOR, "cursor": RUN}], OWN_TABLE: [points_item(FAN, 7)]})
    with ThreadPoolExecutor() as executor:
        sources = Sources([store.adapter], [executor], monotonic)
        answers = said(sources, BotOrNotCursor(), broken, Points(FAN), Badges(FAN))
    failed = answers.pop(1)
    assert answers == [(RUN, FAN_IDENTITY), (7, OWN_TABLE), ((), OWN_TABLE)]
    assert str(failed[0]).startswith("SourceFailed(")
    assert "raised KeyError" in str(failed[0])
    assert failed[1] == OWN_TABLE


def test_only_the_live_demand_of_one_event_is_counted(store: Store) -> None:
    """The count is of this fan and this event, and a tombstone is no demand."""
    store.load(
        {
            DEMAND: [
                demand("user123", "demand#evt456-sale1"),
                demand("user123", "demand#evt456-sale-2"),
                demand("user123", "demand#evt456-sale3", ttl=1_795_000_000),
                demand("user123", "demand#evt4567-sale1"),
                demand("user123", "demand#evt45-sale1"),
                demand("user123", "demand#evt456%2D7-sale1"),
                demand("user1234", "demand#evt456-sale1"),
                demand("user123", "demandx#evt456-sale1"),
                {**MAPPING, "discoEventId": "disco456"},
            ]
        }
    )
    counts = {
        (fan, event): said(store.adapter, EventDemandCount(fan, EventId(event)))[0][0]
        for fan in (FAN, OTHER_FAN)
        for event in ("evt456", "evt456-7", "evt45", "evt4")
    }
    assert {of: count for of, count in counts.items() if count} == {
        (FAN, "evt456"): 2,
        (FAN, "evt456-7"): 1,
        (FAN, "evt45"): 1,
        (OTHER_FAN, "evt456"): 1,
    }


def test_the_longest_ids_are_found(store: Store) -> None:
    """Ids of 128 characters, and of the last character of the alphabet, are ids like others."""
    fan, event = GlobalUserId(LONGEST), EventId(LONGEST)
    store.load({DEMAND: [demand(LONGEST, f"demand#{LONGEST}-{LONGEST}")]})
    assert said(store.adapter, EventDemandCount(fan, event)) == [(1, DEMAND)]


def test_numbers_come_back_exact(store: Store) -> None:
    """A stored number keeps all of its digits."""
    digits = Decimal("74.4999999999999999999999999999999999")
    store.load({ACCOUNT_FANSCORE: [{**SCORE, "score": digits}]})
    assert said(store.adapter, AccountScore(MEMBER)) == [(StoredScore(digits), ACCOUNT_FANSCORE)]


def test_loading_replaces(store: Store) -> None:
    """An item that is written again is the answer from then on."""
    store.load({ACCOUNT_FANSCORE: [{**SCORE, "score": 87, "rawScore": 75}]})
    store.load({ACCOUNT_FANSCORE: [{**SCORE, "score": 64}]})
    assert said(store.adapter, AccountScore(MEMBER)) == [
        (StoredScore(Decimal(64)), ACCOUNT_FANSCORE)
    ]


@settings(max_examples=50)  # each opens a database
@given(known=known_fans(), questions=table_questions())
def test_one_fetch_of_many_is_many_fetches_of_one(
    open_store: Open, known: Known, questions: Sequence[Question[object]]
) -> None:
    """Questions asked together get the answers that each gets alone, and these are right."""
    right = [(known.answer(question), TABLE_OF[type(question)]) for question in questions]
    with open_store() as store:
        store.load(known.tables())
        assert said(store.adapter, *questions) == right
        assert [said(store.adapter, question)[0] for question in questions] == right
