"""AppSync's shapes: an event to a request, a result or an error to a response.

Events and responses are those of a direct Lambda resolver
(https://docs.aws.amazon.com/appsync/latest/devguide/direct-lambda-reference.html); the errors are
docs/reference/errors.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TypeVar

import attrs

from fanscore_adapters.documents.converter import StrictConverter, camel
from fanscore_core.errors import (
    Conflict,
    DeadlineExceeded,
    InvalidId,
    InvalidInput,
    NotAllowed,
    NotEligible,
    NotFound,
    NotLoggedIn,
    NotOwner,
    Unavailable,
)

ValueT = TypeVar("ValueT")


@attrs.frozen
class Request:
    """One field to resolve. What is personal data or secret in it has no ``repr``.

    Attributes:
        field: the parent type and the field, such as ``VFApi.accountFanscore``.
        arguments: as the client gave them, in GraphQL's spelling.
        identity: as AppSync gave it; ``None`` for an API key.
        headers: of the client's HTTP request.
        source: the parent object, of a child field.
        selection: the selected fields, such as ``boosts/arm``.
    """

    field: str
    arguments: Mapping[str, object] = attrs.field(repr=False)
    identity: Mapping[str, object] | None = attrs.field(repr=False)
    headers: Mapping[str, object] = attrs.field(repr=False)
    source: Mapping[str, object] = attrs.field(repr=False)
    selection: tuple[str, ...] = ()


@attrs.frozen
class ErrorBody:
    """An error as AppSync shows it.

    Attributes:
        message: for people.
        type: ``errorType``: what an HTTP status would say.
        info: ``errorInfo``: the code, and what else a client can act on.
    """

    message: str
    type: str
    info: Mapping[str, object]


def _is_known(key: str) -> bool:
    """Return whether errors may repeat a key: what a plain resolver raises, Lambda logs."""
    # Few requests have a mistake, and this loads the arguments of all fields.
    return key in import_module("fanscore_appsync.routes.names").NAMES


_converter = StrictConverter(camel, forbid_extra_keys=True, shows_key=_is_known, of_arguments=True)
_source_converter = StrictConverter(camel, forbid_extra_keys=False)

_ERRORS: Mapping[type, tuple[str, str]] = {
    InvalidInput: ("400", "INVALID_INPUT"),
    InvalidId: ("400", "INVALID_ID"),
    NotLoggedIn: ("401", "NOT_LOGGED_IN"),
    NotOwner: ("403", "NOT_OWNER"),
    NotAllowed: ("403", "NOT_ALLOWED"),
    NotEligible: ("403", "NOT_ELIGIBLE"),
    NotFound: ("404", "NOT_FOUND"),
    Conflict: ("409", "CONFLICT"),
    Unavailable: ("503", "UNAVAILABLE"),
    DeadlineExceeded: ("504", "DEADLINE_EXCEEDED"),
}
"""The ``errorType`` and code of each error; what is not here is unforeseen."""

_UNFORESEEN = ("500", "INTERNAL")

_RETRIABLE = (Conflict, Unavailable, DeadlineExceeded)


def read_request(event: object) -> Request:
    """Read the event of a direct Lambda resolver.

    Raises:
        InvalidInput: it is not one; names the path of the mistake.
    """
    members = _object(event, "event")
    info = _object(members.get("info"), "event.info")
    parent, field = info.get("parentTypeName"), info.get("fieldName")
    if not isinstance(parent, str) or not isinstance(field, str):
        raise InvalidInput("event.info", "expected the strings parentTypeName and fieldName")
    identity = members.get("identity")
    request = _optional_object(members.get("request"), "event.request")
    return Request(
        f"{parent}.{field}",
        _object(members.get("arguments"), "event.arguments"),
        None if identity is None else _object(identity, "event.identity"),
        _optional_object(request.get("headers"), "event.request.headers"),
        _optional_object(members.get("source"), "event.source"),
        _texts(info.get("selectionSetList")),
    )


def wants_envelope(event: object) -> bool:
    """Whether a response handler stands between this resolver and AppSync."""
    return isinstance(event, dict) and event.get("envelope") is True


def read_arguments(arguments: Mapping[str, object], kind: type[ValueT]) -> ValueT:
    """Read the arguments of a field.

    Raises:
        InvalidInput: an argument is missing, unknown, or not what it must be (``InvalidId`` if
            that is an id); names its path.
    """
    return _converter.structure(arguments, kind, "arguments")


def read_source(source: Mapping[str, object], kind: type[ValueT]) -> ValueT:
    """Read what a child field needs of its parent object.

    Raises:
        InvalidInput: it is missing, or not what it must be; names its path.
    """
    return _source_converter.structure(source, kind, "source")


def data(result: object) -> object:
    """Write a result as the schema's type of the same name."""
    return _converter.unstructure(result)


def writable(document: object) -> object:
    """Return a document that Lambda's runtime can write: as JSON in UTF-8, nothing escaped.

    What it cannot write ends its process without a reply, and all of a batch with it.

    Raises:
        ValueError: there is half a surrogate pair in it, or a member that holds itself.
        TypeError: something in it has no place in JSON.
    """
    json.dumps(document, ensure_ascii=False, default=float).encode()
    return document


def error_code(error: Exception) -> str:
    """Return the code of an error."""
    return _named(error)[1]


def error_body(
    error: Exception, report: Callable[[Exception], str], request_id: str | None = None
) -> ErrorBody:
    """Write an error as docs/reference/errors.md says.

    Args:
        error: what happened.
        report: logs what no caller should see, and gives the id to find it by.
        request_id: of a mutation, so that the caller can retry it safely.
    """
    error_type, code = named = _named(error)
    if named == _UNFORESEEN:
        return ErrorBody("Internal error", error_type, {"code": code, "id": report(error)})
    info: dict[str, object] = {"code": code}
    if isinstance(error, Unavailable | DeadlineExceeded):
        info["system"] = error.system
    if isinstance(error, NotEligible):
        info["reasons"] = list(error.reasons)
    if request_id is not None and isinstance(error, _RETRIABLE):
        info["requestId"] = request_id
    return ErrorBody(str(error), error_type, info)


def enveloped_error(error: ErrorBody) -> object:
    """Write an error for the response handler."""
    members = {"message": error.message, "errorType": error.type, "data": None}
    return {"error": {**members, "errorInfo": error.info}}


def batch_error(error: ErrorBody) -> object:
    """Write the error of one item of a batch."""
    members = {"data": None, "errorMessage": error.message, "errorType": error.type}
    return {**members, "errorInfo": error.info}


def raisable_error(error: ErrorBody) -> Exception:
    """Make an exception whose class name AppSync takes for the ``errorType``."""
    named: type[Exception] = type(error.type, (Exception,), {})
    found_by = error.info.get("id")
    return named(error.message if found_by is None else f"{error.message}, id {found_by}")


def _named(error: Exception) -> tuple[str, str]:
    found = (_ERRORS[kind] for kind in type(error).__mro__ if kind in _ERRORS)
    return next(found, _UNFORESEEN)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _optional_object(value: object, where: str) -> Mapping[str, object]:
    return {} if value is None else _object(value, where)


def _object(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise InvalidInput(where, "expected an object")
    return value
