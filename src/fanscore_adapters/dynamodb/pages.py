"""The pages of a ``Query`` of DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from fanscore_adapters.aws.client import malformed


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
