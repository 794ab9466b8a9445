from __future__ import annotations

import pytest

from fanscore_core.errors import InvalidInput
from fanscore_core.pages import DEFAULT_LIMIT, PageRequest


@pytest.mark.parametrize("limit", [1, 100, 1000])
def test_limits(limit: int) -> None:
    """A page has 1 to 1000 items, 100 where nobody says how many."""
    assert (PageRequest("list", limit).limit, PageRequest("list").limit) == (limit, DEFAULT_LIMIT)


@pytest.mark.parametrize("limit", [0, -1, 1001, 10**30, True])
def test_limits_out_of_range(limit: int) -> None:
    """Another limit is refused, with its path."""
    with pytest.raises(InvalidInput) as raised:
        PageRequest("list", limit)
    assert str(raised.value) == "arguments.limit: expected an integer from 1 to 1000"


def test_where_a_page_begins_is_not_shown() -> None:
    """A sort key can hold ids, which are personal data: no ``repr`` has it."""
    assert "sale1" not in repr(PageRequest("list", 1, "event1-sale1"))
