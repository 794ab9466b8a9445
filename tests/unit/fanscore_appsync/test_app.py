from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import attrs
import pytest

from fanscore_appsync.api import API
from fanscore_appsync.authorization import Pattern
from fanscore_appsync.fields import Field
from fanscore_appsync.routes.scores import AccountFanscoreArguments
from fanscore_appsync.testing import API_KEY_HEADERS, appsync_event, service, unchecked_event, user
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.steps import Context, NoStash, step
from fanscore_core.engine.stubs import answer
from fanscore_core.errors import DeadlineExceeded, InvalidId, Unavailable
from fanscore_core.ids import RULE, BotRunId, EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity
from tests.e2e.lambda_runtime import told as raised_to_appsync
from tests.unit.fanscore_appsync.samples import (
    ACCOUNT_FANSCORE,
    DISCO_EVENT,
    EVENT,
    FAN,
    KNOWN,
    MEMBER,
    OTHER_FAN,
    OTHER_SCORE,
    RUN,
    SCORE,
    TIME_LEFT_S,
    Desk,
    Faulty,
    app_of,
    desk,
    score_event,
)
from tests.virtual_time import VirtualTime

SECRET = "a vendor's text about fan@example.com"
ROUNDS = [
    FanIdentity(FAN),
    ArmScore(FAN, EVENT),
    DiscoEventId(EVENT),
    BotOrNotCursor(),
    AccountScore(MEMBER),
    EventDemandCount(FAN, DISCO_EVENT, EVENT),
    BotOrNot(FAN, RUN),
]
"""What is asked for one score: four questions in the first round, three in the second."""


class Basket:
    """What no answer is."""


@attrs.frozen
class Listed:
    """A result."""

    items: tuple[int, ...]


@step("example")
async def example(ctx: Context[AccountFanscoreArguments, NoStash]) -> Listed:
    """Give an item; one that cannot be written for ``OTHER_FAN``, and fail without an event."""
    if ctx.args.event_id is None:
        raise KeyError(SECRET)
    items = (1,) if ctx.args.global_user_id == FAN else cast("tuple[int, ...]", 1)
    return Listed(items)


EXAMPLE = Field(
    frozenset({Pattern.SERVICE}),
    AccountFanscoreArguments,
    pipeline("example", NoStash, (example,)),
    lambda given, _: given,
)


NAME = "VFApi.example"
WITH_EXAMPLE = API.extended_by(fields={NAME: EXAMPLE})


def error_item(error_type: str, message: str, **info: str) -> object:
    """Give an error as an item of a batch."""
    return {"data": None, "errorMessage": message, "errorType": error_type, "errorInfo": info}


def enveloped(error_type: str, message: str, **info: str) -> object:
    """Give an error in an envelope."""
    members = {"message": message, "errorType": error_type, "data": None}
    return {"error": {**members, "errorInfo": info}}


def raised(error_type: str, message: str) -> object:
    """Give an error as AppSync learns of it when it is raised."""
    return {"raised": {"errorType": error_type, "message": message}}


def test_a_plain_event_is_answered_plainly() -> None:
    """Without an envelope, the data of a single event is the response."""
    assert desk().answer(score_event()) == SCORE


def test_an_enveloped_event_is_answered_in_an_envelope() -> None:
    """With an envelope, the response is an object with the data."""
    assert desk().answer(score_event(envelope=True)) == {"data": SCORE}


def test_one_score_asks_each_question_once() -> None:
    """A cold score asks its seven questions in order, round by round."""
    used = desk()
    used.answer(score_event())
    assert used.asked == ROUNDS


def test_answers_come_with_their_outcome() -> None:
    """A single event's answer holds the outcome of the run, for a picture of it."""
    response = desk().app.answer(score_event(), TIME_LEFT_S)
    assert response.outcome is not None
    assert (response.outcome.trace.rounds, response.outcome.trace.questions) == (2, 7)
    assert desk().app.answer([score_event()], TIME_LEFT_S).outcome is None


def test_an_error_in_an_envelope_comes_with_its_outcome() -> None:
    """Where a run ended in an error, its outcome says where."""
    changed = dict([answer(FanIdentity(FAN), Unavailable("fan_identity_table"))])
    response = desk(changed).app.answer(score_event(envelope=True), TIME_LEFT_S)
    assert response.outcome is not None
    assert response.outcome.error is not None


def test_the_source_is_made_for_the_time_that_is_left() -> None:
    """The source learns how many seconds are left, so that it can keep the deadline."""
    used, time = desk(), VirtualTime()
    app = attrs.evolve(used.app, clock=time.clock)
    app.answer(score_event(), 7.25)
    app.answer([score_event(), score_event()], 3.5)
    assert used.times_left_s == [7.25, 3.5]


def test_the_fields_of_a_batch_share_the_time() -> None:
    """A field that comes later in a batch has only what the fields before it have left."""
    used, time = desk(), VirtualTime()

    def source(time_left_s: float) -> Source:
        used.times_left_s.append(time_left_s)
        time.wait(2.5)
        return used.source

    app = attrs.evolve(app_of(source, str), clock=time.clock)
    campaign = appsync_event("VFApi.campaign", {"campaignId": "camp1"}, user(FAN))
    app.answer([score_event(), campaign, score_event()], 7.25)
    assert used.times_left_s == [7.25, 4.75]


@pytest.mark.parametrize("envelope", [False, True])
@pytest.mark.parametrize("identity", [user("user123"), service(), None])
def test_namespaces_ask_nothing(identity: dict[str, object] | None, *, envelope: bool) -> None:
    """A namespace is an empty object for anybody, and asks nothing."""
    used = desk()
    response = used.answer(appsync_event("Query.api", {}, identity, envelope=envelope))
    assert response == ({"data": {}} if envelope else {})
    assert used.asked == []


LOGIN = ("401", "User not logged in", "NOT_LOGGED_IN")
NOT_OWNER = ("403", "Only the owner may ask for this", "NOT_OWNER")
DENIED = [
    (score_event(FAN, user(OTHER_FAN)), NOT_OWNER),
    (score_event(FAN, user(OTHER_FAN), memberId="member123"), NOT_OWNER),
    (
        score_event(memberId="member123"),
        ("403", "This caller may not use arguments.memberId", "NOT_ALLOWED"),
    ),
    (
        score_event(FAN, {"resolverContext": {}}),
        ("403", "This caller may not use VFApi.accountFanscore", "NOT_ALLOWED"),
    ),
    (appsync_event(ACCOUNT_FANSCORE, {"globalUserId": FAN}), LOGIN),
    (appsync_event(ACCOUNT_FANSCORE, {"globalUserId": FAN}, headers=API_KEY_HEADERS), LOGIN),
    (appsync_event(ACCOUNT_FANSCORE, {"globalUserId": "#"}), LOGIN),
    (appsync_event(ACCOUNT_FANSCORE, {}, headers=API_KEY_HEADERS), LOGIN),
]
denied = pytest.mark.parametrize(("event", "error"), DENIED)


@denied
def test_a_denied_call_asks_nothing(event: dict[str, object], error: tuple[str, str, str]) -> None:
    """Whoever may not call is told so before any question is asked."""
    used = desk()
    assert raised_to_appsync(lambda: used.answer(event)) == raised(*error[:2])
    assert (used.asked, used.reports) == ([], [])


@denied
def test_denials_in_an_envelope(event: dict[str, object], error: tuple[str, str, str]) -> None:
    """In an envelope, and as an item of a batch, a denial has its code."""
    error_type, message, code = error
    response = desk().answer({**event, "envelope": True})
    assert response == enveloped(error_type, message, code=code)
    assert desk().answer([event]) == [error_item(error_type, message, code=code)]


def test_a_service_may_ask_for_any_fan() -> None:
    """A service is asked neither for a login nor whose score it is."""
    assert desk().answer(score_event(FAN, service())) == SCORE


def test_a_fan_may_say_that_they_name_no_member() -> None:
    """An explicit null is no use of an argument that only services may give."""
    assert desk().answer(score_event(memberId=None)) == SCORE


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        (
            answer(FanIdentity(FAN), Unavailable("fan_identity_table", SECRET)),
            ("503", "fan_identity_table is unavailable", "UNAVAILABLE", "fan_identity_table"),
        ),
        (
            answer(AccountScore(MEMBER), Unavailable("account_fanscore_table", SECRET)),
            (
                "503",
                "account_fanscore_table is unavailable",
                "UNAVAILABLE",
                "account_fanscore_table",
            ),
        ),
        (
            answer(ArmScore(FAN, EVENT), DeadlineExceeded("arm_scoring")),
            (
                "504",
                "Out of time while waiting for arm_scoring",
                "DEADLINE_EXCEEDED",
                "arm_scoring",
            ),
        ),
    ],
)
def test_systems_without_an_answer(
    changed: tuple[Question[object], object], error: tuple[str, str, str, str]
) -> None:
    """A system without which there is no honest answer is named, and nothing is reported."""
    used = desk(dict([changed]))
    error_type, message, code, system = error
    expected = enveloped(error_type, message, code=code, system=system)
    assert used.answer(score_event(envelope=True)) == expected
    assert raised_to_appsync(lambda: used.answer(score_event())) == raised(error_type, message)
    assert used.reports == []


def test_degraded_scores() -> None:
    """A system that the score can do without is named by its boost, and the answer is given."""
    changed = dict([answer(ArmScore(FAN, EVENT), Unavailable("arm_scoring"))])
    reasons = list(cast("Sequence[object]", SCORE["reasons"]))
    reasons[1] = {
        "code": "ARM_UNAVAILABLE",
        "points": 0,
        "message": "ARM risk scoring gave no answer",
    }
    assert desk(changed).answer(score_event()) == {
        **SCORE,
        "score": 82,
        "boosts": {"arm": 0, "event": 4, "model": 3},
        "reasons": reasons,
        "degraded": ["arm"],
    }


FAULTY = [
    Faulty(ValueError(SECRET)),
    Faulty(RecursionError(SECRET)),
    Faulty([]),
    Faulty(None),
    Faulty([Answered(KeyError(SECRET))] * 4),
    Faulty([Answered(Basket())] * 4),
    Faulty([SECRET] * 4),
]


@pytest.mark.parametrize("source", FAULTY)
def test_unforeseen_errors(source: Source) -> None:
    """Whatever a source does wrong is an internal error that tells nothing but where to look."""
    used = Desk(source)
    expected = enveloped("500", "Internal error", code="INTERNAL", id="report-0")
    assert used.answer(score_event(envelope=True)) == expected
    assert raised_to_appsync(lambda: used.answer(score_event())) == raised(
        "500", "Internal error, id report-1"
    )
    assert used.answer([score_event()]) == [
        error_item("500", "Internal error", code="INTERNAL", id="report-2")
    ]
    assert len(used.reports) == 3


def test_a_source_that_cannot_be_made() -> None:
    """Failing to make the source is an internal error too: in an envelope nothing is raised."""

    def source(_time_left_s: float) -> Source:
        raise OSError(SECRET)

    app = app_of(source, lambda _: "report-0")
    response = raised_to_appsync(
        lambda: app.answer(score_event(envelope=True), TIME_LEFT_S).response
    )
    assert response == enveloped("500", "Internal error", code="INTERNAL", id="report-0")


def test_a_question_that_nobody_answers() -> None:
    """A question without a source is our mistake: an internal error, not the caller's."""
    used = desk()
    response = used.answer(score_event(eventId="evt-unheard-of", envelope=True))
    assert response == enveloped("500", "Internal error", code="INTERNAL", id="report-0")
    assert [str(error) for error in used.reports] == [
        (
            "step getArmScore: no answer is given for "
            f"{ArmScore(FAN, EventId('evt-unheard-of'))!r}, only for {ArmScore(FAN, EVENT)!r}, "
            f"{ArmScore(OTHER_FAN, EVENT)!r}: ArmScore"
        )
    ]


@pytest.mark.parametrize(
    "answered",
    [
        answer(DiscoEventId(EVENT), cast("EventId", "no id")),
        answer(BotOrNotCursor(), cast("BotRunId", "no id")),
    ],
)
def test_an_answer_that_is_no_id(answered: tuple[Question[object], object]) -> None:
    """Where a source answers what is no id, that is our mistake, not the caller's: no 400."""
    response = desk(dict([answered])).answer(score_event(envelope=True))
    assert response == enveloped("500", "Internal error", code="INTERNAL", id="report-0")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"globalUserId": FAN}, KeyError),
        ({"globalUserId": OTHER_FAN, "eventId": EVENT}, TypeError),
    ],
)
def test_bugs_of_a_pipeline(arguments: dict[str, object], kind: type[Exception]) -> None:
    """A step that fails, or a result that cannot be written, is an internal error."""
    used = desk(api=WITH_EXAMPLE)
    event = appsync_event(NAME, arguments, service(), envelope=True, api=WITH_EXAMPLE)
    expected = enveloped("500", "Internal error", code="INTERNAL", id="report-0")
    assert used.answer(event) == expected
    assert [type(error) for error in used.reports] == [kind]


def test_an_empty_batch() -> None:
    """A batch of nothing is answered with nothing."""
    assert desk().answer([]) == []


def test_one_bad_item_spoils_none() -> None:
    """Each item of a batch gets its own data or error, whatever the others are."""
    changed = dict([answer(FanIdentity(OTHER_FAN), cast("None", Basket()))])
    used = desk(changed)
    assert used.answer(
        [
            score_event(),
            None,
            score_event(OTHER_FAN),
            score_event(FAN, user(OTHER_FAN)),
            [score_event()],
            score_event(globalUserId="user\n123"),
            unchecked_event("VFApi.unheardOf", {}, service()),
            appsync_event("Query.api", {}),
            score_event(),
        ]
    ) == [
        {"data": SCORE},
        error_item("400", "event: expected an object", code="INVALID_INPUT"),
        error_item("500", "Internal error", code="INTERNAL", id="report-0"),
        error_item(*NOT_OWNER[:2], code=NOT_OWNER[2]),
        error_item("400", "event: expected an object", code="INVALID_INPUT"),
        error_item(
            "400",
            f"arguments.globalUserId: {RULE}",
            code="INVALID_ID",
        ),
        error_item("400", "event.info: no such field", code="INVALID_INPUT"),
        {"data": {}},
        {"data": SCORE},
    ]
    assert [str(error) for error in used.reports] == [
        (
            "step getAccountFanscoreGlobalUserId: "
            "expected an answer of type Identity or None, got Basket: FanIdentity"
        )
    ]


@step("forging")
async def forging(_: Context[AccountFanscoreArguments, NoStash]) -> None:
    """Make an id that is none."""
    raise InvalidId("sessionId", RULE)


FORGING = Field(
    frozenset({Pattern.SERVICE}),
    AccountFanscoreArguments,
    pipeline("example", NoStash, (forging,)),
    lambda given, _: given,
)


def test_an_id_of_our_own_making_is_our_mistake() -> None:
    """An id that a pipeline got wrong itself is no mistake of the caller's: it is reported."""
    api = API.extended_by(fields={NAME: FORGING})
    used = desk(api=api)
    event = appsync_event(NAME, {"globalUserId": FAN}, service(), api=api)
    assert used.answer([event]) == [
        error_item("500", "Internal error", code="INTERNAL", id="report-0")
    ]
    assert [str(error) for error in used.reports] == [
        "step example: produced an invalid id: InvalidId"
    ]


def test_a_source_that_fails_spoils_only_what_needs_it() -> None:
    """What a batch can answer without asking is answered, whatever the source does."""
    assert Desk(Faulty(OSError(SECRET))).answer(
        [appsync_event("Query.api", {}), score_event(), None]
    ) == [
        {"data": {}},
        error_item("500", "Internal error", code="INTERNAL", id="report-0"),
        error_item("400", "event: expected an object", code="INVALID_INPUT"),
    ]


def test_batches_are_answered_in_order() -> None:
    """The answers stand in the order of the events, also where these ask for several fields."""
    one = {"globalUserId": FAN, "eventId": EVENT}
    listed = appsync_event(NAME, one, service(), api=WITH_EXAMPLE)
    other = score_event(OTHER_FAN)
    assert desk(api=WITH_EXAMPLE).answer([other, listed, score_event(), listed, other]) == [
        {"data": OTHER_SCORE},
        {"data": {"items": [1]}},
        {"data": SCORE},
        {"data": {"items": [1]}},
        {"data": OTHER_SCORE},
    ]


def test_a_batch_asks_shared_questions_once() -> None:
    """Two fans of one event share the questions for its mapping and for the bot model's run."""
    used = desk()
    used.answer([score_event(), score_event(OTHER_FAN)])
    assert sorted(map(repr, used.asked)) == sorted(map(repr, KNOWN))


def test_envelopes_in_a_batch_do_not_count() -> None:
    """An item of a batch is answered in the batch's shape, whatever it wishes for."""
    event = score_event(FAN, user(OTHER_FAN), envelope=True)
    assert desk().answer([score_event(envelope=True), event]) == [
        {"data": SCORE},
        error_item(*NOT_OWNER[:2], code=NOT_OWNER[2]),
    ]


def test_the_policy_of_the_app_decides() -> None:
    """The score is decided by the policy that the app was made with."""
    policy = attrs.evolve(DEFAULT_POLICY, version="other", no_history_raw_score=20)
    used = desk()
    app = app_of(lambda _: used.source, lambda _: "report-0", policy)
    response = app.answer(score_event(OTHER_FAN), TIME_LEFT_S).response
    reasons = list(cast("Sequence[dict[str, object]]", OTHER_SCORE["reasons"]))
    reasons[0] = {**reasons[0], "points": 20}
    assert response == {
        **OTHER_SCORE,
        "score": 20,
        "rawScore": 20,
        "reasons": reasons,
        "policyVersion": "other",
    }


class Newcomers:
    """A source that knows of no fan, and of nothing else either."""

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question)) for ask in asks]

    def _answer(self, question: Question[object]) -> object:
        return None if isinstance(question, FanIdentity) else Unavailable("world")


STRICT = attrs.evolve(DEFAULT_POLICY, version="strict", no_history_raw_score=20)


@pytest.mark.parametrize(
    ("event_id", "version", "raw_score"),
    [
        ("evt456", "strict", 20),
        ("disco456", "2026-11-01", 50),
        ("evt789", "2026-11-01", 50),
        (None, "2026-11-01", 50),
    ],
)
def test_a_policy_book_decides_by_the_event_that_is_asked(
    event_id: str | None, version: str, raw_score: int
) -> None:
    """An event's own policy decides where its id is asked as listed, and is named by the score."""
    book = PolicyBook(DEFAULT_POLICY, {EventId("evt456"): STRICT})
    app = app_of(lambda _: Newcomers(), lambda _: "report-0", book)
    arguments = {"globalUserId": OTHER_FAN} | ({"eventId": event_id} if event_id else {})
    event = appsync_event("VFApi.accountFanscore", arguments, user(OTHER_FAN))
    single = app.answer(event, TIME_LEFT_S).response
    wrapped = appsync_event("VFApi.accountFanscore", arguments, user(OTHER_FAN), envelope=True)
    enveloped = app.answer(wrapped, TIME_LEFT_S).response
    batch = app.answer([event, event], TIME_LEFT_S).response
    found = cast("dict[str, object]", single)
    assert (found["policyVersion"], found["rawScore"]) == (version, raw_score)
    assert enveloped == {"data": single}
    assert batch == [{"data": single}] * 2


def test_a_batch_of_several_events_has_several_policies() -> None:
    """In one batch, each item is decided by the policy of its own event."""
    book = PolicyBook(DEFAULT_POLICY, {EventId("evt456"): STRICT})
    app = app_of(lambda _: Newcomers(), lambda _: "report-0", book)
    events = [
        appsync_event(
            "VFApi.accountFanscore", {"globalUserId": OTHER_FAN, "eventId": each}, user(OTHER_FAN)
        )
        for each in ("evt456", "evt789", "evt456")
    ]
    items = cast("list[dict[str, dict[str, object]]]", app.answer(events, TIME_LEFT_S).response)
    versions = [each["data"]["policyVersion"] for each in items]
    assert versions == ["strict", "2026-11-01", "strict"]


def test_a_recorded_desk_can_be_replayed() -> None:
    """What was asked and answered for an event answers the same event again."""
    used = desk()
    used.answer(score_event())
    assert isinstance(used.source, Recording)
    assert Desk(used.source.replay()).answer(score_event()) == SCORE
