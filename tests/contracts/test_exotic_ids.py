"""Ids as other systems make them, in every store."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from fanscore_adapters.erasure import Erasure
from fanscore_adapters.items import keys
from fanscore_core.consumer_mark import Consumer, Mark
from fanscore_core.engine.question import Question
from fanscore_core.findings import StoredScore
from fanscore_core.ids import BotRunId, EventId, GlobalUserId, MemberId, SaleId, SessionId
from fanscore_core.liveness import new_session
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.consumers import ConsumerMark, PutMark
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.demand_records import DemandRecords, DemandSaleRecord, PutDemandRecord
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.ports.verification import (
    LastLivenessSession,
    PutLivenessSession,
    StoredLivenessSession,
)
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, VERIFICATION
from tests.contracts.asking import said
from tests.contracts.generated import EXOTIC_IDS, Item, Known
from tests.contracts.stores import Store, open_store, store
from tests.demand_samples import START, saved, stored

__all__ = ["open_store", "store"]

FAN = GlobalUserId("auth0|5f7c87")
RUN = BotRunId("run#1%-\u00fc")
LONGEST = ("%" * 128, "-" * 128, "\u20ac" * 128, "\U0001f600" * 100)
IDS = (*EXOTIC_IDS, *LONGEST, ".", "..")
NUMBERS = [(0, "0"), (7, "7"), (-7, "-7"), (2**63, str(2**63)), (10**37, "1" + "0" * 37)]


def put(key: keys.Key, **members: object) -> Item:
    """Make an item."""
    return {"PK": key.pk, "SK": key.sk, **members}


def test_every_item_is_found_under_its_ids(store: Store) -> None:
    """Each id finds its own items, whatever it is made of, and those of no other id."""
    known = Known(
        {GlobalUserId(each): Identity(MemberId(each)) for each in IDS},
        {MemberId(each): StoredScore(Decimal(index)) for index, each in enumerate(IDS)},
        RUN,
        {(GlobalUserId(each), RUN): Decimal(index) / 100 for index, each in enumerate(IDS)},
        {EventId(each): EventId(each) for each in IDS},
        {},
    )
    questions: list[Question[object]] = [
        question
        for each in (*IDS, "%23", "a", "J\u00fcrgen")
        for question in (
            FanIdentity(GlobalUserId(each)),
            AccountScore(MemberId(each)),
            BotOrNot(GlobalUserId(each), RUN),
            DiscoEventId(EventId(each)),
        )
    ]
    store.load(known.tables())
    assert [answer for answer, _ in said(store.adapter, *questions)] == [
        known.answer(question) for question in questions
    ]


def test_what_is_written_is_read_back(store: Store) -> None:
    """Marks, sessions and demand records come back with the ids that they were written with."""
    for each in IDS:
        fan, event, sale = GlobalUserId(each), EventId(each), SaleId(each)
        mark = Mark(each, Consumer.SYNC, "me", START)
        session = new_session(SessionId(each), "token-1", START)
        record = stored(saved(key=(fan, event, sale), email="fan@example.com"))
        assert said(
            store.adapter,
            PutMark(mark, None, 0),
            PutDemandRecord(record, 0, 0),
        ) == [(PutOutcome(written=True), FAN_IDENTITY), (PutOutcome(written=True), DEMAND)]
        assert said(store.adapter, PutLivenessSession(fan, session, None, 0)) == [
            (True, VERIFICATION)
        ]
        assert said(
            store.adapter,
            ConsumerMark(each, Consumer.SYNC),
            DemandSaleRecord(fan, event, sale),
            DemandRecords(fan, None),
            StoredLivenessSession(fan, session.session.session_id),
            LastLivenessSession(fan),
        ) == [
            (mark, FAN_IDENTITY),
            (record, DEMAND),
            ((record,), DEMAND),
            (session, VERIFICATION),
            (session.session.session_id, VERIFICATION),
        ]


def test_a_prefix_read_is_of_one_event(store: Store) -> None:
    """Of one fan's records of events with all of these ids, each event's are found alone."""
    store.load(
        {
            DEMAND: [
                put(keys.demand_record(FAN, EventId(event), sale), version=1)
                for event in IDS
                for sale in ("a", "-", "\U0010fffd", "\ud7ff")
            ]
        }
    )
    questions = [EventDemandCount(FAN, EventId(event)) for event in (*IDS, "a", "%23", "\ud7fe")]
    counts = [4] * len(IDS) + [0] * 3
    assert [answer for answer, _ in said(store.adapter, *questions)] == counts


@pytest.mark.parametrize(("number", "text"), NUMBERS)
def test_an_integer_is_the_id_of_its_digits(store: Store, number: int, text: str) -> None:
    """Where an item holds an integer for an id, it is the id that its decimal text is."""
    store.load(
        {
            FAN_IDENTITY: [
                put(keys.identity(FAN), memberId=number),
                put(keys.BOT_CURSOR, cursor=number),
            ],
            DEMAND: [put(keys.event_mapping(EventId("e")), discoEventId=number)],
        }
    )
    questions: Sequence[Question[object]] = (
        FanIdentity(FAN),
        BotOrNotCursor(),
        DiscoEventId(EventId("e")),
    )
    answers = [answer for answer, _ in said(store.adapter, *questions)]
    assert answers == [Identity(MemberId(text)), text, text]


@pytest.mark.parametrize(("number", "text"), NUMBERS)
def test_the_account_that_an_integer_names_is_erased(store: Store, number: int, text: str) -> None:
    """Erasing finds the account's score, and that of no other account."""
    others = put(keys.account_score(MemberId("1")), score=1)
    store.load(
        {
            FAN_IDENTITY: [put(keys.identity(FAN), memberId=number)],
            ACCOUNT_FANSCORE: [put(keys.account_score(MemberId(text)), score=87), others],
        }
    )
    erased = Erasure(store.partitions, None).erase(FAN)
    assert (erased.deleted.total(), erased.left.total()) == (2, 0)
    assert said(store.adapter, AccountScore(MemberId(text)), AccountScore(MemberId("1"))) == [
        (None, ACCOUNT_FANSCORE),
        (StoredScore(Decimal(1)), ACCOUNT_FANSCORE),
    ]


@pytest.mark.parametrize("named", [True, Decimal("1.5"), [1], {"id": "1"}, None])
def test_what_is_no_id_names_no_account(store: Store, named: object) -> None:
    """A member that is no id is passed over, and the account ``1`` keeps its score."""
    score = put(keys.account_score(MemberId("1")), score=1)
    store.load({FAN_IDENTITY: [put(keys.identity(FAN), memberId=named)], ACCOUNT_FANSCORE: [score]})
    assert Erasure(store.partitions, None).erase(FAN).deleted.total() == 1
    assert said(store.adapter, AccountScore(MemberId("1"))) == [
        (StoredScore(Decimal(1)), ACCOUNT_FANSCORE)
    ]


def test_erasing_takes_one_fan_alone(store: Store) -> None:
    """Of fans whose ids look alike, each is erased without a trace of the others missing."""
    fans = [GlobalUserId(each) for each in IDS]
    known = Known(
        {fan: Identity(MemberId(fan)) for fan in fans},
        {MemberId(fan): StoredScore(Decimal(7)) for fan in fans},
        None,
        {(fan, RUN): Decimal("0.5") for fan in fans},
        {},
        {(fan, EventId(fan), fan): True for fan in fans},
    )
    store.load(known.tables())
    erasure = Erasure(store.partitions, None)
    for fan in fans:  # were an item of a later one taken, that one would not have its four
        assert erasure.erase(fan).deleted.total() == 4
        assert erasure.find(fan).total() == 0
    assert [erasure.find(fan).total() for fan in fans] == [0] * len(fans)


def test_ids_are_not_normalized(store: Store) -> None:
    """Two ways of writing what looks the same are two fans."""
    composed, decomposed = GlobalUserId("\u00fc"), GlobalUserId("u\u0308")
    identities = {composed: Identity(MemberId("1")), decomposed: Identity(MemberId("2"))}
    store.load(Known(identities, {}, None, {}, {}, {}).tables())
    assert said(store.adapter, FanIdentity(composed), FanIdentity(decomposed)) == [
        (Identity(MemberId("1")), FAN_IDENTITY),
        (Identity(MemberId("2")), FAN_IDENTITY),
    ]
