from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanscore_appsync.local.graphql.limits import Limits
from tests.gateway.served import CREDENTIALS, FAN, PATIENT, Served, served

MEGABYTE = 1_000_000

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Served]:
    """Serve one gateway for all hostile requests: none of them spoils the next."""
    with served() as one:
        yield one


def nested(levels: int, opens: str = "{a", closes: str = "}") -> str:
    """Write something within something within something."""
    return opens * levels + closes * levels


def spread_twice(levels: int) -> str:
    """Write fragments that each spread the next one twice: 2 to the power of so many fields."""
    fragments = "".join(
        f"fragment F{level} on VFApi {{...F{level + 1} ...F{level + 1}}}" for level in range(levels)
    )
    return f"{{api{{...F0}}}} {fragments} fragment F{levels} on VFApi {{__typename}}"


def nested_fragments(count: int) -> str:
    """Write fragments that each spread the next one, deep within themselves."""
    fragments = " ".join(
        f"fragment F{n} on VFApi{nested(9, '{...on VFApi', '')}{{...F{n + 1}}}{'}' * 9}"
        for n in range(count)
    )
    return f"{{api{{...F0}}}} {fragments} fragment F{count} on VFApi{{__typename}}"


def chained_fragments(count: int) -> str:
    """Write fragments that each spread the next one, eight fields deep within themselves."""
    fragments = " ".join(
        f"fragment F{n} on __Type{nested(8, '{ofType', '')}{{...F{n + 1}}}{'}' * 8}"
        for n in range(count)
    )
    return f'{{__type(name:"A"){{...F0}}}} {fragments} fragment F{count} on __Type{{name}}'


def aliased(count: int, field: str) -> str:
    """Write a field under many names."""
    return " ".join(f"a{number}:{field}" for number in range(count))


SCORE = 'accountFanscore(globalUserId:"user123"){score}'
CAMPAIGN = 'campaign(campaignId:"camp1"){id}'

EVENTS = "{demand{records{items{" + "event{venue{id}}" * 160 + "}}}}"

QUERIES: Mapping[str, str] = {
    "operations of equal fields": " ".join(f"query Q{number}{EVENTS}" for number in range(8)),
    "fragments of equal fields": f"{{demand{{...F0}}}} fragment F on Demand{EVENTS[7:-1]}"
    + "".join(f"fragment F{n} on Demand{{...F}}" for n in range(90)),
    "equal fields": EVENTS,
    "deep": nested(21, "{api", "}"),
    "very deep": nested(7_000),
    "deep in arguments": f'{{api{{campaign(campaignId:{"[" * 5000}"x"{"]" * 5000}){{id}}}}}}',
    "deep in objects": f"{{api{{campaign(campaignId:{nested(3000, '{a:')}){{id}}}}}}",
    "deep in types": f"query($a:{nested(5000, '[', ']')}){{__typename}}",
    "deep in inline fragments": "{api" + nested(4000, "{...on VFApi", "}") + "}",
    "deep and unclosed": "{a" * 14_000,
    "wide": "{api{" + "__typename " * 14_000 + "}}",
    "wide and aliased": "{api{" + aliased(51, "__typename") + "}}",
    "many times one field": "{api{" + f"{SCORE} " * 400 + "}}",
    "many expensive fields": "{api{" + aliased(400, CAMPAIGN) + "}}",
    "many roots": "{" + aliased(21, "__typename") + "}",
    "many directives": "{api{__typename " + "@skip(if:false) " * 3_000 + "}}",
    "many unknown directives": "{api{__typename " + "@a " * 7_000 + "}}",
    "many operations": " ".join(f"query Q{number}{{__typename}}" for number in range(2_500)),
    "many variables": f"query({' '.join(f'$v{n}:ID' for n in range(3_000))}){{__typename}}",
    "many arguments": "{api{campaign(" + " ".join(f'a{n}:"x"' for n in range(4_000)) + "){id}}}",
    "many unused fragments": "{__typename}"
    + " ".join(f"fragment F{n} on Query{{__typename}}" for n in range(2_000)),
    "many fragments spread": "{"
    + " ".join(f"...F{n}" for n in range(90))
    + "}"
    + " ".join(f"fragment F{n} on Query{{a{n}:__typename}}" for n in range(90)),
    "fragments that double": spread_twice(60),
    "fragments in fragments": nested_fragments(95),
    "cyclic fragment": "{api{...F}} fragment F on VFApi{...F}",
    "cyclic fragments": "{api{...F}} fragment F on VFApi{...G} fragment G on VFApi{...F ...F}",
    "cyclic fragments with fields": (
        "{api{...F}} fragment F on VFApi{campaign(campaignId:1){id} ...G} fragment G on VFApi{...F}"
    ),
    "unknown fragment": "{api{...Nowhere}}",
    "introspection in circles": (
        "{__schema{types{fields{type{fields{type{fields{type{fields{type{name}}}}}}}}}}}"
    ),
    "introspection in circles by fragments": (
        "{__schema{types{...T}}} fragment T on __Type{fields{type{...U}}}"
        "fragment U on __Type{fields{type{fields{name}}}}"
    ),
    "huge string": f'{{api{{campaign(campaignId:"{"x" * 49_000}"){{id}}}}}}',
    "huge block string": f'{{api{{campaign(campaignId:"""{"x" * 49_000}"""){{id}}}}}}',
    "huge number": f"{{api{{campaign(campaignId:{'9' * 49_000}){{id}}}}}}",
    "huge fraction": f"{{api{{campaign(campaignId:1.{'9' * 40_000}e999999){{id}}}}}}",
    "huge name": f"{{{'a' * 49_000}}}",
    "huge comment": f"{{__typename}} #{'x' * 49_000}\n{{",
    "many comments": "#\n" * 24_000 + "{",
    "too long": "{__typename}" + " " * 50_000,
    "half a character": '{api{campaign(campaignId:"\\ud800"){id}}}',
    "no such character": '{api{campaign(campaignId:"\\u{110000}"){id}}}',
    "null character": "{api{\x00}}",
    "byte order marks": "\ufeff" * 20_000 + "{",
    "subscription": "subscription{__typename}",
    "schema definition": "type Query{a:Int}",
    "deferred": "{api{...@defer{campaign(campaignId:1){id}}}}",
    "streamed": "{demand{records{items@stream{eventId}}}}",
    "empty": "",
    "only a comment": "#",
    "no GraphQL": "SELECT * FROM fans; --",
}


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_hostile_queries(gateway: Served, name: str) -> None:
    """A query that asks for too much, or makes no sense, is refused with a GraphQL error."""
    response = gateway.post(QUERIES[name])
    assert response.status_code == 200
    body = response.json()
    assert body["errors"]
    assert_clean(gateway, response)


LIMITED: Mapping[str, str] = {
    "operations of equal fields": "1000 fields in all its definitions",
    "fragments of equal fields": "1000 fields in all its definitions",
    "equal fields": "50000 comparisons of fields of one name",
}


@pytest.mark.parametrize("name", sorted(LIMITED))
def test_limited_work(gateway: Served, name: str) -> None:
    """A query whose validation would take long is refused by a limit, before that work is done."""
    error = {
        "path": None,
        "locations": None,
        "data": None,
        "errorType": "QueryLimitReached",
        "errorInfo": None,
        "message": f"The query has more than {LIMITED[name]}",
    }
    assert gateway.asked(QUERIES[name]) == {"data": None, "errors": [error]}


def test_fragments_that_graphql_gives_up_on() -> None:
    """Where graphql-core gives up on the depth of fragments, the answer is the limit of depth."""
    with served(limits=attrs.evolve(PATIENT, depth=1_000, fields=10_000)) as gateway:
        answer = gateway.asked(chained_fragments(30))
    assert answer == {
        "data": None,
        "errors": [
            {
                "path": None,
                "locations": None,
                "data": None,
                "errorType": "QueryDepthLimitReached",
                "errorInfo": None,
                "message": "The query has more than 1000 levels",
            }
        ],
    }


UNKNOWN: Sequence[tuple[str, object]] = [
    ("{apj{campaign(campaignId:1){id}}}", None),
    ("{api{campaigm(campaignId:1){id}}}", None),
    ("{api{campaign(campaignIds:1){id}}}", None),
    ("{api{...on VFApj{__typename}}}", None),
    ('mutation{demandRecordSave(input:{eventId:"e",saleId:"s",emial:"a"}){status}}', None),
    (
        "mutation($in:DemandRecordInput!){demandRecordSave(input:$in){status}}",
        {"in": {"eventId": "e", "saleId": "s", "emial": "a"}},
    ),
]


@pytest.mark.parametrize(("query", "variables"), UNKNOWN)
def test_no_suggestions_without_introspection(
    gateway: Served, query: str, variables: object
) -> None:
    """Where nobody is told the schema, nobody is told what a wrong name may have been meant for."""
    assert "Did you mean" in gateway.post(query, variables=variables).text
    with served(limits=attrs.evolve(PATIENT, introspection=False)) as closed:
        response = closed.post(query, variables=variables)
    assert response.json()["errors"]
    assert "Did you mean" not in response.text


LITERALS: Mapping[str, int] = {
    '"nobody-at-all"': 0,
    "{nobody:1}": 1,
    '[["nobody"]]': 2,
    "9" * 5_000: 0,
}
"""No mail address, with how far into it the place is that is told."""


@pytest.mark.parametrize("literal", sorted(LITERALS))
def test_a_wrong_literal_of_a_scalar(gateway: Served, literal: str) -> None:
    """A wrong literal is told by its place in the query, and not repeated."""
    before = 'mutation{demandRecordSave(input:{eventId:"e",saleId:"s",email:'
    column = len(before) + 1 + LITERALS[literal]
    error = {
        "path": None,
        "locations": [{"line": 1, "column": column, "sourceName": None}],
        "message": "AWSEmail: expected a mail address",
    }
    answer = gateway.asked(f"{before}{literal}}}){{status}}}}")
    assert answer == {"data": None, "errors": [error]}


PROXIES: Mapping[str, str] = {
    "forwarded": "for=192.0.2.1",
    "via": "1.1 proxy",
    "x-forwarded-for": "192.0.2.1",
    "x-forwarded-host": "example.com",
    "x-real-ip": "192.0.2.1",
}


def test_a_role_that_a_proxy_passes_on() -> None:
    """A role by header counts for a caller on this machine, and for none that a proxy speaks of."""
    credentials = attrs.evolve(CREDENTIALS, believes_iam_header=True)
    with served(change=lambda each: attrs.evolve(each, credentials=credentials)) as gateway:
        role = {"x-fanscore-iam-role": "scoring-batch"}
        assert gateway.post("{__typename}", role).status_code == 200
        refused = {
            name: gateway.post("{__typename}", {**role, name: value}).status_code
            for name, value in PROXIES.items()
        }
    assert refused == dict.fromkeys(PROXIES, 401)


def assert_clean(gateway: Served, response: httpx.Response) -> None:
    """Check that nothing of the gateway's inside shows, and that nothing unforeseen happened."""
    assert "Traceback" not in response.text
    assert "site-packages" not in response.text
    assert gateway.reports == []


BODIES: Mapping[str, bytes] = {
    "empty": b"",
    "spaces": b" \n",
    "no JSON": b"{",
    "bad UTF-8": b'{"query":"\xff\xfe"}',
    "other encoding": '{"query":"{__typename}"}'.encode("utf-16"),
    "half a character": b'{"query":"{__typename}","variables":{"a":"\\ud800"}}',
    "half a character as a name": b'{"query":"{__typename}","variables":{"\\udfff":1}}',
    "half a character in the query": b'{"query":"{__typename} # \\ud800"}',
    "not a number": b'{"query":"{__typename}","variables":{"a":NaN}}',
    "infinite": b'{"query":"{__typename}","variables":{"a":-Infinity}}',
    "huge number": b'{"query":"{__typename}","variables":{"a":' + b"9" * 5_000 + b"}}",
    "deep lists": b'{"query":"{__typename}","variables":{"a":' + b"[" * 400_000 + b"}}",
    "deep objects": b'{"query":"{__typename}","variables":' + b'{"a":' * 150_000 + b"}",
    "null": b"null",
    "string": b'"{__typename}"',
    "number": b"1",
    "list": b"[]",
    "batch": b'[{"query":"{__typename}"},{"query":"{__typename}"}]',
    "no query": b"{}",
    "query is null": b'{"query":null}',
    "query is a number": b'{"query":1}',
    "query is a list": b'{"query":["{__typename}"]}',
    "variables are a list": b'{"query":"{__typename}","variables":[]}',
    "variables are a string": b'{"query":"{__typename}","variables":"{}"}',
    "variables are false": b'{"query":"{__typename}","variables":false}',
    "operation name is a number": b'{"query":"{__typename}","operationName":1}',
    "operation name is a map": b'{"query":"{__typename}","operationName":{}}',
    "extensions are a number": b'{"query":"{__typename}","extensions":1}',
}


@pytest.mark.parametrize("name", sorted(BODIES))
def test_hostile_bodies(gateway: Served, name: str) -> None:
    """A body that is not one GraphQL request is refused with status 400 and AppSync's error."""
    response = gateway.client.post("/graphql", content=BODIES[name], headers={**FAN, **JSON})
    assert response.status_code == 400
    assert [each["errorType"] for each in response.json()["errors"]] == [
        "MalformedHttpRequestException"
    ]
    assert_clean(gateway, response)


VARIABLES: Sequence[tuple[str, object]] = [
    ("ID!", None),
    ("ID!", []),
    ("ID!", {}),
    ("ID!", 1.5),
    ("ID!", True),
    ("ID!", "x" * 500_000),
    ("ID!", 10**300),
    ("ID!", "\x00"),
    ("ID!", "\U0010ffff"),
    ("ID!", "a\u202eb"),
    ("Nothing", 1),
    ("Campaign", {}),
    ("String!", "x"),
]


@pytest.mark.parametrize(("kind", "value"), VARIABLES)
def test_hostile_variables(gateway: Served, kind: str, value: object) -> None:
    """A variable that does not fit is a GraphQL error, and an id that is none is a 400 of ours."""
    query = f"query($id:{kind}){{api{{campaign(campaignId:$id){{id}}}}}}"
    response = gateway.post(query, variables={"id": value})
    assert response.status_code == 200
    assert response.json()["errors"]
    assert_clean(gateway, response)


ATTRIBUTES: Sequence[object] = [
    1,
    {},
    "",
    "{",
    "[]",
    "NaN",
    '"\\ud800"',
    '{"a": 1e999999}',
    "[" * 100_000,
    '{"a":' * 100_000,
    "9" * 5_000,
    json.dumps({"a": "x" * 20_000}),
    json.dumps({str(number): number for number in range(100)}),
]


@pytest.mark.parametrize("attributes", ATTRIBUTES)
def test_hostile_json_text(gateway: Served, attributes: object) -> None:
    """JSON text that is none, or too much, is an error for the client."""
    query = "mutation($in:DemandRecordInput!){demandRecordSave(input:$in){status}}"
    given = {"eventId": "e", "saleId": "s", "attributes": attributes}
    response = gateway.post(query, variables={"in": given})
    assert response.status_code == 200
    assert [each.get("errorType") for each in response.json()["errors"]] in ([None], ["400"])
    assert_clean(gateway, response)


def test_a_huge_body(gateway: Served) -> None:
    """A body over the limit is refused with status 413."""
    content = b'{"query":"{__typename}","variables":{"a":"' + b"x" * MEGABYTE + b'"}}'
    response = gateway.client.post("/graphql", content=content, headers={**FAN, **JSON})
    assert response.status_code == 413
    assert response.json()["errors"][0]["errorType"] == "RequestTooLarge"


def test_a_huge_body_in_chunks(gateway: Served) -> None:
    """A body whose length is not told is refused as soon as it is over the limit."""
    chunks = (b" " * 100_000 for _ in range(20))
    response = gateway.client.post("/graphql", content=chunks, headers={**FAN, **JSON})
    assert response.status_code == 413


METHODS: Mapping[str, int] = {
    "PUT": 405,
    "PATCH": 405,
    "DELETE": 405,
    "OPTIONS": 405,
    "TRACE": 405,
    "PROPFIND": 405,
}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_wrong_methods(gateway: Served, method: str) -> None:
    """Any other method than GET and POST is status 405, and says which are allowed."""
    response = gateway.client.request(method, "/graphql", headers=FAN)
    assert response.status_code == METHODS[method]
    assert response.headers["allow"] == "GET, HEAD, POST"


CONTENT_TYPES = [
    None,
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/graphql",
    "application/jsonp",
    "application/json; charset=utf-16",
    "application/json; charset=latin-1",
    "application/json, text/plain",
]


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_wrong_content_types(gateway: Served, content_type: str | None) -> None:
    """A body that does not say that it is JSON in UTF-8 is status 415, so no form can send it."""
    headers = dict(FAN) if content_type is None else {**FAN, "content-type": content_type}
    response = gateway.client.post("/graphql", content=b'{"query":"{__typename}"}', headers=headers)
    assert response.status_code == 415
    assert_clean(gateway, response)


URLS = [
    "/graphql",
    "/graphql?query=",
    "/graphql?query=%FF%FE",
    "/graphql?query={__typename}&variables=[",
    "/graphql?query={__typename}&variables=[]",
    "/graphql?query={__typename}&variables=%22%5Cud800%22",
    "/graphql?query={__typename}&extensions=1",
    "/graphql?query=mutation{lnaaActivate{isMember}}",
    "/graphql/",
    "/graphql%00",
    "/../../etc/passwd",
    "/%2e%2e/gateway.py",
    "/..%2fgateway.py",
    "/console.css%00",
    "/" + "a" * 5_000,
    "/dev/token",
    "/dev/api-key",
]


@pytest.mark.parametrize("url", URLS)
def test_hostile_urls(gateway: Served, url: str) -> None:
    """A GET that is no query, or of no page, is a 4xx or a GraphQL error."""
    response = gateway.client.get(url, headers=FAN)
    assert 400 <= response.status_code < 500 or response.json()["errors"]
    assert "import" not in response.text
    assert_clean(gateway, response)


RAW: Mapping[str, bytes] = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00",
    "no version": b"GET /graphql\r\n\r\n",
    "bad header": b"GET /graphql HTTP/1.1\r\nhost : x\r\n\r\n",
    "null in a header": b"GET /graphql HTTP/1.1\r\nhost: x\r\nx-api-key: \x00\r\n\r\n",
    "no host": b"GET /graphql HTTP/1.1\r\n\r\n",
    "huge header": b"GET /graphql HTTP/1.1\r\nhost: x\r\na: " + b"x" * 70_000 + b"\r\n\r\n",
    "two lengths": (
        b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}"
    ),
    "bad length": b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    "bad chunk": (
        b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"x-api-key: da2-key\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
    ),
    "bytes in credentials": (
        b"GET /graphql?query={__typename} HTTP/1.1\r\nhost: x\r\nauthorization: \xff\xfe\r\n"
        b"connection: close\r\n\r\n"
    ),
}


@pytest.mark.parametrize("name", sorted(RAW))
def test_hostile_http(gateway: Served, name: str) -> None:
    """What is no proper HTTP is refused with a 4xx."""
    answer = gateway.raw(RAW[name], is_whole=False)
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer
    assert gateway.reports == []


def test_a_slow_body() -> None:
    """A body that does not come is waited for as long as a request may take: status 408."""
    with served(limits=Limits(request_s=0.2)) as gateway:
        answer = gateway.raw(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\nx-api-key: da2-key\r\n"
            b"content-type: application/json\r\ncontent-length: 100\r\n\r\n{",
            is_whole=False,
        )
    assert answer.startswith(b"HTTP/1.1 408 ")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=10,
)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "query": ANYTHING | st.sampled_from(["{__typename}", "query($a:ID){__typename}"]),
        "variables": ANYTHING,
        "operationName": ANYTHING,
        "extensions": ANYTHING,
    },
)
NAMES = "a F T on if true null query mutation fragment skip api demand records campaign campaignId"
TOKENS = st.sampled_from(
    [*"{}()[]:!$=@|&#", '"', "\\", "...", '"""', "1", "1.5", "__typename", *NAMES.split()]
)


@given(body=PARAMETERS | ANYTHING)
@settings(max_examples=200)
def test_any_json(gateway: Served, body: object) -> None:
    """Whatever JSON is sent, the answer is JSON of status 200 or 400, and nothing unforeseen."""
    content = json.dumps(body).encode()
    response = gateway.client.post("/graphql", content=content, headers={**FAN, **JSON})
    assert response.status_code in {200, 400}
    assert response.json().keys() <= {"data", "errors"}
    assert_clean(gateway, response)


@given(tokens=st.lists(TOKENS, max_size=40), start=st.sampled_from(["", "{", "{api{", "query "]))
@settings(max_examples=200)
def test_any_tokens(gateway: Served, tokens: list[str], start: str) -> None:
    """Whatever GraphQL's tokens are put together to, the answer is data or errors."""
    response = gateway.post(start + " ".join(tokens))
    assert response.status_code == 200
    assert response.json().keys() & {"data", "errors"}
    assert_clean(gateway, response)


def test_many_at_the_same_time(gateway: Served) -> None:
    """200 clients who ask for one cached field at once all get it, from one call."""
    query = '{demand{eventDetails(eventId:"disco456"){name}}}'
    gateway.events.clear()
    with ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(lambda _: gateway.asked(query), range(200)))
    data = {"demand": {"eventDetails": {"name": "The Great Show"}}}
    assert answers == [{"data": data}] * 200
    assert sum('"fieldName": "eventDetails"' in json.dumps(each) for each in gateway.events) == 1


def test_a_client_that_goes_away(gateway: Served) -> None:
    """A body that ends in the middle spoils nothing."""
    gateway.raw(
        b"POST /graphql HTTP/1.1\r\nhost: x\r\nx-api-key: da2-key\r\n"
        b"content-type: application/json\r\ncontent-length: 100\r\n\r\n{"
    )
    assert gateway.asked("{__typename}") == {"data": {"__typename": "Query"}}
    assert gateway.reports == []
