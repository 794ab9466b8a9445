"""Reads GraphQL requests from HTTP, as the GraphQL-over-HTTP draft and AppSync have them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import NoReturn

import attrs
from starlette.requests import Request as HttpRequest

from fanscore_appsync.local.graphql.limits import Limits

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"

IAM_HEADER = "x-fanscore-iam-role"
"""Names the role of a caller; only for a gateway that is configured to believe it."""

CLOSE: Mapping[str, str] = {"connection": "close"}
"""After a body that was not read to its end, nothing else can be read."""

MAX_HEADERS = 100
"""The most header lines of a request, so that nobody is kept busy reading them."""

MALFORMED = "MalformedHttpRequestException"

_NOT_HANDED_ON = frozenset(
    {
        IAM_HEADER,
        "connection",
        "cookie",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""What AppSync hides from resolvers, and what concerns one connection only."""

_OF_PROXIES = ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip")
_OF_PROXIES_BEGIN = "x-forwarded-"
"""What a proxy says of a request that it passes on, for somebody who may be anywhere."""


@attrs.frozen
class Unacceptable(Exception):
    """An HTTP request that is no GraphQL request that could be executed.

    Attributes:
        status: of HTTP.
        error_type: ``errorType``.
        message: for people.
        info: ``errorInfo``.
        headers: of the response.
    """

    status: int
    error_type: str
    message: str
    info: Mapping[str, object] | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict)

    def __str__(self) -> str:
        return self.message


@attrs.frozen
class Parameters:
    """The parameters of a GraphQL request. The draft's ``extensions`` mean nothing here.

    Attributes:
        query: the text of the document.
        variables: none for ``null`` and for empty text.
        operation: the name of the operation, if given; not for empty text.
    """

    query: str
    variables: Mapping[str, object]
    operation: str | None


def check_headers(headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Check the header lines of a request, before anything else reads them.

    A body whose end two headers tell may be read as two requests by a proxy and as one here
    (RFC 9112, 6.1).

    Raises:
        Unacceptable: there are too many, they give the body's length twice, or they ask for
            another protocol.
    """
    if len(headers) > MAX_HEADERS:
        problem = f"The request has more than {MAX_HEADERS} headers"
        raise Unacceptable(431, "RequestHeaderFieldsTooLarge", problem, headers=CLOSE)
    names = {name for name, _ in headers}
    if {b"content-length", b"transfer-encoding"} <= names:
        problem = "Content-Length and Transfer-Encoding exclude each other"
        raise Unacceptable(400, MALFORMED, problem, headers=CLOSE)
    if (b"upgrade", b"websocket") in {(name, value.lower()) for name, value in headers}:
        raise Unacceptable(400, MALFORMED, "There are no WebSockets here", headers=CLOSE)


async def read_body(request: HttpRequest, limits: Limits) -> bytes:
    """Read a body, as far as it may be long.

    Raises:
        Unacceptable: it is longer.
        ClientDisconnect: the client went away.
    """
    problem = f"The request has more than {limits.body_bytes} bytes"
    too_large = Unacceptable(413, "RequestTooLarge", problem, headers=CLOSE)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.body_bytes:
            raise too_large
    return bytes(body)


def check_content_type(headers: Mapping[str, str]) -> None:
    """Check that a body says it is JSON.

    Raises:
        Unacceptable: it does not.
    """
    kind, _, parameters = headers.get("content-type", "").lower().partition(";")
    charset = parameters.strip().replace('"', "")
    if kind.strip() != JSON or charset not in {"", "charset=utf-8", "charset=utf8"}:
        raise Unacceptable(415, "UnsupportedMediaType", f"Expected the content type {JSON}, UTF-8")


def parse_json(text: bytes | str, what: str) -> object:
    """Parse JSON strictly: no NaN, no half characters, no key twice.

    Raises:
        Unacceptable: it is no JSON.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        value: object = json.loads(
            decoded, parse_constant=_refuse_constant, object_pairs_hook=_without_repeats
        )
        if "\\u" in decoded:
            json.dumps(value, ensure_ascii=False).encode()  # refuses half a surrogate pair
    except _RepeatedKeyError as error:
        raise Unacceptable(400, MALFORMED, f"{what} repeats a key") from error
    except (ValueError, RecursionError) as error:
        raise Unacceptable(400, MALFORMED, f"{what} is not JSON") from error
    return value


def parameters_of_body(body: bytes) -> Parameters:
    """Read the parameters of a ``POST``.

    Raises:
        Unacceptable: it does not hold them.
    """
    if not body.strip():
        raise Unacceptable(400, MALFORMED, "The request has no body")
    document = parse_json(body, "The body")
    if isinstance(document, list):
        raise Unacceptable(
            400, MALFORMED, "Send one operation a request: batches are not supported"
        )
    if not isinstance(document, dict):
        raise Unacceptable(400, MALFORMED, "The body is not a JSON object")
    return _parameters(document)


def parameters_of_url(given: Mapping[str, str]) -> Parameters:
    """Read the parameters of a ``GET``, where maps are JSON text; empty ones are absent.

    Raises:
        Unacceptable: they are not there.
    """
    present: Mapping[str, str] = {name: value for name, value in given.items() if value}
    maps: Mapping[str, object] = {
        name: parse_json(present[name], f"The parameter {name}")
        for name in ("variables", "extensions")
        if name in present
    }
    return _parameters({**present, **maps})


def accepted_type(accept: str | None) -> str:
    """Return the content type to answer with.

    The draft's own type only where it is asked for before plain JSON. A client that accepts
    neither gets JSON, as from AppSync.
    """
    weights = dict(_weighted(each) for each in (accept or "").split(","))
    json_weight = weights.get(JSON, weights.get("application/*", weights.get("*/*", 0.0)))
    own_weight = weights.get(GRAPHQL_RESPONSE, 0.0)
    is_first = own_weight > json_weight or (
        own_weight == json_weight > 0 and list(weights).index(GRAPHQL_RESPONSE) == 0
    )
    return GRAPHQL_RESPONSE if is_first else JSON


def appsync_headers(request: HttpRequest) -> Mapping[str, object]:
    """Return the headers as AppSync hands them on: in lower case, repeated ones as a list."""
    values: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        if name not in _NOT_HANDED_ON:
            values.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 else each for name, each in values.items()}


def peer_of(request: HttpRequest) -> str:
    """Return the address that a request came from. Headers that claim another are not believed."""
    return request.client.host if request.client else ""


def is_from_this_machine(request: HttpRequest) -> bool:
    """Whether a request comes from this machine, and no proxy says that it passes it on.

    A proxy that says nothing cannot be told apart from a caller of this machine.
    """
    is_passed_on = any(
        name in _OF_PROXIES or name.startswith(_OF_PROXIES_BEGIN) for name in request.headers
    )
    return is_loopback(peer_of(request)) and not is_passed_on


def is_loopback(host: str) -> bool:
    """Whether a name or address is that of this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _weighted(accepted: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in accepted.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            return kind, _quality(value)
    return kind, 1.0


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _parameters(given: Mapping[str, object]) -> Parameters:
    query, operation = given.get("query"), given.get("operationName")
    if not isinstance(query, str):
        raise Unacceptable(400, MALFORMED, "The parameter query is not a string")
    if operation is not None and not isinstance(operation, str):
        raise Unacceptable(400, MALFORMED, "The parameter operationName is not a string")
    _map(given, "extensions")
    return Parameters(query, _map(given, "variables"), operation or None)


def _map(given: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = given.get(name)
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise Unacceptable(400, MALFORMED, f"The parameter {name} is not a map")
    return value


class _RepeatedKeyError(ValueError):
    """An object has a key twice: which of the two counts, readers disagree."""


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _RepeatedKeyError
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError
