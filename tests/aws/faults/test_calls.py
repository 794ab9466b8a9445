from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from operator import attrgetter
from time import monotonic
from typing import cast

import attrs
import pytest

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.aws import eventbridge
from fanscore_adapters.aws.client import ATTEMPTS, Events
from fanscore_adapters.dynamodb import adapter as dynamodb
from fanscore_adapters.items.demand import read_record
from fanscore_adapters.sources import Sources
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.findings import StoredScore
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DiscoEventId
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.ports.fan_identity import FanIdentity, Identity
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, UPSERT_USER
from tests.aws.faults.server import Exchange, passed_on
from tests.aws.faults.stage import Stage, stored_after
from tests.aws.faults.table import (
    ENTERED,
    FUNCTION_FAILED,
    HTML,
    INVOKE,
    LOOK_UP,
    MALFORMED,
    MEMBER,
    NO_DATA,
    OF_EACH_KIND,
    OF_TABLES,
    OPERATIONS,
    PUT,
    ROWS,
    TOGETHER,
    Fault,
    Kind,
    Operation,
    Row,
    answering,
    leaving_over,
    lost,
    not_taking,
    of,
    silent,
    trickling,
)
from tests.aws.lnaa_server import Reply, nobody
from tests.contracts.asking import shown
from tests.demand_samples import EVENT, FAN
from tests.patience import AMPLE_S, GivenUp
from tests.virtual_time import VirtualTime


def answers(
    adapter: Adapter, *questions: object, left_s: float = AMPLE_S, degradable: bool = False
) -> list[object]:
    """Ask several together, with time enough unless it says otherwise."""
    expires_at = monotonic() + left_s
    asks = [Ask(cast("Question[object]", each), degradable, expires_at) for each in questions]
    return [shown(answered.answer) for answered in adapter.fetch(asks)]


def answer(adapter: Adapter, operation: Operation) -> object:
    """Ask, with time enough."""
    [said] = answers(adapter, operation.question)
    return said


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_a_fault_of_one_call(stage: Stage, row: Row) -> None:
    """Whatever goes wrong, the caller is told, in few calls, and asking again makes up for it."""
    make = stage.impatient if row.is_impatient else stage.adapter
    adapters = {kind: make(kind) for kind in Kind}
    before: list[Operation] = []
    for operation in row.operations:
        adapter, reason = adapters[operation.kind], row.reason_of(operation)
        good = shown(operation.answer)
        told = good if reason is None else shown(Unavailable(operation.system, reason))
        stage.server.tell(operation.name, *row.script)
        assert answer(adapter, operation) == told
        assert stage.server.asked == [operation.name] * row.calls
        assert stage.server.done == [operation.name] * row.done
        # What only reads has asked for nothing else: then there is nothing new to look for.
        leaves = any(operation.items.values()) or bool(operation.published)
        done = [operation] * bool(row.done)
        assert not leaves or stage.stored() == stored_after(*before, *done)
        assert not leaves or stage.published() == Counter(
            dict.fromkeys(operation.published, row.done)
        )
        stage.server.recover()
        before.append(operation)
        assert answer(adapter, operation) == good
        assert not leaves or stage.stored() == stored_after(*before)
        assert not leaves or stage.published() == Counter(operation.published)
        stage.server.recover()


@of(Fault.TIMEOUT_BEFORE)
@pytest.mark.parametrize("operation", OF_EACH_KIND, ids=attrgetter("id"))
def test_a_client_waits_no_longer_than_it_says(stage: Stage, operation: Operation) -> None:
    """A server that says nothing, ever, is unavailable after three attempts that time out."""
    stage.server.always[operation.name] = silent
    adapter = stage.adapter(operation.kind, read_s=0.1)
    timed_out = shown(Unavailable(operation.system, "no answer: ReadTimeoutError"))
    assert answer(adapter, operation) == timed_out


MIXED = (FanIdentity(FAN), AccountScore(MEMBER), DiscoEventId(EVENT))
IDENTITY, SCORE = Identity(MEMBER), StoredScore(Decimal(87))
"""The answers to the first two; the third is that there is no mapping."""


@of(Fault.UNPROCESSED)
def test_keys_that_are_left_over(stage: Stage) -> None:
    """Keys that DynamoDB leaves over are asked for again, and only those."""
    adapter = stage.adapter(Kind.DYNAMODB)
    left = leaving_over(stage.tables.name(FAN_IDENTITY))
    stage.server.tell("BatchGetItem", leaving_over(), left, left)
    assert answers(adapter, *MIXED) == [IDENTITY, SCORE, None]
    every = {stage.tables.name(table) for table in (FAN_IDENTITY, ACCOUNT_FANSCORE, DEMAND)}
    one = {stage.tables.name(FAN_IDENTITY)}
    wanted = [set(request.document["RequestItems"]) for request in stage.server.requests]
    assert wanted == [every, every, one, one]
    assert len(stage.time.waits_s) == 3


@of(Fault.UNPROCESSED)
def test_keys_that_are_always_left_over(stage: Stage) -> None:
    """Keys that are left over each time fail what needs them, and are never nothing."""
    adapter = stage.adapter(Kind.DYNAMODB)
    stage.server.always["BatchGetItem"] = leaving_over(stage.tables.name(FAN_IDENTITY))
    throttled = shown(Unavailable(FAN_IDENTITY, "kept being throttled"))
    assert answers(adapter, *MIXED) == [throttled, SCORE, None]
    assert stage.server.asked == ["BatchGetItem"] * dynamodb.MAX_ATTEMPTS
    stage.server.recover()
    assert answers(adapter, *MIXED) == [IDENTITY, SCORE, None]


@of(Fault.NO_TABLE)
def test_a_missing_table_in_a_mixed_read(stage: Stage) -> None:
    """A table that is missing fails what needs it alone, at one more call for each table."""
    stage.tables.delete(ACCOUNT_FANSCORE)
    missing = shown(Unavailable(ACCOUNT_FANSCORE, "refused with ResourceNotFoundException"))
    assert answers(stage.adapter(Kind.DYNAMODB), *MIXED) == [IDENTITY, missing, None]
    assert stage.server.asked == ["BatchGetItem"] * (1 + len(MIXED))


@of(Fault.NO_TABLE)
@pytest.mark.parametrize("operation", OF_TABLES, ids=attrgetter("id"))
def test_a_missing_table_of_one_call(stage: Stage, operation: Operation) -> None:
    """A table that is missing fails a call of one table at once."""
    stage.tables.delete(operation.system)
    missing = shown(Unavailable(operation.system, "refused with ResourceNotFoundException"))
    assert answer(stage.adapter(Kind.DYNAMODB), operation) == missing
    assert stage.server.asked == [operation.name]


@of(Fault.NO_TABLE)
def test_an_outage_is_not_repeated_for_each_table(stage: Stage) -> None:
    """A mixed read that fails for another reason than a table is not made for each table."""
    stage.server.always["BatchGetItem"] = answering(b"{}", 500)
    assert answers(stage.adapter(Kind.DYNAMODB), *MIXED) == [
        shown(Unavailable(table, "refused with 500"))
        for table in (FAN_IDENTITY, ACCOUNT_FANSCORE, DEMAND)
    ]
    assert stage.server.asked == ["BatchGetItem"] * ATTEMPTS


EVENTS = tuple(attrs.evolve(ENTERED, id=f"event-{number}") for number in range(12))
PUBLISHED = tuple(map(PublishUserEvent, EVENTS))


@of(Fault.PARTIAL)
def test_entries_that_are_not_taken(stage: Stage) -> None:
    """Only the entries that the bus did not take are sent again, so that each is there once."""
    stage.server.tell("PutEvents", not_taking("event-0", "event-3"), not_taking("event-3"))
    adapter = stage.adapter(Kind.EVENTBRIDGE)
    assert answers(adapter, *PUBLISHED[:5]) == [None] * 5
    assert stage.server.asked == ["PutEvents"] * 3
    assert stage.published() == Counter(event.id for event in EVENTS[:5])


@of(Fault.PARTIAL)
def test_entries_that_are_never_taken(stage: Stage) -> None:
    """An entry that is never taken fails alone; asked again, the rest is there twice, by its id."""
    stage.server.always["PutEvents"] = not_taking("event-1")
    adapter = stage.adapter(Kind.EVENTBRIDGE)
    refused = shown(Unavailable(UPSERT_USER, "did not take the event"))
    assert answers(adapter, *PUBLISHED[:3]) == [None, refused, None]
    assert stage.server.asked == ["PutEvents"] * eventbridge.MAX_ATTEMPTS
    assert stage.published() == Counter(["event-0", "event-2"])
    stage.server.recover()
    assert answers(adapter, PUBLISHED[1]) == [None]
    assert stage.published() == Counter(["event-1"])


@of(Fault.PARTIAL)
def test_more_events_than_one_call_takes(stage: Stage) -> None:
    """Of two calls for twelve events one fails, and only its events."""
    stage.server.tell("PutEvents", passed_on, answering(HTML))
    refused = shown(Unavailable(UPSERT_USER, MALFORMED))
    told = answers(stage.adapter(Kind.EVENTBRIDGE), *PUBLISHED)
    assert told == [None] * 10 + [refused] * 2
    assert stage.published() == Counter(event.id for event in EVENTS[:10])


@of(Fault.PARTIAL)
@pytest.mark.parametrize("entries", [[], [{"EventId": "1"}], [{"EventId": "1"}, 5], None])
def test_an_answer_that_is_not_of_the_entries(stage: Stage, entries: object) -> None:
    """Events count as published only if the bus says so of each."""
    document = {"FailedEntryCount": 0, "Entries": entries}
    stage.server.tell("PutEvents", answering(json.dumps(document).encode()))
    malformed = shown(Unavailable(UPSERT_USER, MALFORMED))
    assert answers(stage.adapter(Kind.EVENTBRIDGE), *PUBLISHED[:2]) == [malformed] * 2


@of(Fault.FUNCTION)
@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ({"X-Amz-Function-Error": "Unhandled"}, b'{"data": {"armScore": 2}}', FUNCTION_FAILED),
        ({"X-Amz-Function-Error": "Handled"}, b"canary", FUNCTION_FAILED),
        ({}, b'{"errorMessage": "canary", "errorType": "canary"}', NO_DATA),
        ({}, b'{"error": {"code": 500, "message": "canary"}}', "answered with an error"),
    ],
)
def test_a_function_that_fails(
    stage: Stage, headers: Mapping[str, str], body: bytes, reason: str
) -> None:
    """A function that fails is not called again: what it does wrong, it does wrong again."""
    reply = Reply(200, body, headers)
    stage.server.tell("Invoke", lambda exchange: exchange.reply(reply))
    assert answer(stage.adapter(Kind.LAMBDA), INVOKE) == shown(Unavailable("arm_scoring", reason))
    assert stage.server.asked == ["Invoke"]


@of(Fault.REFUSED)
@pytest.mark.parametrize("operation", OPERATIONS, ids=attrgetter("id"))
def test_nobody_listens(stage: Stage, operation: Operation) -> None:
    """A connection that is refused is tried again, and then the system is unavailable."""
    attempts: list[object] = []

    def count(events: Events) -> None:
        events.register("before-send", lambda request, **_: attempts.append(request))

    with nobody() as url:
        adapter = stage.adapter(operation.kind, url=url, prepare=count)
        unreachable = Unavailable(operation.system, "no answer: EndpointConnectionError")
        assert answer(adapter, operation) == shown(unreachable)
    assert len(attempts) == ATTEMPTS


@of(Fault.DEADLINE)
@pytest.mark.parametrize("operation", OPERATIONS, ids=attrgetter("id"))
def test_the_clock_at_the_deadline(stage: Stage, operation: Operation) -> None:
    """With 99 ms left nothing is sent; with 101 ms it is."""
    time = VirtualTime()
    adapter = stage.adapter(operation.kind, clock=time.clock)
    for left_s, degradable, told, calls in (
        (0.099, False, DeadlineExceeded(operation.system), 0),
        (0.099, True, Unavailable(operation.system, "no answer in time"), 0),
        (0.101, False, operation.answer, 1),
    ):
        [answered] = adapter.fetch([Ask(operation.question, degradable, time.clock() + left_s)])
        assert shown(answered.answer) == shown(told)
        assert stage.server.asked == [operation.name] * calls


@of(Fault.DEADLINE)
@pytest.mark.parametrize("operation", OPERATIONS, ids=attrgetter("id"))
def test_the_deadline_between_two_attempts(stage: Stage, operation: Operation) -> None:
    """What is lost when the time is nearly over is not sent again; the caller may ask again."""
    time = VirtualTime()

    def lost_late(exchange: Exchange) -> None:
        exchange.pass_on()
        time.wait(0.95)
        exchange.reset()

    stage.server.tell(operation.name, lost_late)
    adapter = stage.adapter(operation.kind, clock=time.clock)
    [answered] = adapter.fetch([Ask(operation.question, expires_at=1.0)])
    assert shown(answered.answer) == shown(DeadlineExceeded(operation.system))
    assert stage.server.asked == stage.server.done == [operation.name]
    [again] = adapter.fetch([Ask(operation.question, expires_at=2.0)])
    assert shown(again.answer) == shown(operation.answer)
    assert stage.stored() == stored_after(operation)
    assert set(stage.published()) == operation.published


@of(Fault.DEADLINE)
def test_keys_that_are_left_over_until_the_deadline(stage: Stage) -> None:
    """Keys that are left over are not asked for again once the time is nearly over: that is 504."""
    stage.server.always["BatchGetItem"] = leaving_over()
    time = VirtualTime(now_s=0.85)
    adapter = stage.adapter(Kind.DYNAMODB, clock=time.clock, wait=time.wait)

    def slowly(exchange: Exchange) -> None:
        time.wait(0.1)
        leaving_over()(exchange)

    stage.server.tell("BatchGetItem", slowly)
    [answered] = adapter.fetch([Ask(LOOK_UP.question, expires_at=1.0)])
    assert shown(answered.answer) == shown(DeadlineExceeded(FAN_IDENTITY))
    assert stage.server.asked == ["BatchGetItem"]


@of(Fault.SLOW)
@pytest.mark.parametrize("operation", OPERATIONS, ids=attrgetter("id"))
def test_a_slow_body(stage: Stage, operation: Operation) -> None:
    """A body that trickles in is waited for until the deadline; asked again, it is there once."""
    time = stage.time
    adapter = stage.adapter(operation.kind, clock=time.clock)
    stage.server.always[operation.name] = trickling
    given_up = GivenUp(stage.server_is_holding, time)
    with ThreadPoolExecutor(1) as executor:
        sources = Sources([adapter], [executor], time.clock, 10.0, given_up)
        [answered] = sources.fetch([Ask(operation.question)])
        assert shown(answered.answer) == shown(DeadlineExceeded(operation.system))
        assert stage.server.asked == stage.server.done == [operation.name]
        stage.server.recover()
    adapter = stage.adapter(operation.kind)
    assert answer(adapter, operation) == shown(operation.answer)
    assert stage.stored() == stored_after(operation)
    assert set(stage.published()) == operation.published


@of(Fault.REPLY_LOST)
def test_a_transaction_keeps_its_token(stage: Stage) -> None:
    """All attempts at a transaction carry one token; the next transaction has another."""
    adapter = stage.adapter(Kind.DYNAMODB)
    stage.server.tell("TransactWriteItems", lost)
    assert [answer(adapter, TOGETHER), answer(adapter, TOGETHER)] == [True, True]
    first, second, third = (each.document["ClientRequestToken"] for each in stage.server.requests)
    assert first == second != third


@of(Fault.REPLY_LOST)
def test_a_lost_reply_and_a_rival(stage: Stage) -> None:
    """A write whose reply is lost, and that a rival has written over since, is a conflict."""
    [rival] = PUT.items[DEMAND]
    over = {
        **rival,
        "version": 2,
        "requests": [["request-1", "digest-1"], ["request-2", "digest-2"]],
    }

    def lost_to_a_rival(exchange: Exchange) -> None:
        exchange.pass_on()
        stage.tables.load({DEMAND: [over]})
        exchange.reset()

    stage.server.tell("PutItem", lost_to_a_rival)
    [told] = answers(stage.adapter(Kind.DYNAMODB), PUT.question)
    assert told == PutOutcome(written=False, stored=read_record(over))
