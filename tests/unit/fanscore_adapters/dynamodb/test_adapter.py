from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TypeVar

import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.dynamodb.adapter import MAX_KEYS, DynamoDb
from fanscore_adapters.items.tables import LOOKUPS
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import Unavailable
from fanscore_core.ids import EventId, GlobalUserId, MemberId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DemandRecords, DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNotCursor, FanIdentity
from fanscore_core.systems import DEMAND, FAN_IDENTITY, TABLES
from tests.aws.clients import aws_client
from tests.aws.replies import Replies, reply
from tests.contracts.asking import shown
from tests.virtual_time import VirtualTime

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
    questions: Sequence[Ask], *answers: AWSResponse
) -> tuple[list[tuple[object, int]], list[object]]:
    """Ask all at once; give the answers, with the calls of each, and what was sent."""
    replies, time = Replies(answers), VirtualTime()
    with closing(aws_client("dynamodb", prepare=replies.prepare)) as client:
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
KEY = {"PK": {"S": "fan:fan1"}, "SK": {"S": "demand#evt1-sale1"}}


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
        reply({"Items": [KEY, KEY], "LastEvaluatedKey": KEY}),
        reply({"Items": [], "LastEvaluatedKey": KEY}),
        reply({"Items": [KEY]}),
    )
    first = {
        "TableName": f"our-{DEMAND}",
        "KeyConditionExpression": "PK = :pk AND begins_with(SK, :sk)",
        "ExpressionAttributeValues": {":pk": {"S": "fan:fan1"}, ":sk": {"S": "demand#evt1-"}},
        "ConsistentRead": False,
    }
    later = {**first, "ExclusiveStartKey": KEY}
    assert (told, sent) == ([(3, 3)], [first, later, later])


@pytest.mark.parametrize("document", [{}, {"Count": 0}, {"Items": None}, {"Items": "canary"}])
def test_a_query_whose_second_page_is_malformed(document: object) -> None:
    """Of a prefix read all pages must be there: half of them are no answer."""
    told, _ = fetched(
        [asked(DemandRecords(FAN, EVENT))],
        reply({"Items": [], "LastEvaluatedKey": KEY}),
        reply(document),
    )
    assert told == [(shown(Unavailable(DEMAND, MALFORMED)), 1)]
