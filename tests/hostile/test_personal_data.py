from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest

from fanscore_adapters.embedded.stand_ins import parse_sample
from fanscore_appsync.app import App
from fanscore_appsync.fields import FIELDS
from fanscore_appsync.report import report
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import pool_identity, unchecked_event
from fanscore_appsync.wiring.apps import connect
from fanscore_core.engine.question import Answered, Source
from fanscore_core.engine.stubs import Answers, answer
from fanscore_core.errors import DeadlineExceeded, Unavailable, UnknownQuestion
from fanscore_core.findings import StoredScore
from fanscore_core.ids import BotRunId, EventId, MemberId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from tests.hostile.canaries import (
    CANARY,
    FAN,
    HEADERS,
    OWNER,
    REASON,
    TIME_LEFT_S,
    TRUSTED,
    Watch,
    fan_identity,
)
from tests.unit.fanscore_appsync.samples import Faulty, app_of

ARGUMENTS: Mapping[str, object] = {"globalUserId": FAN, "eventId": "canary-event"}


def event(
    identity: Mapping[str, object] | None, field: str = "VFApi.accountFanscore", **changes: object
) -> Mapping[str, object]:
    """Make an event that is full of canaries."""
    made = unchecked_event(field, {**ARGUMENTS, **changes}, identity, headers=HEADERS)
    places = ("source", "prev", "stash")
    return {**made, **{place: {CANARY: "canary-value"} for place in places}}


SAMPLE: Mapping[str, dict[str, object]] = {
    "identity": {
        "PK": "fan:canary-fan",
        "SK": "identity",
        "memberId": "canary-stored-member",
        "email": "canary@example.com",
        "phoneNumber": "+1canary",
        "attributes": {CANARY: CANARY},
    },
    "cursor": {"PK": "botornot", "SK": "cursor", "cursor": "canary-run"},
    "verdict": {"PK": "fan:canary-fan", "SK": "botornot#canary-run", "botScore": 0.1},
    "score": {
        "PK": "member:canary-stored-member",
        "SK": "score#account",
        "score": 70,
        "modelVersion": CANARY,
    },
    "mapping": {"PK": "event:canary-event", "SK": "disco", "discoEventId": "canary-disco"},
    "record": {
        "PK": "fan:canary-fan",
        "SK": "demand#canary%2Ddisco-canary-sale",
        "email": "canary@example.com",
        "attributes": {CANARY: CANARY},
    },
}
TABLES = {
    "fan_identity_table": ("identity", "cursor", "verdict"),
    "account_fanscore_table": ("score",),
    "demand_table": ("mapping", "record"),
}
ARM_DATA: Mapping[str, object] = {"data": {"armScore": 1, "note": "canary-note"}}
"""What the sample fan's ARM risk scoring answers."""


def sample_text(changes: Mapping[str, object], arm: object) -> str:
    """Write a sample that is full of canaries, with a member of some items changed."""
    items = {name: {**item, **_changed(changes, name)} for name, item in SAMPLE.items()}
    tables = {table: [items[name] for name in names] for table, names in TABLES.items()}
    case = {"operation": "armScore", "arguments": {"globalUserId": FAN}, "response": arm}
    return json.dumps({"tables": tables, "services": {"arm_scoring": [case]}})


def _changed(changes: Mapping[str, object], name: str) -> Mapping[str, object]:
    return {
        path.partition(".")[2]: value
        for path, value in changes.items()
        if path.partition(".")[0] == name
    }


def test_the_sample_is_one() -> None:
    """The sample full of canaries is a sample, so that its answers are real ones."""
    assert parse_sample(sample_text({}, ARM_DATA)).tables.keys() == TABLES.keys()


UNKNOWN_EVENT = {"eventId": "canary-unknown"}


@pytest.mark.parametrize(
    ("event", "status"),
    [
        pytest.param(event(OWNER), "data", id="owner"),
        pytest.param(event(OWNER, eventId=None), "data", id="no-event"),
        pytest.param(event(OWNER, **UNKNOWN_EVENT), "data", id="no-mapping"),
        pytest.param(event(TRUSTED), "data", id="service"),
        pytest.param(event(TRUSTED, memberId="canary-member"), "data", id="service-member"),
        pytest.param(event(fan_identity("canary-other")), "403", id="other-fan"),
        pytest.param(event(OWNER, memberId="canary-member"), "403", id="member-by-fan"),
        pytest.param(event(None), "401", id="nobody"),
        pytest.param(event({**pool_identity(), "username": CANARY}), "401", id="pool"),
        pytest.param(event({"sub": FAN, "issuer": CANARY, "claims": {}}), "403", id="oidc"),
        pytest.param(event({"resolverContext": {CANARY: CANARY}}), "403", id="authorizer"),
        pytest.param(event({CANARY: CANARY}), "403", id="unheard-of-identity"),
        pytest.param(event(fan_identity("canary\nsub")), "400", id="bad-sub"),
        pytest.param(event(TRUSTED, globalUserId="canary@example.com "), "400", id="bad-fan"),
        pytest.param(event(TRUSTED, memberId="canary\u2028member"), "400", id="bad-member"),
        pytest.param(event(TRUSTED, eventId="\ufeffcanary"), "400", id="bad-event"),
        pytest.param(event(TRUSTED, globalUserId={CANARY: CANARY}), "400", id="wrong-type"),
        pytest.param(event(TRUSTED, globalUserId=[CANARY]), "400", id="wrong-type-list"),
        pytest.param(event(TRUSTED, saleId=CANARY), "400", id="unknown-argument"),
        pytest.param(event(TRUSTED, "VFApi.canary"), "400", id="unknown-field"),
        pytest.param(event(TRUSTED, "Canary.accountFanscore"), "400", id="unknown-type"),
        pytest.param({**event(OWNER), "identity": "canary"}, "400", id="identity-text"),
        pytest.param({**event(OWNER), "arguments": "canary"}, "400", id="arguments-text"),
        pytest.param({**event(OWNER), "request": "canary"}, "400", id="request-text"),
        pytest.param({**event(OWNER), "info": {CANARY: CANARY}}, "400", id="no-info"),
    ],
)
def test_events(
    watch: Watch, tmp_path_factory: pytest.TempPathFactory, event: Mapping[str, object], status: str
) -> None:
    """Nothing that a caller sends is quoted in an error or the log; data name the fan alone."""
    path = tmp_path_factory.mktemp("sample") / "sample.json"
    path.write_text(sample_text({}, ARM_DATA))
    app = connect(Settings(sample=str(path)))
    assert watch.answers(app, event, TIME_LEFT_S) == [status] * 4


@pytest.mark.parametrize("name", ["canary@example.com", "canary", "canaryName", "_CANARY"])
def test_the_name_of_an_argument(watch: Watch, name: str) -> None:
    """The name of an argument that no field has is not quoted: Lambda logs what is raised."""
    app = connect(Settings())
    statuses = set()
    for arguments in ({**ARGUMENTS, name: 1}, {name: {name: 1}}, {"input": {name: 1}}):
        for field in FIELDS:
            for caller in (OWNER, TRUSTED):
                named = {**event(caller, field), "arguments": arguments}
                statuses.update(watch.answers(app, named, TIME_LEFT_S))
    assert "400" in statuses


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"identity.memberId": "canary\nmember"}, "503"),
        ({"identity.score": "canary"}, "503"),
        ({"identity.memberId": None, "identity.score": 10, "identity.rawScore": [CANARY]}, "503"),
        ({"score.score": "canary"}, "503"),
        ({"score.score": {CANARY: CANARY}}, "503"),
        ({"mapping.discoEventId": "canary\ndisco"}, "data"),
        ({"cursor.cursor": "canary\nrun"}, "data"),
        ({"verdict.botScore": "canary"}, "data"),
        ({"verdict.botScore": [CANARY]}, "data"),
    ],
)
def test_malformed_items(
    watch: Watch,
    tmp_path_factory: pytest.TempPathFactory,
    changes: Mapping[str, object],
    status: str,
) -> None:
    """A malformed item is not quoted, whether it ends the answer or degrades it."""
    path = tmp_path_factory.mktemp("sample") / "sample.json"
    path.write_text(sample_text(changes, ARM_DATA))
    app = connect(Settings(sample=str(path)))
    assert watch.answers(app, event(OWNER), TIME_LEFT_S) == [status] * 4


@pytest.mark.parametrize(
    "arm",
    [
        {"error": {"code": 500, "message": "canary: no score for canary-fan"}},
        {"error": {"code": 404, "message": "canary"}},
        {"error": "canary"},
        {"data": {"armScore": "canary"}},
        {"data": {CANARY: CANARY}},
        {"data": CANARY},
        {CANARY: CANARY},
    ],
)
def test_vendors_texts(watch: Watch, tmp_path_factory: pytest.TempPathFactory, arm: object) -> None:
    """What a vendor says instead of a score is not passed on."""
    path = tmp_path_factory.mktemp("sample") / "sample.json"
    path.write_text(sample_text({}, arm))
    app = connect(Settings(sample=str(path)))
    assert watch.answers(app, event(OWNER), TIME_LEFT_S) == ["data"] * 4


def test_no_time_left(watch: Watch) -> None:
    """Running out of time says of which system, and nothing of the fan."""
    assert watch.answers(connect(Settings()), event(OWNER), 0.0) == ["504"] * 4


MEMBER, RUN = MemberId("canary-stored-member"), BotRunId("canary-run")
EVENT, DISCO_EVENT = EventId("canary-event"), EventId("canary-disco")
KNOWN = dict(
    [
        answer(FanIdentity(FAN), Identity(MEMBER)),
        answer(AccountScore(MEMBER), StoredScore(Decimal(70))),
        answer(ArmScore(FAN, EVENT), Decimal(1)),
        answer(DiscoEventId(EVENT), DISCO_EVENT),
        answer(EventDemandCount(FAN, DISCO_EVENT, EVENT), 1),
        answer(BotOrNotCursor(), RUN),
        answer(BotOrNot(FAN, RUN), Decimal(0)),
    ]
)
IN_EVERY_STEP = list(KNOWN)


def answering(source: Source) -> App:
    """Make an app with a source, that reports to the log."""
    return app_of(lambda _: source, report)


def test_a_source_that_answers(watch: Watch) -> None:
    """Every question of the tests below has an answer that is good."""
    assert (
        watch.answers(answering(Answers(*KNOWN.items())), event(OWNER), TIME_LEFT_S) == ["data"] * 4
    )
    assert watch.reports == 0


@pytest.mark.parametrize(
    "source",
    [
        Faulty(ValueError("canary")),
        Faulty(KeyError("canary", FAN)),
        Faulty(OSError(2, "canary", "canary.db")),
        Faulty(UnicodeDecodeError("utf-8", b"canary", 0, 1, "canary")),
        Faulty(ExceptionGroup("canary", [ValueError("canary")])),
        Faulty(["canary"] * 4),
        Faulty("canary"),
        Faulty([Answered(ValueError("canary"), "canary")] * 4),
        Faulty([Answered("canary", "canary")] * 4),
    ],
    ids=lambda source: repr(source.does)[:40],
)
def test_sources_that_fail(watch: Watch, source: Source) -> None:
    """What a source raises, or answers instead of a value, is in no answer and in no log."""
    assert watch.answers(answering(source), event(OWNER), TIME_LEFT_S) == ["500"] * 4
    assert watch.reports == 4


@pytest.mark.parametrize("question", IN_EVERY_STEP, ids=lambda question: type(question).__name__)
@pytest.mark.parametrize(
    ("answer", "statuses"),
    [
        (Unavailable("system", REASON), {"data", "503"}),
        (DeadlineExceeded("system"), {"504"}),
        (ValueError("canary"), {"500"}),
        ("canary\nanswer", {"400", "500", "data"}),
        (object(), {"400", "500"}),
    ],
    ids=["unavailable", "deadline", "error", "text", "object"],
)
def test_failures_in_every_step(
    watch: Watch, question: object, answer: object, statuses: set[str]
) -> None:
    """Wherever a step is told an error or nonsense, nobody learns what it was about."""
    known = {asked: answer if asked is question else KNOWN[asked] for asked in KNOWN}
    found = watch.answers(answering(Answers(*known.items())), event(OWNER), TIME_LEFT_S)
    assert len(set(found)) == 1
    assert set(found) <= statuses


@pytest.mark.parametrize("question", IN_EVERY_STEP, ids=lambda question: type(question).__name__)
def test_questions_that_nobody_answers(watch: Watch, question: object) -> None:
    """A question without an answer is reported by its type, not by the ids that it asks for."""
    unknown = UnknownQuestion()  # as ``Sources`` says it: what a test's ``Answers`` says quotes ids
    known = {asked: unknown if asked is question else KNOWN[asked] for asked in KNOWN}
    found = watch.answers(answering(Answers(*known.items())), event(OWNER), TIME_LEFT_S)
    assert found == ["500"] * 4
    assert type(question).__name__ in watch.caplog.text
