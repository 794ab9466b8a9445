from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, TypeVar

import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.aws.client import Events
from fanscore_adapters.backoff import JITTER_S
from fanscore_adapters.dynamodb.adapter import MAX_KEYS, DynamoDb
from fanscore_adapters.dynamodb.values import write_item
from fanscore_adapters.items.consumers import mark_item
from fanscore_adapters.items.demand import record_item
from fanscore_adapters.items.tables import LOOKUPS
from fanscore_core.consumer_mark import Consumer, Mark
from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import DeadlineExceeded, FanscoreError, Unavailable
from fanscore_core.ids import EventId, GlobalUserId, MemberId, SaleId
from fanscore_core.pages import Page
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.consumers import PutMark
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.demand_records import DemandRecords, DemandRecordsPage, DemandSaleRecord
from fanscore_core.ports.fan_identity import BotOrNotCursor, FanIdentity
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, TABLES
from tests.aws.clients import aws_client
from tests.aws.replies import Replies, refusal, reply
from tests.contracts.asking import shown
from tests.demand_samples import saved, stored
from tests.virtual_time import START, VirtualTime

pytestmark = pytest.mark.usefixtures("made_up_credentials")

AnswerT = TypeVar("AnswerT")

NAMES = {table: f"our-{table}" for table in TABLES}
FAN = GlobalUserId("fan1")
EVENT = EventId("evt1")


def asked(question: Question[AnswerT]) -> Ask:
    """Ask."""
    return Ask(question)


numbers = st.integers(0, 400)
asks = st.one_of(
    numbers.map(lambda number: asked(FanIdentity(GlobalUserId(f"fan{number}")))),
    numbers.map(lambda number: asked(AccountScore(MemberId(f"member{number}")))),
    numbers.map(lambda number: asked(DiscoEventId(EventId(f"event{number}")))),
    st.just(BotOrNotCursor()).map(asked),
    numbers.map(lambda number: asked(EventDemandCount(GlobalUserId(f"fan{number}"), EVENT))),
)


def place(ask: Ask) -> object:
    """Give the table and the key of a lookup."""
    read = LOOKUPS[type(ask.question)]
    return read.table, read.key(ask.question)


@given(st.lists(asks, max_size=350))
def test_how_questions_are_split(given_asks: list[Ask]) -> None:
    """Each question is in one call: a prefix read alone, lookups with at most 100 keys."""
    groups = DynamoDb(aws_client("dynamodb"), NAMES).split(given_asks)
    assert sorted(index for group in groups for index in group) == list(range(len(given_asks)))
    of_lookups = []
    for group in groups:
        kinds = {type(given_asks[index].question) for index in group}
        if kinds <= LOOKUPS.keys():
            of_lookups.append({place(given_asks[index]) for index in group})
        else:
            assert len(group) == 1
    assert all(1 <= len(places) <= MAX_KEYS for places in of_lookups)
    assert all(len(places) == MAX_KEYS for places in of_lookups[:-1])


def fetched(
    questions: Sequence[Ask], *answers: AWSResponse, time: VirtualTime | None = None
) -> tuple[list[tuple[object, int]], list[object]]:
    """Ask all at once; give the answers, with the calls of each, and what was sent.

    Time passes only by waiting; each answer takes a second.
    """
    replies, time = Replies(answers), time or VirtualTime()

    def take_a_second(**_: object) -> None:
        time.now_s += 1

    def prepare(events: Events) -> None:
        replies.prepare(events)
        events.register("before-send", take_a_second)

    client = aws_client("dynamodb", prepare=prepare, clock=time.clock)
    with closing(client):
        answered = DynamoDb(client, NAMES, time.wait, time.clock).fetch(questions)
    return [(shown(each.answer), each.calls) for each in answered], replies.asked


def test_a_read_of_several_tables() -> None:
    """Lookups of several tables go out together, each key once."""
    told, sent = fetched(
        [
            asked(FanIdentity(FAN)),
            asked(DiscoEventId(EVENT)),
            asked(FanIdentity(FAN)),
        ],
        reply(
            {"Responses": {f"our-{FAN_IDENTITY}": [], f"our-{DEMAND}": []}, "UnprocessedKeys": {}}
        ),
    )
    assert told == [(None, 1), (None, 0), (None, 0)]
    assert sent == [
        {
            "RequestItems": {
                f"our-{FAN_IDENTITY}": {
                    "Keys": [{"PK": {"S": "fan:fan1"}, "SK": {"S": "identity"}}],
                    "ConsistentRead": False,
                },
                f"our-{DEMAND}": {
                    "Keys": [{"PK": {"S": "event:evt1"}, "SK": {"S": "disco"}}],
                    "ConsistentRead": False,
                },
            }
        }
    ]


MALFORMED = "no answer: a malformed answer"


def _key(sale: str, event: str = "evt1", fan: str = "fan1") -> Mapping[str, object]:
    """Write the key of a record."""
    return {"PK": {"S": f"fan:{fan}"}, "SK": {"S": f"demand#{event}-{sale}"}}


KEY = _key("sale1")


@pytest.mark.parametrize(
    "document",
    [
        {"Responses": {}},
        {"UnprocessedKeys": {}},
        {"Responses": {}, "UnprocessedKeys": {}},
        {"Responses": {"another": []}, "UnprocessedKeys": {}},
        {"Responses": {f"our-{FAN_IDENTITY}": []}, "UnprocessedKeys": {"another": {}}},
        {"Responses": None, "UnprocessedKeys": {}},
        {"Responses": {f"our-{FAN_IDENTITY}": [{}]}, "UnprocessedKeys": {}},
        {"Responses": {f"our-{FAN_IDENTITY}": [{"PK": {"S": "fan:fan1"}}]}, "UnprocessedKeys": {}},
        {"Responses": {f"our-{FAN_IDENTITY}": ["canary"]}, "UnprocessedKeys": {}},
    ],
)
def test_a_read_whose_answer_is_malformed(document: object) -> None:
    """An answer that is none of DynamoDB's is an outage, and nobody is not there."""
    told, _ = fetched([asked(FanIdentity(FAN))], reply(document))
    assert told == [(shown(Unavailable(FAN_IDENTITY, MALFORMED)), 1)]


def test_a_query_of_several_pages() -> None:
    """A prefix read reads all pages, each from where the last ended, and costs as many calls."""
    told, sent = fetched(
        [asked(EventDemandCount(FAN, EVENT))],
        reply({"Items": [_key("sale0"), KEY], "LastEvaluatedKey": KEY}),
        reply({"Items": [], "LastEvaluatedKey": KEY}),
        reply({"Items": [_key("sale2")]}),
    )
    first = {
        "TableName": f"our-{DEMAND}",
        "KeyConditionExpression": "PK = :pk AND begins_with(SK, :sk)",
        "ExpressionAttributeValues": {":pk": {"S": "fan:fan1"}, ":sk": {"S": "demand#evt1-"}},
        "ConsistentRead": False,
    }
    later = {**first, "ExclusiveStartKey": KEY}
    assert (told, sent) == ([(3, 3)], [first, later, later])


FIRST_PAGE = {
    "TableName": f"our-{DEMAND}",
    "KeyConditionExpression": "PK = :pk AND begins_with(SK, :sk)",
    "ExpressionAttributeValues": {":pk": {"S": "fan:fan1"}, ":sk": {"S": "demand#evt1-"}},
    "ConsistentRead": True,
    "Limit": 3,
}


def item_of(sale: str) -> Mapping[str, object]:
    """Write a record as DynamoDB gives it."""
    return write_item(record_item(stored(saved(key=(FAN, EVENT, SaleId(sale))))))


def record_of(sale: str) -> object:
    """Make the same record."""
    return stored(saved(key=(FAN, EVENT, SaleId(sale))))


@pytest.mark.parametrize(
    ("after", "document", "page"),
    [
        (None, {"Items": []}, Page(())),
        (None, {"Items": [item_of("s1"), item_of("s2")]}, Page((record_of("s1"), record_of("s2")))),
        (
            None,
            {"Items": [item_of("s1"), item_of("s2"), item_of("s3")]},
            Page((record_of("s1"), record_of("s2")), "s2"),
        ),
        (
            "s0",
            {
                "Items": [item_of("s1"), item_of("s2"), item_of("s3")],
                "LastEvaluatedKey": _key("s3"),
            },
            Page((record_of("s1"), record_of("s2")), "s2"),
        ),
        (
            "s0",
            {"Items": [item_of("s1")], "LastEvaluatedKey": _key("s1")},
            Page((record_of("s1"),), "s1"),
        ),
        ("s0", {"Items": [], "LastEvaluatedKey": _key("s5")}, Page((), "s5")),
        ("", {"Items": [], "LastEvaluatedKey": {}}, Page(())),
    ],
)
def test_a_page_is_one_query(
    after: str | None, document: object, page: Page[StoredDemandRecord]
) -> None:
    """A page costs one call, which asks for one item more, and ends where DynamoDB ended early."""
    told, sent = fetched([asked(DemandRecordsPage(FAN, EVENT, 2, after))], reply(document))
    start = {} if after is None else {"ExclusiveStartKey": _key(after)}
    assert (told, sent) == ([(page, 1)], [{**FIRST_PAGE, **start}])


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Items": None},
        {"Items": [KEY] * 4},
        {"Items": ["canary"] * 3},
        {"Items": [], "LastEvaluatedKey": "canary"},
        {"Items": [], "LastEvaluatedKey": _key("s5", "evt2")},
        {"Items": [], "LastEvaluatedKey": _key("s5", fan="fan2")},
        {"Items": [], "LastEvaluatedKey": _key("s0")},
        {"Items": [], "LastEvaluatedKey": _key("r")},
    ],
)
def test_a_page_that_is_malformed(document: object) -> None:
    """A page that is none of DynamoDB's is an outage; one that leads back would never end."""
    told, _ = fetched([asked(DemandRecordsPage(FAN, EVENT, 2, "s0"))], reply(document))
    assert told == [(shown(Unavailable(DEMAND, MALFORMED)), 1)]


def test_two_prefixes_of_one_question() -> None:
    """A count under two ids of an event reads both prefixes, and costs a call for each page."""
    other = EventId("evt-2")
    told, sent = fetched(
        [asked(EventDemandCount(FAN, EVENT, other))],
        reply({"Items": [KEY], "LastEvaluatedKey": KEY}),
        reply({"Items": [_key("sale2")]}),
        reply({"Items": [_key("sale2", "evt%2D2"), _key("sale3", "evt%2D2")]}),
    )
    requests: Any = sent
    values = [request["ExpressionAttributeValues"][":sk"]["S"] for request in requests]
    assert told == [(3, 3)]
    assert values == ["demand#evt1-", "demand#evt1-", "demand#evt%2D2-"]


def test_one_prefix_of_two_that_cannot_be_read() -> None:
    """A count lacks nothing: where one prefix fails, there is none."""
    told, _ = fetched(
        [asked(EventDemandCount(FAN, EVENT, EventId("evt2")))],
        reply({"Items": [KEY]}),
        reply({"Count": 0}),
    )
    assert told == [(shown(Unavailable(DEMAND, MALFORMED)), 2)]


def test_two_prefixes_are_two_calls_at_the_same_time() -> None:
    """What reads two prefixes can be divided into two calls, which join to what one would be."""
    with closing(aws_client("dynamodb")) as client:
        tables = DynamoDb(client, NAMES)
        assert tables.parts([asked(EventDemandCount(FAN, EVENT))]) is None
        assert tables.parts([asked(DiscoEventId(EVENT))]) is None
        assert tables.parts([asked(DemandRecordsPage(FAN, EVENT, 2))]) is None
        parts = tables.parts([asked(EventDemandCount(FAN, EVENT, EventId("evt2")))])
    assert parts is not None
    assert len(parts.calls) == 2
    found = [
        [Answered([_key("sale1", event)], DEMAND, took_s, calls=1)]
        for event, took_s in (("evt1", 2.0), ("evt2", 1.0))
    ]
    [joined] = parts.join(found)
    assert (joined.answer, joined.source, joined.calls) == (1, DEMAND, 2)
    assert joined.took_s >= 2.0


@pytest.mark.parametrize("document", [{}, {"Count": 0}, {"Items": None}, {"Items": "canary"}])
def test_a_query_whose_second_page_is_malformed(document: object) -> None:
    """Of a prefix read all pages must be there: half of them are no answer."""
    told, _ = fetched(
        [asked(DemandRecords(FAN, EVENT))],
        reply({"Items": [], "LastEvaluatedKey": KEY}),
        reply(document),
    )
    assert told == [(shown(Unavailable(DEMAND, MALFORMED)), 1)]


NOTHING = reply({"Responses": {f"our-{DEMAND}": []}, "UnprocessedKeys": {}})


@pytest.mark.parametrize("limits", [(0.05, 10.0), (10.0, 0.05)])
def test_a_read_has_the_time_of_its_most_patient_question(limits: tuple[float, float]) -> None:
    """Lookups that share a call are made while one of them has time, and all are answered."""
    questions = [Ask(DiscoEventId(EventId(f"evt{limit}")), expires_at=limit) for limit in limits]
    told, sent = fetched(questions, NOTHING)
    assert told == [(None, 1), (None, 0)]
    assert len(sent) == 1


CONSISTENT = asked(DemandSaleRecord(FAN, EVENT, SaleId("sale1")))
EVENTUAL = asked(DiscoEventId(EVENT))


@pytest.mark.parametrize(
    ("questions", "consistent"),
    [
        ([EVENTUAL], False),
        ([CONSISTENT], True),
        ([CONSISTENT, EVENTUAL], True),
        ([EVENTUAL, CONSISTENT], True),
        ([EVENTUAL, CONSISTENT, EVENTUAL], True),
    ],
)
def test_one_question_makes_a_read_consistent(questions: list[Ask], consistent: bool) -> None:
    """A table is read consistently if one of the questions must see what was written before."""
    _, [sent] = fetched(questions, NOTHING)
    assert isinstance(sent, dict)
    assert sent["RequestItems"][f"our-{DEMAND}"]["ConsistentRead"] is consistent


LEFT_OVER = reply(
    {
        "Responses": {},
        "UnprocessedKeys": {
            f"our-{DEMAND}": {"Keys": [{"PK": {"S": "event:evt1"}, "SK": {"S": "disco"}}]}
        },
    }
)


@pytest.mark.parametrize(
    ("left_s", "calls", "told"),
    [
        (100.0, 5, Unavailable(DEMAND, "kept being throttled")),
        (8.0, 5, Unavailable(DEMAND, "kept being throttled")),
        (4.05, 4, DeadlineExceeded(DEMAND)),
        (1.05, 1, DeadlineExceeded(DEMAND)),
    ],
)
def test_keys_that_stay_left_over(left_s: float, calls: int, told: FanscoreError) -> None:
    """Keys are asked for five times, then the table is unavailable; or until the time is over."""
    time = VirtualTime()
    found, sent = fetched(
        [Ask(DiscoEventId(EVENT), expires_at=left_s)], *[LEFT_OVER] * 5, time=time
    )
    assert (found, len(sent)) == ([(shown(told), calls)], calls)
    assert len(time.waits_s) == calls - 1


@pytest.mark.parametrize(("attempt", "waits"), [(0, 0), (1, 1), (5, 1)])
def test_a_write_that_was_refused_before_waits(attempt: int, waits: int) -> None:
    """A write that a rival has spoiled is made again after a short pause."""
    time = VirtualTime()
    put = PutMark(Mark("e-1", Consumer.SYNC, "me", START), None, attempt)
    [(told, _)], _ = fetched([asked(put)], reply({"ConsumedCapacity": {}}), time=time)
    assert told == PutOutcome(written=True)
    assert len(time.waits_s) == waits
    assert all(0 <= each <= JITTER_S for each in time.waits_s)


MARK = Mark("e-1", Consumer.SYNC, "me", START)


@pytest.mark.parametrize(
    ("replaced", "condition"),
    [
        (None, {"ConditionExpression": "attribute_not_exists(PK)"}),
        (
            MARK,
            {
                "ConditionExpression": "attribute_exists(PK) AND #0 = :0 AND #1 = :1",
                "ExpressionAttributeNames": {"#0": "status", "#1": "owner"},
                "ExpressionAttributeValues": {":0": {"S": "CLAIMED"}, ":1": {"S": "me"}},
            },
        ),
    ],
    ids=["new", "replaced"],
)
def test_what_a_conditional_write_sends(
    replaced: Mark | None, condition: Mapping[str, object]
) -> None:
    """A put names its condition exactly as DynamoDB's grammar has it, and no value it lacks."""
    _, sent = fetched([asked(PutMark(MARK, replaced, 0))], reply({"ConsumedCapacity": {}}))
    assert sent == [
        {
            "TableName": f"our-{FAN_IDENTITY}",
            "Item": write_item(mark_item(MARK)),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnConsumedCapacity": "TOTAL",
            **condition,
        }
    ]


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"]
)
def test_a_refusal_that_may_be_of_one_table(code: str) -> None:
    """Where one table may spoil a read of several, each is read alone, and only that one fails."""
    told, sent = fetched([asked(FanIdentity(FAN)), EVENTUAL], refusal(code), refusal(code), NOTHING)
    assert told == [(shown(Unavailable(FAN_IDENTITY, f"refused with {code}")), 3), (None, 0)]
    assert len(sent) == 3


def test_refusals_of_several_tables() -> None:
    """Where several tables cannot be read, each is unavailable for its own reason, none empty."""
    denied, missing = "AccessDeniedException", "ResourceNotFoundException"
    questions = [asked(FanIdentity(FAN)), EVENTUAL, asked(AccountScore(MemberId("member1")))]
    nothing = reply({"Responses": {f"our-{ACCOUNT_FANSCORE}": []}, "UnprocessedKeys": {}})
    told, _ = fetched(questions, refusal(denied), refusal(denied), refusal(missing), nothing)
    assert told == [
        (shown(Unavailable(FAN_IDENTITY, f"refused with {denied}")), 4),
        (shown(Unavailable(DEMAND, f"refused with {missing}")), 0),
        (None, 0),
    ]
