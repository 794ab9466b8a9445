"""Pages between GraphQL and the core: the token of the next page, and connections.

A token holds its version, which list it is of, and where the page begins in it. It needs no
secret: whose partition is read, and which prefix of it, comes from the call, and a token of
another list is refused. What is in it, whoever holds it can read.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from fanscore_appsync.invocation import Invocation
from fanscore_core.canonical import digest_of
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId
from fanscore_core.pages import DEFAULT_LIMIT, ListPage, PageRequest

ItemT = TypeVar("ItemT")

WHERE = "arguments.nextToken"
RULE = "not a token of this list"

MAX_REST_BYTES = 1024
"""The most bytes that a sort key can have (docs/reference/tables-and-keys.md)."""

_VERSION = b"\x01"
_DIGEST_BYTES = 16
_MAX_TOKEN = -(-4 * (len(_VERSION) + _DIGEST_BYTES + MAX_REST_BYTES) // 3)


def page_request(
    call: Invocation,
    fan: GlobalUserId,
    within: Sequence[str | None],
    limit: int | None,
    next_token: str | None,
) -> PageRequest:
    """Make the request for a page of one of a fan's lists.

    Args:
        call: of the field that lists.
        fan: whose list.
        within: the ids that the prefix of the sort keys is made of, ``None`` for one not given.
        limit: as the client gave it.
        next_token: as the client gave it.

    Raises:
        InvalidInput: the limit is out of range, or the token is not one of this list.
    """
    list_id = digest_of([call.request.field, fan, list(within)])[: 2 * _DIGEST_BYTES]
    after = None if next_token is None else _read_token(list_id, next_token)
    return PageRequest(list_id, DEFAULT_LIMIT if limit is None else limit, after)


def connection(found: ListPage[ItemT], write: Callable[[ItemT], object]) -> Mapping[str, object]:
    """Write a page as a connection: ``items`` and ``nextToken``.

    Args:
        found: the page.
        write: writes an item.
    """
    page = found.page
    token = None if page.next is None else _write_token(found.list_id, page.next)
    return {"items": [write(each) for each in page.items], "nextToken": token}


def _write_token(list_id: str, rest: str) -> str:
    written = _VERSION + bytes.fromhex(list_id) + rest.encode()
    return urlsafe_b64encode(written).decode().rstrip("=")


def _read_token(list_id: str, token: str) -> str:
    """Return where a page begins; only what would be written is read."""
    if len(token) <= _MAX_TOKEN and token.isascii():
        try:
            written = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            rest = written[len(_VERSION) + _DIGEST_BYTES :].decode()
        except ValueError:
            pass
        else:
            if _write_token(list_id, rest) == token:
                return rest
    raise InvalidInput(WHERE, RULE)
