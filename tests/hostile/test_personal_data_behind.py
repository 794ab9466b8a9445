from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import httpx
import pytest

from fanscore_adapters.documents.user_event import event_document
from fanscore_adapters.http.webhooks import Webhooks
from fanscore_appsync.consumer_app import ConsumerFailed
from fanscore_core.consumer_mark import Consumer
from fanscore_core.errors import FanscoreError, Unavailable
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import UserEvent
from tests.e2e.local_system import ENDPOINTS, TIME_LEFT_S, LocalSystem
from tests.hostile.canaries import CANARY, FAN, PHONE, REASON, Watch, chain, tells
from tests.hostile.canary_world import EMAIL, ITEMS, TABLE_OF, canary_system
from tests.hostile.events import changed, paths
from tests.patience import standing

EVENT_ID = "e-1"


@pytest.fixture
def system() -> Iterator[LocalSystem]:
    """Set the system up."""
    with canary_system() as made:
        yield made


def document(system: LocalSystem) -> Mapping[str, object]:
    """Make a user event that is full of canaries, as EventBridge hands it over."""
    event = UserEvent(
        EVENT_ID,
        system.now,
        GlobalUserId(FAN),
        MemberId("canary-member"),
        CampaignId("canary-campaign"),
        Email(EMAIL),
        PhoneNumber(PHONE),
        Locale("en-canary"),
        json.dumps({CANARY: EMAIL}),
    )
    made: Mapping[str, object] = json.loads(json.dumps(event_document(event, system.now)))
    return made


def raised(system: LocalSystem, consumer: Consumer, event: object) -> str | None:
    """Deliver an event; give the type of what is raised, none of whose texts may tell."""
    kind: str | None
    try:
        system.consumers.consume(consumer, event, TIME_LEFT_S)
    except (FanscoreError, ConsumerFailed) as error:
        told, kind = [text for text in chain(error) if tells(text)], type(error).__name__
    else:
        told, kind = [], None
    assert told == []
    return kind


def undelivered(system: LocalSystem, consumers: Iterable[Consumer]) -> list[str]:
    """Let the bus attempt each delivery once; give what it keeps of those that failed."""
    event = json.dumps(document(system))
    names = [consumer.value for consumer in consumers]
    system.events.publish(EVENT_ID, event, names, system.now)
    assert system.bus.deliver_due(system.now) == len(names)
    return [repr(each) for each in system.bus.undelivered()]


@pytest.mark.parametrize("consumer", Consumer)
def test_deliveries(watch: Watch, system: LocalSystem, consumer: Consumer) -> None:
    """A delivery that succeeds logs nothing, nor does its repetition."""
    event = document(system)
    assert [raised(system, consumer, event) for _ in range(2)] == [None, None]
    watch.finds_nothing()
    assert watch.reports == 0


BAD: Sequence[object] = ("canary value", [CANARY], {EMAIL: CANARY}, CANARY * 100, "canary\ud800")


def test_malformed_events(watch: Watch, system: LocalSystem) -> None:
    """What is wrong with an event is said without quoting it."""
    event = document(system)
    found = {
        raised(system, Consumer.PROFILE, changed(event, path, value))
        for path in paths(event)
        for value in BAD
    }
    assert found == {None, "InvalidInput", "InvalidId"}
    watch.finds_nothing()


@pytest.mark.parametrize("consumer", [Consumer.NOTIFICATION, Consumer.SYNC])
def test_endpoints_that_are_out_of_order(
    watch: Watch, system: LocalSystem, consumer: Consumer
) -> None:
    """An endpoint's outage names the endpoint alone."""
    system.outages = ENDPOINTS
    assert raised(system, consumer, document(system)) == "Unavailable"
    watch.finds_nothing()


def refusing(status: int) -> Callable[[httpx.Request], httpx.Response]:
    """Make an endpoint that quotes what it refuses."""
    return lambda request: httpx.Response(
        status, content=request.content, headers={"location": "https://example.com/canary"}
    )


def breaking(request: httpx.Request) -> httpx.Response:
    """Be an endpoint whose connection breaks."""
    raise httpx.ReadError(CANARY, request=request)


@pytest.mark.parametrize(
    "endpoint",
    [*map(refusing, (302, 400, 404, 429, 500, 503)), breaking],
    ids=["302", "400", "404", "429", "500", "503", "broken"],
)
@pytest.mark.parametrize("consumer", [Consumer.NOTIFICATION, Consumer.SYNC])
def test_endpoints_that_fail(
    watch: Watch,
    system: LocalSystem,
    consumer: Consumer,
    endpoint: Callable[[httpx.Request], httpx.Response],
) -> None:
    """What an endpoint answers, or how it breaks, is not passed on, nor what it was posted."""
    with httpx.Client(transport=httpx.MockTransport(endpoint)) as client:
        urls = dict.fromkeys(ENDPOINTS, "https://example.com/events")
        system.post = Webhooks(urls, client, lambda _: None, clock=standing)
        assert raised(system, consumer, document(system)) == "Unavailable"
        failures = undelivered(system, [consumer])
    assert (len(failures), any(map(tells, failures))) == (1, False)
    watch.finds_nothing()


FAILURES: Sequence[object] = (
    Unavailable("system", REASON),
    ValueError("canary"),
    (KeyError("canary", EMAIL),),
    "canary answer",
    object(),
)


@pytest.mark.parametrize("answer", FAILURES, ids=range(len(FAILURES)))
@pytest.mark.parametrize("consumer", Consumer)
def test_failures_in_every_step(
    watch: Watch, system: LocalSystem, consumer: Consumer, answer: object
) -> None:
    """Wherever a consumer is told nonsense, what it raises and logs does not tell of whom."""
    raised(system, consumer, document(system))
    kinds = {type(question) for question in system.asked}
    assert len(kinds) > 2
    found = set()
    for kind in kinds:
        with canary_system() as broken:
            broken.instead = {kind: answer}
            found.add(raised(broken, consumer, document(broken)))
    failed = "Unavailable" if isinstance(answer, Unavailable) else "ConsumerFailed"
    assert found - {None} == {failed}
    watch.finds_nothing()


@pytest.mark.parametrize(
    "members",
    [
        {"profileAt": CANARY},
        {"profileAt": [EMAIL]},
        {"profileAt": {CANARY: CANARY}},
        {"stamps": CANARY},
        {"stamps": {"email": [CANARY, EMAIL]}},
    ],
)
def test_malformed_profiles(
    watch: Watch, system: LocalSystem, members: Mapping[str, object]
) -> None:
    """A malformed identity record is not quoted."""
    system.tables.load(TABLE_OF["identity"], [{**ITEMS["identity"], **members}])
    assert raised(system, Consumer.PROFILE, document(system)) == "Unavailable"
    watch.finds_nothing()


@pytest.mark.parametrize(
    "members",
    [
        {"updatedAt": CANARY},
        {"email": [EMAIL]},
        {"attributes": {CANARY: CANARY}},
        {"defaults": {"email": [EMAIL]}},
        {"defaults": CANARY},
        {"stamps": {CANARY: [CANARY, EMAIL]}},
        {"requests": [[EMAIL]]},
        {"campaignId": "canary-else"},
    ],
)
def test_malformed_entries(
    watch: Watch, system: LocalSystem, members: Mapping[str, object]
) -> None:
    """A malformed entry is not quoted."""
    system.tables.load(TABLE_OF["entry"], [{**ITEMS["entry"], **members}])
    assert raised(system, Consumer.ENTRY, document(system)) == "Unavailable"
    watch.finds_nothing()


@pytest.mark.parametrize("consumer", Consumer)
def test_malformed_marks_of_erased_fans(
    watch: Watch, system: LocalSystem, consumer: Consumer
) -> None:
    """A malformed mark of an erased fan is not quoted."""
    system.tables.load(TABLE_OF["erased"], [{**ITEMS["erased"], "erasedAt": CANARY}])
    assert raised(system, consumer, document(system)) == "Unavailable"
    watch.finds_nothing()


@pytest.mark.parametrize("answer", FAILURES[1:], ids=range(1, len(FAILURES)))
def test_dead_letters(watch: Watch, system: LocalSystem, answer: object) -> None:
    """What is kept of a delivery that fails, to be shown to an operator, tells of nobody."""
    system.outages = ENDPOINTS
    with canary_system() as probe:
        raised(probe, Consumer.PROFILE, document(probe))
        system.instead = dict.fromkeys({type(question) for question in probe.asked}, answer)
    failures = undelivered(system, Consumer)
    assert (len(failures), any(map(tells, failures))) == (len(Consumer), False)
    watch.finds_nothing()


START: Mapping[str, object] = {
    "operation": "startSession",
    "arguments": {"globalUserId": FAN, "token": "canary-token", "score": 1, "armScore": 1},
}
RESULT: Mapping[str, object] = {
    "operation": "sessionResult",
    "arguments": {"globalUserId": FAN, "sessionId": "canary-session"},
}


def code(system: LocalSystem, payload: object, time_left_s: float = TIME_LEFT_S) -> object:
    """Call the identity verification function; give the code of its error, which may not tell."""
    answer = system.idv.answer(payload, time_left_s)
    if "data" in answer:
        return "data"
    assert not tells(json.dumps(answer))
    error = answer["error"]
    assert isinstance(error, dict)
    return error["code"]


@pytest.mark.parametrize("payload", [START, RESULT], ids=["start", "result"])
def test_calls_of_the_idv_function(
    watch: Watch, system: LocalSystem, payload: Mapping[str, object]
) -> None:
    """A call of the identity verification function logs nothing, and errs without quoting."""
    assert code(system, payload) == "data"
    assert code(system, payload, 0.0) == 504
    found = {
        code(system, changed(payload, path, value)) for path in paths(payload) for value in BAD
    }
    assert 400 in found
    assert found <= {"data", 400, 404}
    watch.finds_nothing()


@pytest.mark.parametrize("answer", FAILURES, ids=range(len(FAILURES)))
@pytest.mark.parametrize("payload", [START, RESULT], ids=["start", "result"])
def test_failures_of_the_idv_function(
    watch: Watch, system: LocalSystem, payload: Mapping[str, object], answer: object
) -> None:
    """Wherever the identity verification function is told nonsense, its answer tells of nobody."""
    code(system, payload)
    kinds = {type(question) for question in system.asked}
    assert kinds
    for kind in kinds:
        with canary_system() as broken:
            broken.instead = {kind: answer}
            assert code(broken, payload) in {"data", 400, 409, 500, 503}
    watch.finds_nothing()


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("pointer", {"sessionId": "canary\nsession"}),
        ("session", {"status": CANARY}),
        ("session", {"expiresAt": [CANARY]}),
        ("session", {"confidence": CANARY}),
    ],
)
def test_malformed_sessions(
    watch: Watch, system: LocalSystem, name: str, members: Mapping[str, object]
) -> None:
    """A malformed session is not quoted by the identity verification function."""
    system.tables.load(TABLE_OF[name], [{**ITEMS[name], **members}])
    assert code(system, START) == 503
    watch.finds_nothing()
