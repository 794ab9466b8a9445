from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, current_thread

import attrs
import httpx
import pytest

from fanscore_appsync.local.auth.rate_limit import RateLimited
from fanscore_appsync.local.graphql.limits import Limits
from fanscore_appsync.local.http.console_files import CONSOLE_HEADERS
from fanscore_appsync.local.http.credentials import Credentials
from fanscore_appsync.local.http.gateway import Development, Gateway
from fanscore_core.errors import Unavailable
from tests.gateway.served import (
    API_KEY,
    CREDENTIALS,
    FAN,
    KEY,
    PATIENT,
    Served,
    check_key,
    identify,
    served,
)
from tests.patience import AMPLE_S

JSON = "application/json"
OWN = "application/graphql-response+json"

SCORE = '{api{accountFanscore(globalUserId:"user123",eventId:"evt456"){score}}}'
CAMPAIGN = '{api{campaign(campaignId:"no-such"){id}}}'


@pytest.fixture(scope="module")
def gateway() -> Iterator[Served]:
    """Serve a gateway for the tests that leave no trace in it."""
    with served() as one:
        yield one


def with_parts(**parts: object) -> Callable[[Gateway], Gateway]:
    """Make what changes parts of a gateway."""
    return lambda gateway: attrs.evolve(gateway, **parts)  # type: ignore[arg-type]  # by name


def error_of(response: httpx.Response) -> Mapping[str, object]:
    """Give the only error of a response."""
    (error,) = response.json()["errors"]
    assert isinstance(error, dict)
    return error


def test_data(gateway: Served) -> None:
    """A query is answered with status 200, as JSON in UTF-8, and without errors."""
    response = gateway.post(SCORE)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json() == {"data": {"api": {"accountFanscore": {"score": 87}}}}


def test_errors_of_resolvers(gateway: Served) -> None:
    """An error of a resolver is status 200, with AppSync's members at the top of the error."""
    for accept in (JSON, OWN):
        response = gateway.post(CAMPAIGN, {**FAN, "accept": accept})
        assert response.status_code == 200
        assert response.headers["content-type"] == f"{accept}; charset=utf-8"
        assert response.json() == {
            "data": {"api": {"campaign": None}},
            "errors": [
                {
                    "path": ["api", "campaign"],
                    "locations": [{"line": 1, "column": 6, "sourceName": None}],
                    "data": None,
                    "errorType": "404",
                    "errorInfo": {"code": "NOT_FOUND"},
                    "message": "No such campaign",
                }
            ],
        }


def test_a_document_that_is_not_valid(gateway: Served) -> None:
    """For JSON it is status 200 with null data, as AppSync has it; else 400 without data."""
    error = {
        "path": None,
        "locations": [{"line": 1, "column": 2, "sourceName": None}],
        "message": "Cannot query field 'nothing' on type 'Query'.",
    }
    response = gateway.post("{nothing}", {**FAN, "accept": JSON})
    assert (response.status_code, response.json()) == (200, {"data": None, "errors": [error]})
    response = gateway.post("{nothing}", {**FAN, "accept": OWN})
    assert (response.status_code, response.json()) == (400, {"errors": [error]})


def test_variables_and_operation_names(gateway: Served) -> None:
    """The named operation is executed with the variables of the request."""
    query = (
        "query A($fan:ID!){api{accountFanscore(globalUserId:$fan){globalUserId}}} "
        "query B{__typename}"
    )
    asked = gateway.asked(query, operationName="A", variables={"fan": "user123"})
    assert asked == {"data": {"api": {"accountFanscore": {"globalUserId": "user123"}}}}
    assert gateway.asked(query, operationName="B") == {"data": {"__typename": "Query"}}
    for name in (None, "C"):
        response = gateway.post(query, operationName=name)
        assert response.json()["data"] is None
        assert "operation" in str(error_of(response)["message"]).lower()


def test_get(gateway: Served) -> None:
    """A query can be asked by GET, variables included; a mutation cannot."""
    parameters = {
        "query": "query($fan:ID!){api{accountFanscore(globalUserId:$fan){globalUserId}}}",
        "variables": '{"fan":"user123"}',
    }
    response = gateway.client.get("/graphql", params=parameters, headers=FAN)
    assert response.json() == {"data": {"api": {"accountFanscore": {"globalUserId": "user123"}}}}
    mutation = {"query": "mutation{lnaaActivate{isMember}}"}
    before = len(gateway.events)
    response = gateway.client.get("/graphql", params=mutation, headers=FAN)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert error_of(response)["errorType"] == "MethodNotAllowed"
    assert len(gateway.events) == before


UNAUTHORIZED: Sequence[tuple[str, Sequence[tuple[str, str]]]] = [
    ("nothing", []),
    ("both", [*FAN.items(), *KEY.items()]),
    ("token twice", [*FAN.items(), *FAN.items()]),
    ("key twice", [*KEY.items(), *KEY.items()]),
    ("unknown token", [("authorization", "x")]),
    ("empty token", [("authorization", "")]),
    ("other scheme", [("authorization", "Basic dXNlcjp4")]),
    ("unknown key", [("x-api-key", "x")]),
    ("role", [("x-fanscore-iam-role", "admin")]),
    ("role and key", [("x-fanscore-iam-role", "admin"), *KEY.items()]),
]


@pytest.mark.parametrize(("name", "headers"), UNAUTHORIZED)
def test_unauthorized(gateway: Served, name: str, headers: Sequence[tuple[str, str]]) -> None:
    """Missing, contradicting or bad credentials are status 401, as AppSync says it."""
    assert name
    body = {"query": "{__typename}"}
    response = gateway.client.post("/graphql", json=body, headers=list(headers))
    assert response.status_code == 401
    assert response.headers["x-amzn-errortype"] == "UnauthorizedException"
    error = error_of(response)
    assert set(error) == {"errorType", "message"}
    assert error["errorType"] == "UnauthorizedException"


def test_a_token_may_say_that_it_is_one(gateway: Served) -> None:
    """A token is taken with and without ``Bearer``."""
    bearer = {"authorization": f"Bearer {FAN['authorization']}"}
    assert gateway.asked("{__typename}", bearer) == {"data": {"__typename": "Query"}}


def test_roles_by_header() -> None:
    """Where it is asked for, a caller from this machine has the role that it names."""
    credentials = attrs.evolve(CREDENTIALS, believes_iam_header=True)
    with served(change=with_parts(credentials=credentials)) as gateway:
        response = gateway.asked(SCORE, {"x-fanscore-iam-role": "scoring-batch"})
        assert response == {"data": {"api": {"accountFanscore": {"score": 87}}}}
        for bad in ("", "a b", "a/b", "é", "x" * 65):
            refused = gateway.post(SCORE, {"x-fanscore-iam-role": bad.encode()})
            assert refused.status_code == 401
    headers = [event["request"]["headers"] for event in gateway.events if isinstance(event, dict)]
    assert all("x-fanscore-iam-role" not in each for each in headers)


def test_an_api_key_over_its_rate() -> None:
    """A key that calls too often is status 429, and is told when to come back."""

    def limited(key: str) -> None:
        assert key == "key"
        raise RateLimited(1.25)

    credentials = Credentials(identify, check_key, limited)
    with served(change=with_parts(credentials=credentials)) as gateway:
        response = gateway.post("{__typename}", KEY)
    assert (response.status_code, response.headers["retry-after"]) == (429, "2")
    assert response.json() == {
        "errors": [
            {
                "errorType": "429",
                "message": "Too many requests",
                "errorInfo": {"code": "RATE_LIMITED"},
            }
        ]
    }


def test_wrong_api_keys() -> None:
    """An address that tries too many wrong keys is status 429; a right key is good all the same."""
    counted: list[str] = []

    def limited(address: str) -> None:
        counted.append(address)
        if len(counted) > 1:
            raise RateLimited(1.25)

    credentials = attrs.evolve(CREDENTIALS, count_wrong_key=limited)
    with served(change=with_parts(credentials=credentials)) as gateway:
        wrong = {"x-api-key": "wrong"}
        refused, limited_to = (
            gateway.post("{__typename}", wrong),
            gateway.post("{__typename}", wrong),
        )
        right = gateway.post("{__typename}", KEY)
    assert (refused.status_code, limited_to.status_code, right.status_code) == (401, 429, 200)
    assert limited_to.headers["retry-after"] == "2"
    assert counted == ["127.0.0.1", "127.0.0.1"]


def test_keys_of_the_pool_that_cannot_be_had() -> None:
    """Where no token can be checked, the caller is told to come back, not that theirs is bad."""

    def unavailable(_token: str, _source_ip: Sequence[str]) -> Mapping[str, object]:
        raise Unavailable("jwks")

    credentials = attrs.evolve(CREDENTIALS, identify=unavailable)
    with served(change=with_parts(credentials=credentials)) as gateway:
        response = gateway.post("{__typename}")
    assert response.status_code == 503
    assert error_of(response)["errorType"] == "ServiceUnavailable"


def test_checking_a_token_takes_too_long() -> None:
    """A token that is not checked in the time of a request is as one that cannot be checked."""
    may_end = Event()

    def slow(token: str, source_ip: Sequence[str]) -> Mapping[str, object]:
        may_end.wait(AMPLE_S)
        return identify(token, source_ip)

    credentials = attrs.evolve(CREDENTIALS, identify=slow)
    change = with_parts(credentials=credentials)
    with served(limits=Limits(request_s=0.2), change=change) as gateway:
        response = gateway.post("{__typename}")
        may_end.set()
    assert response.status_code == 503
    assert error_of(response) == {
        "errorType": "ServiceUnavailable",
        "message": "Tokens cannot be checked now",
    }


def test_tokens_have_threads_of_their_own() -> None:
    """Tokens are checked in the threads that the gateway was given for it."""
    names: list[str] = []

    def noted(token: str, source_ip: Sequence[str]) -> Mapping[str, object]:
        names.append(current_thread().name)
        return identify(token, source_ip)

    credentials = attrs.evolve(CREDENTIALS, identify=noted)
    with (
        ThreadPoolExecutor(1, "tokens") as threads,
        served(change=with_parts(credentials=credentials, threads=threads)) as gateway,
    ):
        gateway.post("{__typename}")
    assert names == ["tokens_0"]


def test_something_unforeseen() -> None:
    """A bug in the gateway is reported with an id, and shows nothing of itself."""

    def broken(_token: str, _source_ip: Sequence[str]) -> Mapping[str, object]:
        raise ValueError("secret")

    credentials = attrs.evolve(CREDENTIALS, identify=broken)
    with served(change=with_parts(credentials=credentials)) as gateway:
        response = gateway.post("{__typename}")
        assert [type(each) for each in gateway.reports] == [ValueError]
    assert response.status_code == 500
    assert error_of(response)["errorInfo"] == {"code": "INTERNAL", "id": "report-0"}
    assert "secret" not in response.text


def test_the_host() -> None:
    """A request for another host is refused, so that no page can get at the gateway by DNS."""
    hosts = frozenset({"localhost", "127.0.0.1", "[::1]"})
    with served(change=with_parts(hosts=hosts)) as gateway:
        for good in ("localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "[::1]"):
            response = gateway.post("{__typename}", {**FAN, "host": good})
            assert response.status_code == 200
        for bad in ("example.com", "localhost.example.com", "127.0.0.1.example.com", "", "[::2]"):
            for path in ("/graphql", "/", "/dev/token"):
                response = gateway.client.post(path, headers={**FAN, "host": bad}, json={})
                assert response.status_code == 421
                assert error_of(response)["errorType"] == "MisdirectedRequest"


def preflight(gateway: Served, origin: str) -> httpx.Response:
    """Ask as a browser does for a page elsewhere."""
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-api-key",
    }
    return gateway.client.options("/graphql", headers=headers)


def test_pages_elsewhere(gateway: Served) -> None:
    """No page elsewhere may call, if it was not asked for."""
    assert preflight(gateway, "https://example.com").status_code == 405
    headers = gateway.post("{__typename}", {**FAN, "origin": "https://example.com"}).headers
    assert not [name for name in headers if name.startswith("access-control")]


def test_pages_that_may_call() -> None:
    """A page of an allowed origin may call, and no other."""
    origin = "https://app.example.com"
    with served(change=with_parts(origins=(origin,))) as gateway:
        allowed = preflight(gateway, origin)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (
            200,
            origin,
        )
        response = gateway.post("{__typename}", {**FAN, "origin": origin})
        assert response.headers["access-control-allow-origin"] == origin
        other = preflight(gateway, "https://example.com")
        assert (other.status_code, "access-control-allow-origin" in other.headers) == (400, False)


def test_the_console(gateway: Served) -> None:
    """The console and its files are there, and may load nothing from elsewhere."""
    for path, kind in (("/", "text/html"), ("/console.css", "text/css")):
        response = gateway.client.get(path)
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(kind)
        assert {name: response.headers[name] for name in CONSOLE_HEADERS} == CONSOLE_HEADERS
    assert "default-src 'self'" in CONSOLE_HEADERS["content-security-policy"]


def test_no_such_page(gateway: Served) -> None:
    """What is not there is status 404, told as all errors are."""
    response = gateway.client.get("/nowhere")
    assert response.status_code == 404
    assert error_of(response) == {"errorType": "NotFound", "message": "There is no such page"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/nowhere", 404),
        ("DELETE", "/no/where", 404),
        ("POST", "/%00", 404),
        ("POST", f"/{'a' * 300}", 404),
        ("POST", "/../serving.py", 404),
        ("POST", "/", 405),
        ("POST", "/console.css", 405),
        ("PUT", "/graphql", 405),
        ("PUT", "/dev/token", 405),
    ],
)
def test_other_methods(gateway: Served, method: str, path: str, status: int) -> None:
    """A page that is not there is so for every method; one that is may not be for this one."""
    response = gateway.client.request(method, path)
    kinds = {404: "NotFound", 405: "MethodNotAllowed"}
    assert (response.status_code, error_of(response)["errorType"]) == (status, kinds[status])
    assert ("allow" in response.headers) is (status == 405)


def test_a_name_that_no_file_can_have(gateway: Served) -> None:
    """A page whose name no file can have is not there, and nothing is reported."""
    for path in ("/%00", f"/{'a' * 300}"):
        assert gateway.client.get(path).status_code == 404
    assert gateway.reports == []


WEBSOCKET = (
    "GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: WebSocket\r\n"
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
)
TWO_LENGTHS = (
    "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    f"x-api-key: {API_KEY}\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n"
    "0\r\n\r\nGET /console.css HTTP/1.1\r\nhost: localhost\r\n\r\n"
)


@pytest.mark.parametrize(
    ("request_text", "message"),
    [
        (WEBSOCKET, "There are no WebSockets here"),
        (TWO_LENGTHS, "Content-Length and Transfer-Encoding exclude each other"),
    ],
    ids=["WebSocket", "two lengths"],
)
def test_requests_that_are_refused_by_their_headers(
    gateway: Served, caplog: pytest.LogCaptureFixture, request_text: str, message: str
) -> None:
    """The request is status 400, nothing after it is read, and nothing to install is advised."""
    caplog.set_level(logging.INFO, "uvicorn.error")
    answer = gateway.raw(request_text.encode(), is_whole=False)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nconnection: close" in head.lower()
    assert json.loads(body) == {
        "errors": [{"errorType": "MalformedHttpRequestException", "message": message}]
    }
    assert "install" not in caplog.text


BAD_WISHES: Sequence[object] = [
    [],
    {},
    {"sub": ""},
    {"sub": 1},
    {"sub": "x", "groups": "a"},
    {"sub": "x", "groups": [1]},
    {"sub": "x", "minutes": 1},
]


def test_a_development_token() -> None:
    """The console of a development gateway gets tokens, and a page elsewhere does not."""
    development = Development(lambda sub, groups: f"{sub} of {','.join(groups)}", "da2-dev")
    with served(change=with_parts(development=development)) as gateway:
        own = str(gateway.client.base_url).rstrip("/")
        wish = {"sub": "user123", "groups": ["a", "b"]}
        for headers in ({}, {"origin": own}):
            response = gateway.client.post("/dev/token", json=wish, headers=headers)
            assert (response.status_code, response.json()) == (200, {"token": "user123 of a,b"})
        assert gateway.client.post("/dev/token", json={"sub": "x"}).json() == {"token": "x of "}
        assert gateway.client.get("/dev/api-key").json() == {"apiKey": "da2-dev"}
        for foreign in (
            {"origin": "https://example.com"},
            {"sec-fetch-site": "cross-site"},
            {"x-forwarded-for": "192.0.2.1"},
        ):
            assert gateway.client.post("/dev/token", json=wish, headers=foreign).status_code == 404
            assert gateway.client.get("/dev/api-key", headers=foreign).status_code == 404
        form = {"content-type": "text/plain"}
        response = gateway.client.post("/dev/token", content=b"{}", headers=form)
        assert response.status_code == 415
        for bad in BAD_WISHES:
            assert gateway.client.post("/dev/token", json=bad).status_code == 400


def test_no_development_tokens(gateway: Served) -> None:
    """A gateway that is not for development gives nothing away."""
    assert gateway.client.post("/dev/token", json={"sub": "user123"}).status_code == 404
    assert gateway.client.get("/dev/api-key").status_code == 404


TRACE_ON = {"x-fanscore-trace": "1"}


def test_a_trace() -> None:
    """Who asks for it is shown how each field came about, without any value of a question."""
    with served(change=with_parts(is_traceable=True)) as gateway:
        body = gateway.post(SCORE, {**FAN, **TRACE_ON}).json()
        assert gateway.asked(SCORE) == {"data": body["data"]}
        untraced = gateway.post(SCORE, {**FAN, "x-fanscore-trace": "0"}).json()
        assert untraced == {"data": body["data"]}
    (field,) = body["extensions"]["fanscore"]["fields"]
    trace = field["trace"]
    assert (field["path"], field["field"]) == (["api", "accountFanscore"], "VFApi.accountFanscore")
    assert (field["cached"], field["batch"]) == (False, 1)
    assert [(each["name"], each["fate"]) for each in trace["steps"]][::7] == [
        ("getAccountFanscoreGlobalUserId", "ran"),
        ("calcAccountScore", "ran"),
    ]
    assert [[each["source"] for each in one["asked"]] for one in trace["rounds"]] == [
        ["fan_identity_table", "arm_scoring", "demand_table", "fan_identity_table"],
        ["account_fanscore_table", "demand_table", "fan_identity_table"],
    ]
    assert "user123" not in str(body["extensions"])
    assert "member123" not in str(body["extensions"])


def test_the_trace_of_a_batch() -> None:
    """Each item of a batch is shown with its own run, and by the call that all of them share."""
    record = {"PK": "fan:user123", "SK": "demand#evt123-sale1", "eventId": "evt123"}
    own = {"saleId": "sale1", "fanId": "user123", "updatedAt": "2026-10-20T09:30:00Z", "version": 1}
    query = '{demand{records{items{event{name}}} eventDetails(eventId:"disco456"){name}}}'
    with served(change=with_parts(is_traceable=True)) as gateway:
        gateway.system.tables.put("demand_table", {**record, **own})
        body = gateway.post(query, {**FAN, **TRACE_ON}).json()
    fields = body["extensions"]["fanscore"]["fields"]
    items = [each for each in fields if each["field"] == "DemandRecord.event"]
    others = [each for each in fields if each not in items]
    assert [(each["path"][-2:], each["batch"]) for each in items] == [
        ([0, "event"], 2),
        ([1, "event"], 2),
    ]
    assert [each["trace"]["steps"] for each in items] == [
        [{"name": "getEventDetails", "fate": "ran"}]
    ] * 2
    assert len({each["call"] for each in items}) == 1
    assert len({each["call"] for each in fields}) == 1 + len(others)


def test_no_trace(gateway: Served) -> None:
    """A gateway that is not for development tells nobody how a response came about."""
    assert set(gateway.post(SCORE, {**FAN, **TRACE_ON}).json()) == {"data"}


def test_a_cached_field() -> None:
    """A cached field is answered to all callers from one call, and a trace says so."""
    query = '{demand{eventDetails(eventId:"evt123"){name}}}'
    with served(change=with_parts(is_traceable=True)) as gateway:
        first = gateway.post(query, KEY).json()
        second = gateway.post(query, {**FAN, **TRACE_ON}).json()
        called = [event for event in gateway.events if "eventDetails" in str(event)]
    assert (
        second["data"] == first["data"] == {"demand": {"eventDetails": {"name": "The Small Show"}}}
    )
    (field,) = second["extensions"]["fanscore"]["fields"]
    assert (field["cached"], field["trace"], field["tookMs"]) == (True, None, 0)
    assert len([event for event in called if event["info"]["fieldName"] == "eventDetails"]) == 1  # type: ignore[index]


def test_errors_are_not_cached() -> None:
    """An error of a cached field is asked for again."""
    query = '{demand{eventDetails(eventId:"no-such"){name}}}'
    with served() as gateway:
        for _ in range(2):
            assert error_of(gateway.post(query))["errorType"] == "404"
        sent = [event for event in gateway.events if isinstance(event, dict)]
    assert [each["info"]["fieldName"] for each in sent] == ["demand", "eventDetails"] * 2


HALF = b"POST /graphql HTTP/1.1\r\nhost: localhost\r\n"
WHOLE = b"GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.mark.parametrize("half", [b"", HALF])
def test_headers_that_do_not_come(half: bytes) -> None:
    """A connection whose first request does not begin in time is closed, without an answer."""
    with served(headers_s=0.2) as gateway:
        assert gateway.raw(half, is_whole=False) == b""


def test_later_headers_that_do_not_come() -> None:
    """A connection is closed too if a later request does not begin in time."""
    with (
        served(headers_s=2.0) as gateway,
        socket.create_connection(gateway.address, timeout=AMPLE_S) as connection,
    ):
        connection.sendall(WHOLE)
        assert b"404" in connection.recv(65_536)
        connection.sendall(HALF)
        assert b"404" not in b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_request_that_has_begun_is_not_cut_off() -> None:
    """The limit of headers does not end a request that takes longer to answer."""
    has_begun, may_end = Event(), Event()

    def slow(token: str, source_ip: Sequence[str]) -> Mapping[str, object]:
        has_begun.set()
        may_end.wait(AMPLE_S)
        return identify(token, source_ip)

    change = with_parts(credentials=attrs.evolve(CREDENTIALS, identify=slow))
    with served(change=change, headers_s=0.5) as gateway, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(gateway.post, "{__typename}")
        assert has_begun.wait(AMPLE_S)
        assert gateway.raw(b"", is_whole=False) == b""  # opened later, and its time is over
        may_end.set()
        assert asked.result().status_code == 200


def test_introspection() -> None:
    """The schema can be asked for, unless that is switched off."""
    query = '{__type(name:"VFApi"){name}}'
    with served() as gateway:
        assert gateway.asked(query) == {"data": {"__type": {"name": "VFApi"}}}
    with served(limits=attrs.evolve(PATIENT, introspection=False)) as gateway:
        assert "introspection" in str(error_of(gateway.post(query))["message"])
        assert gateway.asked("{__typename}") == {"data": {"__typename": "Query"}}
