"""Writes GraphQL responses over HTTP: bodies as AppSync's, statuses by content type.

``application/json`` is answered as AppSync does: 200 also for a document that is not valid, with
``data: null``. ``application/graphql-response+json`` follows the GraphQL-over-HTTP draft: 400 and
no ``data`` where nothing was executed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from graphql import GraphQLError
from starlette.responses import Response as HttpResponse

from fanscore_appsync.local.graphql.execution import GraphQLResponse
from fanscore_appsync.local.graphql.limits import LimitReached
from fanscore_appsync.local.graphql.replies import FieldError
from fanscore_appsync.local.http.request import GRAPHQL_RESPONSE, Unacceptable

PERSONAL: Mapping[str, str] = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
"""Headers of a document with personal data: no other page gets it, and nothing keeps it."""


def write_response(
    response: GraphQLResponse, content_type: str, extensions: Mapping[str, object] | None
) -> HttpResponse:
    """Write what a GraphQL request came to."""
    body: dict[str, object] = {}
    status = 200
    if response.executed or content_type != GRAPHQL_RESPONSE:
        body["data"] = response.data
    else:
        status = 400
    if response.errors:
        body["errors"] = [error_object(error) for error in response.errors]
    if extensions:
        body["extensions"] = extensions
    return json_response(body, status, content_type)


def write_unacceptable(error: Unacceptable, content_type: str) -> HttpResponse:
    """Write why an HTTP request was not taken for a GraphQL request."""
    shown: dict[str, object] = {"errorType": error.error_type, "message": error.message}
    if error.info is not None:
        shown["errorInfo"] = error.info
    headers = {"x-amzn-ErrorType": error.error_type, **error.headers}
    return json_response({"errors": [shown]}, error.status, content_type, headers)


def error_object(error: GraphQLError) -> Mapping[str, object]:
    """Write an error with AppSync's members, all at the top level.

    An error of a document, or of a value that does not fit the schema, has no ``errorType``.
    """
    placed = {"path": error.path, "locations": _locations(error)}
    match error.original_error or error:
        case FieldError(message, error_type, info):
            typed = {"data": None, "errorType": error_type, "errorInfo": info}
            return {**placed, **typed, "message": message}
        case LimitReached(error_type=error_type):
            typed = {"data": None, "errorType": error_type, "errorInfo": None}
            return {**placed, **typed, "message": error.message}
        case _:
            return {**placed, "message": error.message}


def json_response(
    body: object, status: int, content_type: str, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Write a JSON document."""
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Half a surrogate pair, which UTF-8 has no bytes for, stays the escape that it was stored as.
    encoded = text.encode(errors="backslashreplace")
    return HttpResponse(encoded, status, headers, media_type=f"{content_type}; charset=utf-8")


def _locations(error: GraphQLError) -> object:
    if not error.locations:
        return None
    return [
        {"line": each.line, "column": each.column, "sourceName": None} for each in error.locations
    ]
