from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

import attrs
import pytest

from fanscore_appsync.routes import demand_records as demand
from fanscore_appsync.testing import (
    API_KEY_HEADERS,
    KitMisuse,
    appsync_batch,
    appsync_event,
    lambda_authorized,
    oidc_user,
    pool_identity,
    service,
    user,
)
from fanscore_appsync.testing.executor import Fanscore
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.stubs import Answers, answer
from fanscore_core.engine.trace import Fate
from fanscore_core.errors import PipelineError, Unavailable
from fanscore_core.ids import EventId, GlobalUserId, MemberId, SaleId
from fanscore_core.pages import Page
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook
from fanscore_core.ports.account_service import AccountInfo, UserInfo
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.demand_records import DemandRecords, DemandRecordsPage, PutDemandRecord
from fanscore_core.ports.event_details import EventById, EventDetails
from fanscore_core.ports.fan_identity import BotOrNotCursor, FanIdentity
from fanscore_core.ports.lnaa import ActivateMembership, LnaaMembership, Membership
from fanscore_core.ports.put_outcome import PutOutcome
from tests.demand_samples import saved, stored

FAN = GlobalUserId("user123")
EVENT = EventId("evt123")

SCORE = '{ api { accountFanscore(globalUserId: "user123") { score boosts { arm } degraded } } }'
UNKNOWN_FAN = [
    answer(FanIdentity(FAN), None),
    answer(ArmScore(FAN), Unavailable("arm_scoring")),
    answer(BotOrNotCursor(), None),
]
DETAILS = '{ demand { eventDetails(eventId: "evt123") { name } } }'
MEMBERSHIP = "{ api { lnaaMembership { isMember tier } } }"


def details(event: EventId, name: str) -> tuple[Question[object], object]:
    """Tell of an event."""
    return answer(EventById(event), EventDetails(event, name, sales=()))


def test_data() -> None:
    """A query is answered from the test's own answers, and only what was selected is shown."""
    result = Fanscore().graphql(SCORE, as_=user(FAN), answers=UNKNOWN_FAN)
    score = {"score": 50, "boosts": {"arm": 0}, "degraded": ["arm"]}
    assert (result.data, result.errors) == ({"api": {"accountFanscore": score}}, [])


def test_errors() -> None:
    """An error of the handler is what AppSync makes of it, beside the data that there is."""
    result = Fanscore().graphql(
        '{ api { lnaaMembership { tier } campaign(campaignId: "c1") { name } } }',
        headers=API_KEY_HEADERS,
        answers=[],
    )
    assert result.data == {"api": {"lnaaMembership": None, "campaign": None}}
    assert result.errors[0] == {
        "path": ["api", "lnaaMembership"],
        "locations": [{"line": 1, "column": 9, "sourceName": None}],
        "message": "User not logged in",
        "errorType": "401",
        "data": None,
        "errorInfo": {"code": "NOT_LOGGED_IN"},
    }


def test_a_document_that_is_not_valid() -> None:
    """A document that does not fit the schema is not executed, and says why without a type."""
    result = Fanscore().graphql("{ api { scores } }", as_=user(FAN))
    assert (result.data, result.events) == (None, [])
    assert result.errors == [
        {
            "path": None,
            "locations": [{"line": 1, "column": 9, "sourceName": None}],
            "message": "Cannot query field 'scores' on type 'VFApi'.",
        }
    ]


def test_unforeseen_errors_say_what_they_are() -> None:
    """What a caller sees as an internal error, a test can read and take hold of."""
    result = Fanscore().graphql(SCORE, as_=user(FAN))
    (unforeseen,) = result.unforeseen
    assert isinstance(unforeseen, PipelineError)
    said = (
        "PipelineMisuse: step getAccountFanscoreGlobalUserId: no answer is given for "
        f"{FanIdentity(FAN)!r}, nor for any FanIdentity: FanIdentity"
    )
    assert result.errors[0]["errorInfo"] == {"code": "INTERNAL", "id": said}


def test_the_trace_of_a_field() -> None:
    """A test can see what each step of a field did, and what it asked."""
    result = Fanscore().graphql(SCORE, as_=user(FAN), answers=UNKNOWN_FAN)
    trace = result.trace("api/accountFanscore")
    assert [each.question for each in trace.asked] == [question for question, _ in UNKNOWN_FAN]
    assert dict(zip(trace.steps, trace.fates, strict=True)) == {
        "getAccountFanscoreGlobalUserId": Fate.RAN,
        "getAccountFanscoreMemberId": Fate.RETURNED_EARLY,
        "getArmScore": Fate.DEGRADED,
        "getDiscoEventId": Fate.RETURNED_EARLY,
        "getEventDemandRecord": Fate.RETURNED_EARLY,
        "getBotOrNotCursor": Fate.RAN,
        "getBotOrNot": Fate.RETURNED_EARLY,
        "calcAccountScore": Fate.RAN,
    }


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (SCORE, "api: no pipeline ran for it alone; one did for api/accountFanscore"),
        ("{ api { __typename } }", "api: no pipeline ran for it alone; one did for nothing"),
    ],
)
def test_no_trace(query: str, problem: str) -> None:
    """Asking for the trace of what no pipeline resolved is a mistake, which names the others."""
    result = Fanscore().graphql(query, as_=user(FAN), answers=UNKNOWN_FAN)
    with pytest.raises(KitMisuse) as raised:
        result.trace("api")
    assert str(raised.value) == problem


def test_the_events_are_those_of_the_factory() -> None:
    """What the resolver gets is what ``appsync_event`` and ``appsync_batch`` make."""
    records = [
        stored(saved(key=(FAN, EventId(each), SaleId("sale456")))) for each in ("evt1", "evt2")
    ]
    result = Fanscore().graphql(
        "{ demand { records { items { eventId event { name } } } } }",
        as_=user(FAN, ["fans"]),
        headers={"authorization": "token"},
        answers=[
            answer(DemandRecordsPage(FAN, None, 100), Page(tuple(records))),
            details(EventId("evt1"), "One"),
            details(EventId("evt2"), "Two"),
        ],
    )
    fan, headers = user(FAN, ["fans"]), {"authorization": "token"}
    listed = appsync_event(
        "Demand.records",
        {},
        fan,
        source={},
        headers=headers,
        selection=["items/eventId", "items/event/name"],
        envelope=True,
    )
    parents = [dict(demand.record(each)) for each in records]
    batch = appsync_batch("DemandRecord.event", parents, fan, headers=headers, selection=["name"])
    assert result.events[1:] == [listed, batch]
    assert result.data == {
        "demand": {
            "records": {
                "items": [
                    {"eventId": "evt1", "event": {"name": "One"}},
                    {"eventId": "evt2", "event": {"name": "Two"}},
                ]
            }
        }
    }
    assert [(each.field, each.reply.batch, each.cached) for each in result.resolved] == [
        ("Demand.records", 1, False),
        ("DemandRecord.event", 2, False),
        ("DemandRecord.event", 2, False),
    ]


def test_sources_of_ones_own() -> None:
    """A source stands for answers, so that it can count, remember, or be looked at."""
    source = Recording(Answers(answer(Membership(FAN), LnaaMembership(is_member=False))))
    result = Fanscore().graphql(MEMBERSHIP, as_=user(FAN), answers=source)
    assert result.data == {"api": {"lnaaMembership": {"isMember": False, "tier": None}}}
    assert [question for question, _ in source.kept] == [Membership(FAN)]


@attrs.define
class Members:
    """A source that is one list of members."""

    members: set[GlobalUserId] = attrs.field(factory=set)
    keys: list[str] = attrs.field(factory=list)
    threads: set[int] = attrs.field(factory=set)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question), "members") for ask in asks]

    def _answer(self, question: Question[object]) -> object:
        self.threads.add(threading.get_ident())
        if isinstance(question, ActivateMembership):
            self.members.add(question.global_user_id)
            self.keys.append(question.idempotency_key)
        assert isinstance(question, ActivateMembership | Membership)
        return LnaaMembership(question.global_user_id in self.members)


def test_mutations() -> None:
    """A mutation changes the source, and the request after it sees that."""
    members = Members()
    fanscore = Fanscore()
    before = fanscore.graphql(MEMBERSHIP, as_=user(FAN), answers=members)
    done = fanscore.graphql(
        "mutation { lnaaActivate { isMember } }", as_=user(FAN), answers=members
    )
    after = fanscore.graphql(MEMBERSHIP, as_=user(FAN), answers=members)
    assert [result.data for result in (before, done, after)] == [
        {"api": {"lnaaMembership": {"isMember": False, "tier": None}}},
        {"lnaaActivate": {"isMember": True}},
        {"api": {"lnaaMembership": {"isMember": True, "tier": None}}},
    ]


def test_the_same_each_time() -> None:
    """Ids that are minted are the same each time, and all happens in the test's own thread."""
    members = Members()
    query = "mutation { a: lnaaActivate { isMember } b: lnaaActivate { isMember } }"
    for _ in range(2):
        Fanscore().graphql(query, as_=user(FAN), answers=members)
    assert members.keys[0] != members.keys[1]
    assert members.keys[:2] == members.keys[2:]
    assert members.threads == {threading.get_ident()}


def test_nothing_is_remembered() -> None:
    """The cache of a request is its own: the next one's answers are asked for."""
    fanscore = Fanscore()
    names = [
        fanscore.graphql(DETAILS, headers=API_KEY_HEADERS, answers=[details(EVENT, name)]).data
        for name in ("One", "Two")
    ]
    assert names == [
        {"demand": {"eventDetails": {"name": "One"}}},
        {"demand": {"eventDetails": {"name": "Two"}}},
    ]


def test_cached_within_a_request() -> None:
    """Within a request, a cached field that is asked for twice takes one call."""
    result = Fanscore().graphql(
        '{ demand { a: eventDetails(eventId: "evt123") { name } '
        'b: eventDetails(eventId: "evt123") { name } } }',
        as_=service(),
        answers=[details(EVENT, "One")],
    )
    assert result.data == {"demand": {"a": {"name": "One"}, "b": {"name": "One"}}}
    assert [each.cached for each in result.resolved] == [False, True]


def test_variables_and_operations() -> None:
    """A document may have several operations and variables, as over HTTP."""
    result = Fanscore().graphql(
        "query A { api { __typename } } "
        "query B($id: ID!) { demand { eventDetails(eventId: $id) { name } } }",
        as_=service(),
        variables={"id": "evt123"},
        operation="B",
        answers=dict([details(EVENT, "One")]),
    )
    assert result.data == {"demand": {"eventDetails": {"name": "One"}}}


@pytest.mark.parametrize(
    ("identity", "headers", "code"),
    [
        pytest.param(user("user124"), {}, "NOT_OWNER", id="another fan"),
        pytest.param(user("user\n124"), {}, "INVALID_ID", id="bad sub"),
        pytest.param(service(), {}, None, id="IAM"),
        pytest.param(pool_identity(), {}, "NOT_LOGGED_IN", id="identity pool"),
        pytest.param(None, API_KEY_HEADERS, "NOT_LOGGED_IN", id="API key"),
        pytest.param(None, {"X-Api-Key": "key"}, "NOT_LOGGED_IN", id="API key, other spelling"),
    ],
)
def test_callers(
    identity: Mapping[str, object] | None, headers: Mapping[str, object], code: str | None
) -> None:
    """Every caller of the API can ask, and the handler decides."""
    result = Fanscore().graphql(SCORE, as_=identity, headers=headers, answers=UNKNOWN_FAN)
    infos = [cast("Mapping[str, object]", error["errorInfo"]) for error in result.errors]
    assert [info["code"] for info in infos] == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("identity", "problem"),
    [
        (None, "as_: nobody asks, and there is no API key in the headers"),
        (oidc_user(FAN), "as_: the API is for Cognito users, IAM and API keys"),
        (lambda_authorized(), "as_: the API is for Cognito users, IAM and API keys"),
    ],
)
def test_callers_that_appsync_turns_away(
    identity: Mapping[str, object] | None, problem: str
) -> None:
    """A caller who never gets to the handler is a mistake of the test."""
    with pytest.raises(KitMisuse) as raised:
        Fanscore().graphql(SCORE, as_=identity)
    assert str(raised.value) == problem


def test_other_policies() -> None:
    """A test may have a score policy of its own."""
    policy = attrs.evolve(DEFAULT_POLICY, version="mine", no_history_raw_score=10)
    query = '{ api { accountFanscore(globalUserId: "user123") { score policyVersion } } }'
    result = Fanscore(policy).graphql(query, as_=user(FAN), answers=UNKNOWN_FAN)
    assert result.data == {"api": {"accountFanscore": {"score": 10, "policyVersion": "mine"}}}


@attrs.frozen
class NewDemand:
    """A source that has an account and no demand records, and lets any be written."""

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question), "demand") for ask in asks]

    def _answer(self, question: Question[object]) -> object:
        match question:
            case AccountInfo(global_user_id=fan):
                return UserInfo(fan, MemberId("member123"))
            case PutDemandRecord():
                return PutOutcome(written=True)
            case DemandRecords():
                return ()
            case _:
                return None


def test_a_policy_book_of_ones_own_decides() -> None:
    """A test may have a policy book, in which the event that is asked has its policy."""
    mine = attrs.evolve(DEFAULT_POLICY, version="mine", no_history_raw_score=10)
    book = PolicyBook(DEFAULT_POLICY, {EventId("evt456"): mine})
    query = """{ api {
      listed: accountFanscore(globalUserId: "user123", eventId: "evt456") { policyVersion }
      other: accountFanscore(globalUserId: "user123") { policyVersion }
    } }"""
    listed = [
        answer(ArmScore(FAN, EventId("evt456")), None),
        answer(DiscoEventId(EventId("evt456")), None),
        answer(EventDemandCount(FAN, EventId("evt456")), 0),
    ]
    result = Fanscore(book).graphql(query, as_=user(FAN), answers=[*UNKNOWN_FAN, *listed])
    assert result.data == {
        "api": {"listed": {"policyVersion": "mine"}, "other": {"policyVersion": "2026-11-01"}}
    }


@pytest.mark.parametrize(
    ("fanscore", "shown"),
    [
        (Fanscore(), "2026-11-01T12:00:00Z"),
        (Fanscore(now=datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)), "2027-01-02T03:04:05Z"),
    ],
)
def test_other_times(fanscore: Fanscore, shown: str) -> None:
    """It is the same time in every test, or the one that the test says."""
    result = fanscore.graphql(
        'mutation { demandRecordSave(input: {eventId: "evt123", saleId: "sale456"}) '
        "{ status record { requestedAt version } } }",
        as_=user(FAN),
        answers=NewDemand(),
    )
    saved_record = {"requestedAt": shown, "version": 1}
    assert result.data == {"demandRecordSave": {"status": "SUCCESS", "record": saved_record}}


def test_the_event_loop_of_the_thread_is_left_alone() -> None:
    """A loop that the test has set for its thread is still there afterwards."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        Fanscore().graphql(MEMBERSHIP, as_=user(FAN), answers=Members())
        assert asyncio.get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()
