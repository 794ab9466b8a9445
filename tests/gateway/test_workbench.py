from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from fanscore_adapters.documents.json_text import json_text
from fanscore_adapters.embedded.event_bus import MAX_ATTEMPTS, delay
from fanscore_adapters.embedded.event_desk import EventDesk
from fanscore_adapters.embedded.stored_fans import MOST_FOUND, StoredFans
from fanscore_adapters.items.operations import Table
from fanscore_adapters.items.tables import TABLES
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.local.http.gateway import Development
from fanscore_appsync.local.http.serving import Options, make_gateway
from fanscore_appsync.local.http.workbench_pages import WORKBENCH_PAGES
from fanscore_appsync.local.workbench import Workbench
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.embedded import Embedded
from fanscore_core.ids import GlobalUserId
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY
from tests.e2e.local_system import LocalSystem
from tests.gateway.served import Json, Served, served

ENTRY = 'mutation{upsertEntry(input:{campaignId:"camp1",requestId:"r1"}){eventId}}'
AS_SERVICE = "/dev/workbench/graphql"
PATHS = (*WORKBENCH_PAGES, AS_SERVICE, "/workbench/views.js", "/workbench/workbench.css")


def develop(system: LocalSystem) -> Development:
    """Give the workbench of a system."""
    desk = EventDesk(system.events, system.bus, lambda: system.now, lambda: "minted")
    stores = Embedded((), StoredFans(system.tables), desk)
    return Development(workbench=Workbench(system.app.answer, stores))


@pytest.fixture(scope="module")
def gateway() -> Iterator[Served]:
    """Serve a gateway with a workbench."""
    with served(develop=develop) as gateway:
        yield gateway


def look(gateway: Served, page: str, **parameters: str) -> object:
    """Get a document of the workbench."""
    response = gateway.client.get(f"/dev/workbench/{page}", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


def own(gateway: Served) -> Mapping[str, str]:
    """Give the headers of the console's own page."""
    return {"origin": str(gateway.client.base_url), "sec-fetch-site": "same-origin"}


def act(gateway: Served, page: str, wish: Json) -> object:
    """Have something done."""
    response = gateway.client.post(f"/dev/workbench/{page}", json=wish, headers=own(gateway))
    assert response.status_code == 200, response.text
    return response.json()


def test_about(gateway: Served) -> None:
    """The console learns what there is: stores, the sample's fans, and who consumes events."""
    assert look(gateway, "about") == {
        "stores": True,
        "sample": True,
        "consumers": [
            {"name": "entry", "sends": False},
            {"name": "profile", "sends": False},
            {"name": "notification", "sends": True},
            {"name": "sync", "sends": True},
        ],
    }


@pytest.mark.parametrize(
    ("prefix", "fans"),
    [
        ("b", ["bot-fan", "bottom-fan"]),
        ("bott", ["bottom-fan"]),
        ("user123", ["user123"]),
        ("user1234", []),
        ("", []),
        ("%", []),
        ("fan:", []),
        ("' OR 1=1 --", []),
    ],
)
def test_find(gateway: Served, prefix: str, fans: Sequence[str]) -> None:
    """Fans are found by how their ids begin, as it is typed."""
    assert look(gateway, "fans", prefix=prefix) == {"fans": fans}


def test_a_fan(gateway: Served) -> None:
    """All that is stored of a fan is shown by kind, the account's score with it."""
    document = look(gateway, "fan", fan="user123")
    assert isinstance(document, dict)
    stored = document["stored"]
    assert {kind: [item["SK"] for item in each["items"]] for kind, each in stored.items()} == {
        "identity": ["identity"],
        "verdicts": ["botornot#run-2026-11-01"],
        "demand": ["demand#disco456-sale789"],
        "entries": [],
        "liveness": [],
        "receipts": [],
        "account": ["score#account"],
    }
    assert stored["verdicts"]["items"][0]["botScore"] == 0.05
    assert not any(each["hasMore"] for each in stored.values())


def test_explanation(gateway: Served) -> None:
    """A score comes with the value of each signal, or why there is none."""
    document = look(gateway, "explanation", fan="nobody-yet", event="evt456")
    assert isinstance(document, dict)
    assert document["score"]["score"] == 50
    assert document["found"] == [
        {"signal": None, "what": "Stored raw score", "value": None, "missing": None},
        {"signal": "arm", "what": "ARM risk score", "value": None, "missing": "NO_SCORE"},
        {
            "signal": "event",
            "what": "Number of demand records for the event",
            "value": "0",
            "missing": None,
        },
        {"signal": "model", "what": "Bot probability", "value": None, "missing": "NO_VERDICT"},
    ]
    assert len(document["run"]["steps"]) == 8


def test_a_service(gateway: Served) -> None:
    """The console's own page may call as a service: for any fan, where a fan asks for one."""
    query = {"query": '{api{accountFanscore(globalUserId:"top-fan"){score}}}'}
    role = {"x-fanscore-iam-role": "reporting"}
    response = gateway.client.post(AS_SERVICE, json=query, headers={**own(gateway), **role})
    assert response.json() == {"data": {"api": {"accountFanscore": {"score": 100}}}}
    refused = gateway.client.post("/graphql", json=query, headers={**own(gateway), **role})
    assert refused.status_code == 401
    nameless = gateway.client.post(AS_SERVICE, json=query, headers=own(gateway))
    assert nameless.status_code == 401


def test_dead_letters(gateway: Served) -> None:
    """A dead letter is listed with its reason, and delivered once what failed answers."""
    system = gateway.system
    system.outages = frozenset({"notification_endpoint"})
    asked = gateway.asked(ENTRY)
    assert isinstance(asked, dict)
    event = asked["data"]["upsertEntry"]["eventId"]
    for attempt in range(1, MAX_ATTEMPTS + 1):
        system.bus.deliver_due(system.now)
        system.now += delay(attempt)
    listed = look(gateway, "events", fan="user123")
    assert isinstance(listed, dict)
    (shown,) = listed["events"]
    dead = {
        "consumer": "notification",
        "attempts": MAX_ATTEMPTS,
        "at": "2026-11-01T08:01:25Z",
        "reason": "Unavailable: notification_endpoint is unavailable: declared out of order",
    }
    done = {"state": "DONE", "attempts": 1, "at": None, "reason": None}
    assert (shown["id"], shown["type"], shown["fan"]) == (event, "user.upsert", "user123")
    assert shown["deliveries"] == [
        {"consumer": "entry", **done},
        {**dead, "state": "DEAD"},
        {"consumer": "profile", **done},
        {"consumer": "sync", **done},
    ]
    assert (listed["dead"], listed["deadCount"]) == ([{"id": event, **dead}], 1)
    assert look(gateway, "events", fan="top-fan") == {**listed, "events": []}

    # The desk's own bus was made before the endpoint went out of order.
    assert act(gateway, "retry", {"event": event}) == {
        "count": 1,
        "consumers": ["notification"],
        "undelivered": [],
    }
    nothing = {"count": 0, "consumers": [], "undelivered": []}
    assert act(gateway, "retry", {"event": event}) == nothing
    after = look(gateway, "events", fan="user123")
    assert isinstance(after, dict)
    assert {each["state"] for each in after["events"][0]["deliveries"]} == {"DONE"}
    assert after["deadCount"] == 0


def test_replay(gateway: Served) -> None:
    """An event is delivered again to whom is named; what sends only if that is said."""
    system = gateway.system
    system.outages = frozenset()
    asked = gateway.asked(ENTRY.replace("r1", "r2"))
    assert isinstance(asked, dict)
    event = asked["data"]["upsertEntry"]["eventId"]
    system.bus.deliver_due(system.now)
    wish = {"event": event, "consumers": ["profile", "entry"]}
    assert act(gateway, "replay", wish) == {
        "count": 2,
        "consumers": ["entry", "profile"],
        "undelivered": [],
    }
    sends = {"event": event, "consumers": ["sync"]}
    for refused in (sends, {**wish, "consumers": []}, {**wish, "consumers": ["x"]}, {"event": 1}):
        response = gateway.client.post("/dev/workbench/replay", json=refused, headers=own(gateway))
        assert response.status_code == 400
    assert act(gateway, "replay", {**sends, "alsoSend": True}) == {
        "count": 1,
        "consumers": ["sync"],
        "undelivered": [],
    }


def test_pages_of_events(gateway: Served) -> None:
    """Events come newest first, a page at a time, none twice and none left out."""
    now = gateway.system.now
    names = [f"many-{number:03}" for number in range(120)]
    for name in names:
        event = f'{{"detail":{{"globalUserId":"many"}},"id":"{name}"}}'
        gateway.system.events.publish(name, event, ("sync",), now)
    seen: list[str] = []
    place: dict[str, str] = {}
    while True:
        page = look(gateway, "events", fan="many", **place)
        assert isinstance(page, dict)
        seen += [each["id"] for each in page["events"]]
        if page["rest"] is None:
            break
        place = {"beforeAt": page["rest"]["at"], "beforeId": page["rest"]["id"]}
    assert seen == names[::-1]


HOSTILE = ['"><script>alert(1)</script>', "ü#%2D%-'", "𐀀" * 100, "f" * 128]


@pytest.mark.parametrize("fan", HOSTILE)
def test_hostile_ids(gateway: Served, fan: str) -> None:
    """Whatever an id holds, its fan is found by its beginning, and by it alone."""
    fans = StoredFans(gateway.system.tables)
    pk = f"fan:{fan.replace('%', '%25').replace('#', '%23')}"
    gateway.system.tables.put(DEMAND, {"PK": pk, "SK": "entry#c", "campaignId": "c"})
    assert look(gateway, "fans", prefix=fan[:40]) == {"fans": [fan]}
    assert fans.beginning(fan) == [fan]
    document = look(gateway, "fan", fan=fan)
    assert isinstance(document, dict)
    assert document["stored"]["entries"]["items"][0]["campaignId"] == "c"


def test_a_search_is_bounded(gateway: Served) -> None:
    """A search finds at most some fans, the first ones, however much is stored of each."""
    tables = gateway.system.tables
    ids = [f"crowd-{number:03}" for number in range(60)]
    items = [{"PK": f"fan:{each}", "SK": f"entry#{n}"} for each in ids for n in range(3)]
    tables.load_all({DEMAND: items[: len(items) // 2], FAN_IDENTITY: items[len(items) // 2 :]})
    assert look(gateway, "fans", prefix="crowd-") == {"fans": ids[:MOST_FOUND]}


def test_a_table_of_ones_own() -> None:
    """What a table of one's own holds of a fan is shown by the table's name."""
    declared = (*TABLES, Table("loyalty_table", lambda fan: f"fan:{fan}"))
    with SqliteTables(IN_MEMORY, own=["loyalty_table"]) as tables:
        item = {"PK": "fan:user123", "SK": "loyalty", "points": 7}
        tables.put("loyalty_table", item)
        fans = StoredFans(tables, declared)
        assert fans.beginning("user") == ["user123"]
        assert fans.items_of(GlobalUserId("user123"))["loyalty_table"].items == [item]


def test_what_is_no_item(gateway: Served) -> None:
    """A malformed item, and an account that is no id, spoil nothing else."""
    tables = gateway.system.tables
    tables.put(FAN_IDENTITY, {"PK": "fan:odd", "SK": "identity", "memberId": 7})
    tables.put(ACCOUNT_FANSCORE, {"PK": "member:7", "SK": "score#account", "score": 1})
    document = look(gateway, "fan", fan="odd")
    assert isinstance(document, dict)
    assert [item["PK"] for item in document["stored"]["account"]["items"]] == ["member:7"]
    tables.put(FAN_IDENTITY, {"PK": "fan:odd", "SK": "identity", "memberId": [7]})
    document = look(gateway, "fan", fan="odd")
    assert isinstance(document, dict)
    assert document["stored"]["account"]["items"] == []


ODD: Sequence[tuple[object, object]] = [
    ("\ud800", "\ud800"),
    (Decimal("1e999"), None),
    ("</script><script>", "</script><script>"),
]
"""Members of what is stored, and as shown; ``None`` where all of it is shown as a text instead."""


@pytest.mark.parametrize(("stored", "shown"), ODD, ids=["half a pair", "too great", "markup"])
def test_what_http_cannot_hold(gateway: Served, stored: object, shown: object) -> None:
    """An odd item spoils no fan's page, and an odd event not the list of events."""
    item = {"PK": "fan:odd-1", "SK": "entry#c", "x": stored}
    gateway.system.tables.put(DEMAND, item)
    fan = look(gateway, "fan", fan="odd-1")
    event = json_text({"detail": {"globalUserId": "odd-1"}, "detail-type": stored})
    gateway.system.events.publish("odd-1", event, ("sync",), gateway.system.now)
    page = look(gateway, "events", fan="odd-1")
    assert isinstance(fan, dict)
    assert isinstance(page, dict)
    (entry,) = fan["stored"]["entries"]["items"]
    document = page["events"][0]["document"]
    gateway.system.events.erase(GlobalUserId("odd-1"))
    if shown is None:
        assert entry == '{"PK": "fan:odd-1", "SK": "entry#c", "x": Infinity}'
        assert isinstance(document, str)
    else:
        assert entry == {**item, "x": shown}
        assert document["detail-type"] == shown


BAD: Sequence[tuple[str, Mapping[str, str], str]] = [
    ("fans", {}, "prefix: expected a text"),
    ("fans", {"prefix": "x" * 129}, "prefix: expected at most 128 characters"),
    ("fans", {"prefix": "x", "other": "y"}, "Expected an object with prefix"),
    ("fan", {"fan": " a"}, "fan: expected 1 to 128 characters"),
    ("explanation", {"fan": "a", "event": "\u202e"}, "event: expected 1 to 128 characters"),
    ("events", {"beforeAt": "x", "beforeId": "y"}, "beforeAt: expected a number of seconds"),
]


@pytest.mark.parametrize(("page", "parameters", "problem"), BAD)
def test_bad_input(gateway: Served, page: str, parameters: Mapping[str, str], problem: str) -> None:
    """What cannot be asked for is refused, saying where, and repeating nothing."""
    response = gateway.client.get(f"/dev/workbench/{page}", params=parameters)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["message"][: len(problem)]) == (400, problem)


OTHERS: Sequence[Mapping[str, str]] = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"x-forwarded-for": "192.0.2.1"},
    {"x-forwarded-proto": "https"},
    {"cf-connecting-ip": "192.0.2.1"},
]


@pytest.mark.parametrize("headers", OTHERS)
def test_other_pages(gateway: Served, headers: Mapping[str, str]) -> None:
    """No page elsewhere gets anything of the workbench, nor anybody behind a proxy."""
    for path, page in WORKBENCH_PAGES.items():
        response = gateway.client.request(page.method, path, headers={**own(gateway), **headers})
        assert response.status_code == 404
    response = gateway.client.post(AS_SERVICE, headers={**own(gateway), **headers})
    assert response.status_code == 404


def test_changes_need_an_origin(gateway: Served) -> None:
    """What changes something is for a page that says it is the console's own."""
    posts = [path for path, page in WORKBENCH_PAGES.items() if page.method == "POST"]
    for path in (*posts, AS_SERVICE):
        assert gateway.client.post(path, json={"event": "x"}).status_code == 404
        assert gateway.client.get(path).status_code == 404


def test_nothing_is_kept(gateway: Served) -> None:
    """What is shown is kept by no cache, and no other page can load it."""
    headers = gateway.client.get("/dev/workbench/fan", params={"fan": "user123"}).headers
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_elsewhere() -> None:
    """Where other machines can call, neither the pages nor the files of the views exist."""
    with served() as gateway:
        for path in (*PATHS, "//workbench/views.js", "/./workbench/views.js"):
            for method in ("GET", "POST", "PUT"):
                response = gateway.client.request(method, path, headers=own(gateway))
                assert (response.status_code, "allow" in response.headers) == (404, False)


def test_who_has_a_workbench(tmp_path: Path) -> None:
    """A gateway for this machine has a workbench; one that others can call has none."""
    local = Options("127.0.0.1", 0, Settings(), folder=str(tmp_path))
    with ExitStack() as closing:
        workbench = make_gateway(local, closing).development.workbench
        assert workbench is not None
        assert workbench.about()["sample"] is True
    others = attrs.evolve(local, host="0.0.0.0")  # noqa: S104  # not listened on
    with ExitStack() as closing:
        assert make_gateway(others, closing).development.workbench is None
    empty = attrs.evolve(local, settings=Settings(database=str(tmp_path / "fans.db")))
    with ExitStack() as closing:
        workbench = make_gateway(empty, closing).development.workbench
        assert workbench is not None
        assert (workbench.about()["stores"], workbench.about()["sample"]) == (True, False)


def test_data_elsewhere() -> None:
    """Without stores on this machine a fan can be scored, but nothing looked up."""

    def on_aws(system: LocalSystem) -> Development:
        return Development(workbench=Workbench(system.app.answer, None))

    with served(develop=on_aws) as gateway:
        assert look(gateway, "about") == {"stores": False, "sample": False, "consumers": []}
        explained = look(gateway, "explanation", fan="user123")
        assert isinstance(explained, dict)
        assert explained["score"]["score"] == 83
        response = gateway.client.get("/dev/workbench/fans", params={"prefix": "u"})
        assert response.status_code == 404
        assert "not on this machine" in response.text


def test_a_store_that_does_not_answer() -> None:
    """Where the store cannot be read, that is said by its name, and nothing is logged for it."""
    with served(develop=develop) as gateway:
        gateway.system.tables.close()
        gateway.system.events.close()
        for page, system in (("fans?prefix=u", "fan_identity_table"), ("events", "user_events")):
            response = gateway.client.get(f"/dev/workbench/{page}")
            (error,) = response.json()["errors"]
            assert (response.status_code, error["message"]) == (503, f"{system} cannot be used now")
        about = look(gateway, "about")
        assert isinstance(about, dict)
        assert (about["stores"], about["sample"]) == (True, False)
        assert gateway.reports == []
