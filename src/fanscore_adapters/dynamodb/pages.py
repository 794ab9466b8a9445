"""The pages of a ``Query`` of DynamoDB: all of them, or one.

A page ends at its limit or at 1 MB
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from fanscore_adapters.aws.client import malformed
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import PageRange

NEWEST: Mapping[str, object] = {"ScanIndexForward": False, "Limit": 1}
"""What a request says besides, for the last item alone."""


def pages(
    query: Callable[[Mapping[str, object]], Mapping[str, object]], request: Mapping[str, object]
) -> Iterator[Sequence[object]]:
    """Return the items of each page, as DynamoDB writes them.

    Args:
        query: calls the operation.
        request: for the first page.

    Raises:
        AwsError: the answer is not one of DynamoDB's; and what ``query`` raises.
    """
    while True:
        response = query(request)
        match response:
            case {"Items": list(items)}:
                yield items
            case _:
                raise malformed()
        if not response.get("LastEvaluatedKey"):
            return
        request = {**request, "ExclusiveStartKey": response["LastEvaluatedKey"]}


def in_range(key: Key, wanted: PageRange) -> Mapping[str, object]:
    """Return what a request says besides, for one page: one item more shows that there is a next.

    Args:
        key: the prefix.
        wanted: which part of it.
    """
    limit = {"Limit": wanted.limit + 1}
    if wanted.start is None:
        return limit
    return {**limit, "ExclusiveStartKey": {"PK": {"S": key.pk}, "SK": {"S": wanted.start}}}


def one_page(
    response: Mapping[str, object], key: Key, wanted: PageRange
) -> tuple[Sequence[object], str | None]:
    """Return a page's items, as DynamoDB writes them, and after which sort key the next begins.

    The sort key is without its prefix; ``None`` if there is no next page.

    Args:
        response: to a request with ``in_range``.
        key: as there.
        wanted: as there.

    Raises:
        AwsError: the answer is not one of DynamoDB's.
    """
    match response:
        case {"Items": list(items)} if len(items) <= wanted.limit:
            last = response.get("LastEvaluatedKey")
            return items, None if not last else _rest(last, key, wanted)
        case {"Items": list(items)} if len(items) == wanted.limit + 1:
            return items[:-1], _rest(items[-2], key, wanted)
        case _:
            raise malformed()


def _rest(last: object, key: Key, wanted: PageRange) -> str:
    """Return where a page ended; a next one that began no later would never come to an end."""
    match last:
        case {"PK": {"S": key.pk}, "SK": {"S": str(sk)}} if sk.startswith(key.sk) and (
            wanted.start is None or sk > wanted.start
        ):
            return sk.removeprefix(key.sk)
        case _:
            raise malformed()
