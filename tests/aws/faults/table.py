"""What AWS may do wrong, and what then comes of one call (docs/reference/faults.md)."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar, cast

import attrs

from fanscore_adapters.items import demand as demand_items
from fanscore_adapters.items import verification as verification_items
from fanscore_adapters.items.operations import Item
from fanscore_core.engine.question import Question
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId, SessionId
from fanscore_core.liveness import new_session
from fanscore_core.pages import Page
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand_records import DemandRecords, PutDemandRecord
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.ports.fan_identity import FanIdentity, Identity
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.ports.verification import PutLivenessSession
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, UPSERT_USER, VERIFICATION
from fanscore_core.user_events import UserEvent
from tests.aws.faults.server import Behaviour, Exchange
from tests.aws.lnaa_server import Reply
from tests.contracts import own_answers as own
from tests.contracts.own_answers import OWN_FUNCTION, OWN_TABLE
from tests.demand_samples import FAN, START, sale, saved, stored

TestT = TypeVar("TestT", bound=Callable[..., object])

MEMBER = MemberId("member123")
OTHER_FAN = GlobalUserId("user124")
OLD = stored(saved(key=sale("sale-old")))
NEW = stored(saved(10))
SESSION = new_session(SessionId("session-1"), "token-1", START)
ENTERED = UserEvent("event-1", START, FAN, MEMBER, CampaignId("camp1"))

ITEMS: Mapping[str, Sequence[Item]] = {
    FAN_IDENTITY: [{"PK": "fan:user123", "SK": "identity", "memberId": MEMBER}],
    ACCOUNT_FANSCORE: [{"PK": "member:member123", "SK": "score#account", "score": 87}],
    VERIFICATION: [],
    DEMAND: [demand_items.record_item(OLD)],
    OWN_TABLE: [own.badge_item(FAN, "a", "x"), own.badge_item(FAN, "a", "y")],
}
"""What is stored before anything goes wrong."""


class Fault(enum.Enum):
    """What may go wrong, by its name in the documentation."""

    REPLY_LOST = "reply lost"
    TIMEOUT_BEFORE = "timeout before"
    TIMEOUT_AFTER = "timeout after"
    THROTTLING = "throttling"
    SERVER_ERROR = "500"
    RESET = "connection reset"
    REFUSED = "connection refused"
    GARBAGE = "garbage body"
    GARBAGE_AFTER = "garbage body after the write"
    CUT = "body cut"
    SLOW = "slow body"
    CREDENTIALS = "expired credentials"
    NO_TABLE = "missing table"
    UNPROCESSED = "unprocessed keys"
    PARTIAL = "partial PutEvents failure"
    COLLISION = "colliding transactions"
    FUNCTION = "function error"
    DEADLINE = "clock at the deadline"
    ABANDONED = "abandoned write"
    OUTAGE = "full outage"


tested: set[Fault] = set()
"""The faults that have a test of their own."""


def of(fault: Fault) -> Callable[[TestT], TestT]:
    """Say which fault a test is of."""

    def mark(test: TestT) -> TestT:
        tested.add(fault)
        return test

    return mark


class Kind(enum.Enum):
    """Which adapter asks."""

    DYNAMODB = "dynamodb"
    LAMBDA = "lambda"
    EVENTBRIDGE = "events"


@attrs.frozen
class Operation:
    """One question, and what it comes to.

    Attributes:
        name: the operation of AWS's API.
        kind: which adapter asks.
        question: that is asked.
        answer: where all is well, and also when it is asked again.
        system: who answers.
        items: what it stores, by table.
        published: the ids of the events that it publishes.
    """

    name: str
    kind: Kind
    question: Question[object]
    answer: object
    system: str
    items: Mapping[str, Sequence[Item]] = attrs.field(factory=dict)
    published: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """Its name, and whether somebody else declared it."""
        is_own = self.system in {OWN_TABLE, OWN_FUNCTION}
        return f"{self.name} of one's own" if is_own else self.name


def _operation(  # as Operation
    name: str, kind: Kind, question: object, answer: object, system: str, *items: Item
) -> Operation:
    return Operation(
        name, kind, cast("Question[object]", question), answer, system, {system: items}
    )


_SESSION_ITEM = verification_items.session_item(FAN, SESSION)

LOOK_UP = _operation(
    "BatchGetItem", Kind.DYNAMODB, FanIdentity(FAN), Identity(MEMBER), FAN_IDENTITY
)
QUERY = _operation("Query", Kind.DYNAMODB, DemandRecords(FAN), (OLD,), DEMAND)
PUT = _operation(
    "PutItem",
    Kind.DYNAMODB,
    PutDemandRecord(NEW, 0, 0),
    PutOutcome(written=True),
    DEMAND,
    demand_items.record_item(NEW),
)
TOGETHER = _operation(
    "TransactWriteItems",
    Kind.DYNAMODB,
    PutLivenessSession(FAN, SESSION, None, 0),
    True,  # noqa: FBT003  # the answer
    VERIFICATION,
    {
        "PK": "fan:user123",
        "SK": "liveness",
        "sessionId": "session-1",
        "expiresAt": _SESSION_ITEM["expiresAt"],
    },
    _SESSION_ITEM,
)
INVOKE = _operation("Invoke", Kind.LAMBDA, ArmScore(FAN), Decimal(2), "arm_scoring")
PUBLISH = attrs.evolve(
    _operation("PutEvents", Kind.EVENTBRIDGE, PublishUserEvent(ENTERED), None, UPSERT_USER),
    published=frozenset({ENTERED.id}),
)

OWN_LOOK_UP = _operation("BatchGetItem", Kind.DYNAMODB, own.Points(OTHER_FAN), None, OWN_TABLE)
OWN_PAGE = _operation(
    "Query", Kind.DYNAMODB, own.BadgesPage(FAN, "a", 1), Page(("a/x",), "x"), OWN_TABLE
)
OWN_PUT = _operation(
    "PutItem",
    Kind.DYNAMODB,
    own.PutPoints(FAN, 7, None),
    PutOutcome(written=True),
    OWN_TABLE,
    own.points_item(FAN, 7),
)
OWN_TOGETHER = _operation(
    "TransactWriteItems",
    Kind.DYNAMODB,
    own.PutBadges(FAN, "b", ("x", "y")),
    True,  # noqa: FBT003  # the answer
    OWN_TABLE,
    own.badge_item(FAN, "b", "x"),
    own.badge_item(FAN, "b", "y"),
)
OWN_INVOKE = _operation("Invoke", Kind.LAMBDA, own.ShowsAttended(FAN), Decimal(3), OWN_FUNCTION)

OF_OWN_TABLE = (OWN_LOOK_UP, OWN_PAGE, OWN_PUT, OWN_TOGETHER)
OF_TABLES = (LOOK_UP, QUERY, PUT, TOGETHER, *OF_OWN_TABLE)
OPERATIONS = (*OF_TABLES, INVOKE, OWN_INVOKE, PUBLISH)
OF_EACH_KIND = (LOOK_UP, PUT, INVOKE, PUBLISH, OWN_LOOK_UP, OWN_PUT, OWN_INVOKE)
WRITES = (PUT, TOGETHER, OWN_PUT, OWN_TOGETHER, PUBLISH)


@attrs.frozen
class Row:
    """What a server does, and what comes of one question.

    Attributes:
        fault: what kind of thing it is.
        script: what the server does about the requests, one after the other; then it is well.
        calls: how many requests it gets.
        done: how many of them are done.
        reason: why the system is unavailable; ``None`` if the answer is as good as ever.
        of_functions: the same, where a function is asked and it is told otherwise.
        operations: which are tried.
        is_impatient: whether the client times out where it is not heard.
    """

    fault: Fault
    script: Sequence[Behaviour]
    calls: int
    done: int
    reason: str | None = None
    of_functions: str | None = None
    operations: Sequence[Operation] = OPERATIONS
    is_impatient: bool = False

    def reason_of(self, operation: Operation) -> str | None:
        """Say why the operation's system is unavailable, if it is."""
        if operation.kind is Kind.LAMBDA and self.of_functions:
            return self.of_functions
        return self.reason


# What a server does


def reset(exchange: Exchange) -> None:
    """Break the connection before anything is done."""
    exchange.reset()


def lost(exchange: Exchange) -> None:
    """Do it, and then break the connection."""
    exchange.pass_on()
    exchange.reset()


def silent(exchange: Exchange) -> None:
    """Do nothing and say nothing."""
    exchange.wait()


def late(exchange: Exchange) -> None:
    """Do it, and say nothing."""
    exchange.pass_on()
    exchange.wait()


def unheard(exchange: Exchange) -> None:
    """Do nothing, and let an impatient client time out."""
    exchange.be_unheard()


def unheard_of(exchange: Exchange) -> None:
    """Do it, and let an impatient client time out."""
    exchange.pass_on()
    exchange.be_unheard()


def trickling(exchange: Exchange) -> None:
    """Do it, and answer byte by byte."""
    exchange.trickle(exchange.pass_on())


def cut(exchange: Exchange) -> None:
    """Do it, and answer with half a body."""
    whole = exchange.pass_on()
    half = attrs.evolve(whole, body=b'{"Half": ')
    exchange.reply(half, length=100)
    exchange.hang_up()


def answering(body: bytes, status: int = 200) -> Behaviour:
    """Do nothing, and answer all the same."""
    return lambda exchange: exchange.reply(Reply(status, body, {}))


def answering_after(body: bytes) -> Behaviour:
    """Do it, and answer with something else."""

    def behave(exchange: Exchange) -> None:
        exchange.pass_on()
        exchange.reply(Reply(200, body, {}))

    return behave


def refusing(code: str, status: int = 400, **others: object) -> Behaviour:
    """Refuse with a code of AWS's."""
    document = {"__type": f"com.amazon#{code}", "message": "canary", **others}
    reply = Reply(status, json.dumps(document).encode(), {"x-amzn-ErrorType": code})
    return lambda exchange: exchange.reply(reply)


_THROTTLED: Mapping[str, tuple[str, int]] = {
    "Invoke": ("TooManyRequestsException", 429),
    "PutEvents": ("ThrottlingException", 400),
}


def throttled(exchange: Exchange) -> None:
    """Refuse for the rate, as the service does."""
    refusing(*_THROTTLED.get(exchange.request.operation, ("ThrottlingException", 400)))(exchange)


HTML = b"<html><body>canary</body></html>"
MALFORMED = "no answer: a malformed answer"
FUNCTION_FAILED = "no answer: the function failed"
NO_DATA = "malformed answer"
NO_JSON = "malformed: $: not JSON: Expecting value at line 1 column 1"
CLOSED = "no answer: ConnectionClosedError"

ROWS: Mapping[str, Row] = {
    "reply lost": Row(Fault.REPLY_LOST, [lost], 2, 2),
    "reply lost each time": Row(Fault.REPLY_LOST, [lost] * 3, 3, 3, CLOSED),
    "reset": Row(Fault.RESET, [reset], 2, 1),
    "reset each time": Row(Fault.RESET, [reset] * 3, 3, 0, CLOSED),
    "timeout before": Row(Fault.TIMEOUT_BEFORE, [unheard], 2, 1, is_impatient=True),
    "timeout before each time": Row(
        Fault.TIMEOUT_BEFORE,
        [unheard] * 3,
        3,
        0,
        "no answer: ReadTimeoutError",
        operations=[LOOK_UP, PUT, OWN_LOOK_UP, OWN_PUT],
        is_impatient=True,
    ),
    "timeout after": Row(Fault.TIMEOUT_AFTER, [unheard_of], 2, 2, is_impatient=True),
    "timeout after each time": Row(
        Fault.TIMEOUT_AFTER,
        [unheard_of] * 3,
        3,
        3,
        "no answer: ReadTimeoutError",
        operations=WRITES,
        is_impatient=True,
    ),
    "500": Row(Fault.SERVER_ERROR, [answering(b"{}", 500)], 2, 1),
    "500, 503": Row(Fault.SERVER_ERROR, [answering(b"{}", 500), answering(HTML, 503)], 3, 1),
    "500 each time": Row(
        Fault.SERVER_ERROR,
        [refusing("InternalServerError", 500)] * 3,
        3,
        0,
        "refused with InternalServerError",
    ),
    "throttled": Row(Fault.THROTTLING, [throttled], 2, 1, operations=OF_EACH_KIND),
    "throttled each time": Row(
        Fault.THROTTLING,
        [throttled] * 3,
        3,
        0,
        "refused with ThrottlingException",
        operations=[PUT, OWN_PUT],
    ),
    "a page of HTML": Row(Fault.GARBAGE, [answering(HTML)], 1, 0, MALFORMED, NO_JSON),
    "an empty body": Row(Fault.GARBAGE, [answering(b"")], 1, 0, MALFORMED, NO_JSON),
    "an empty object": Row(Fault.GARBAGE, [answering(b"{}")], 1, 0, MALFORMED, NO_DATA),
    **{
        name: Row(Fault.GARBAGE, [answering(body)], 1, 0, MALFORMED, reason, OF_EACH_KIND)
        for name, body, reason in (
            ("null", b"null", NO_DATA),
            ("a list", b"[]", NO_DATA),
            ("a number", b"1", NO_DATA),
            ("a text", b'"canary"', NO_DATA),
            ("no text", b"\xff\xfe", "malformed: $: not UTF-8"),
            ("nested deep", b"[" * 60_000, "malformed: $: nested too deep"),
        )
    },
    "an error of no form": Row(Fault.GARBAGE, [answering(b"[]", 400)], 1, 0, MALFORMED),
    "HTML after the write": Row(
        Fault.GARBAGE_AFTER, [answering_after(HTML)], 1, 1, MALFORMED, NO_JSON
    ),
    "nothing after the write": Row(
        Fault.GARBAGE_AFTER, [answering_after(b"")], 1, 1, MALFORMED, NO_JSON
    ),
    "half a body, with a checksum": Row(Fault.CUT, [cut], 2, 2, operations=OF_TABLES),
    "half a body": Row(
        Fault.CUT,
        [cut],
        1,
        1,
        MALFORMED,
        "no answer: ResponseStreamingError",
        operations=[INVOKE, OWN_INVOKE, PUBLISH],
    ),
    "expired credentials": Row(
        Fault.CREDENTIALS,
        [refusing("ExpiredTokenException")],
        1,
        0,
        "refused with ExpiredTokenException",
    ),
    "collision": Row(
        Fault.COLLISION,
        [refusing("TransactionConflictException")],
        2,
        1,
        operations=[PUT, OWN_PUT],
    ),
    "cancelled by a collision": Row(
        Fault.COLLISION,
        [
            refusing(
                "TransactionCanceledException",
                CancellationReasons=[{"Code": "None"}, {"Code": "TransactionConflict"}],
            )
        ],
        2,
        1,
        operations=[TOGETHER, OWN_TOGETHER],
    ),
    "another attempt in progress": Row(
        Fault.COLLISION,
        [refusing("TransactionInProgressException")],
        2,
        1,
        operations=[TOGETHER, OWN_TOGETHER],
    ),
    "collision each time": Row(
        Fault.COLLISION,
        [refusing("TransactionConflictException")] * 5,
        5,
        0,
        "refused with TransactionConflictException",
        operations=[PUT, OWN_PUT],
    ),
}
"""By what goes wrong."""


# What AWS leaves over


def leaving_over(table: str | None = None) -> Behaviour:
    """Do the rest, and leave over the keys of one table, by its name there, or of all."""

    def behave(exchange: Exchange) -> None:
        wanted = cast("dict[str, object]", exchange.request.document["RequestItems"])
        left = {name: keys for name, keys in wanted.items() if table in {None, name}}
        rest = {name: keys for name, keys in wanted.items() if name not in left}
        found: dict[str, object] = {"Responses": {}}
        if rest:
            reply = exchange.pass_on(exchange.request.saying({"RequestItems": rest}))
            found = json.loads(reply.body)
        exchange.reply(Reply(200, json.dumps({**found, "UnprocessedKeys": left}).encode(), {}))

    return behave


def not_taking(*ids: str) -> Behaviour:
    """Publish all but the events of some ids."""

    def behave(exchange: Exchange) -> None:
        entries = cast("list[dict[str, str]]", exchange.request.document["Entries"])
        refused = {"ErrorCode": "InternalFailure", "ErrorMessage": "canary"}
        taken = [entry for entry in entries if json.loads(entry["Detail"])["id"] not in ids]
        results = iter(_results(exchange, taken))
        said = [next(results) if entry in taken else refused for entry in entries]
        document = {"FailedEntryCount": len(entries) - len(taken), "Entries": said}
        exchange.reply(Reply(200, json.dumps(document).encode(), {}))

    return behave


def _results(exchange: Exchange, entries: Sequence[Mapping[str, str]]) -> Sequence[object]:
    if not entries:
        return []
    reply = exchange.pass_on(exchange.request.saying({"Entries": entries}))
    results: Sequence[object] = json.loads(reply.body)["Entries"]
    return results
