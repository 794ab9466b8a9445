"""The translated resolvers of docs/how-to/move-from-javascript.md, where the page does not look.

The page runs as any other (``test_examples``). Here its first resolver meets every store, other
requests at the same time, and items that are malformed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeAlias, cast

import attrs
import pytest

from fanscore_adapters import Adapter, Item, Operations
from fanscore_adapters.dynamodb.adapter import DynamoDb
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_core import (
    Answered,
    Ask,
    EventId,
    FanscoreError,
    GlobalUserId,
    Pipeline,
    RequestId,
    Source,
    run,
)
from fanscore_core.pages import Page
from tests.aws.conftest import aws, patience
from tests.contracts.generated import Tables
from tests.contracts.stores import Store, open_store, store
from tests.docs.pages import ROOT, blocks
from tests.unit.fanscore_adapters.conftest import made_up_credentials

__all__ = ["aws", "made_up_credentials", "open_store", "patience", "store"]

PAGE = ROOT / "docs" / "how-to" / "move-from-javascript.md"

FAN, EVENT = GlobalUserId("fan1"), EventId("evt456")
KEY = {"PK": "fan:fan1", "SK": "seats#evt456"}
TOO_MANY = "arguments.seats: expected 1 to 8, in all"
TABLE = "demand_table"


class Holds(Protocol):
    """A holding, as the page defines it."""

    @property
    def held(self) -> int:
        """How many seats."""
        ...


ListedPage: TypeAlias = Page[Holds]


@attrs.frozen
class Defined:
    """What the page defines."""

    hold: Pipeline[object, object, int]
    args: Callable[[GlobalUserId, EventId, int, RequestId], object]
    listing: Pipeline[object, object, ListedPage]
    listing_args: Callable[[GlobalUserId, int, str | None], object]
    operations: Operations


@pytest.fixture(scope="module")
def page() -> Defined:
    """Run the page as far as its declarations."""
    names: dict[str, object] = {"__name__": "example"}
    for block in blocks(PAGE):
        if block.language == "python":
            exec(compile(block.text, PAGE, "exec", dont_inherit=True), names)  # noqa: S102  # ours
        if "LIST" in names:
            break
    return Defined(
        cast("Pipeline[object, object, int]", names["hold"]),
        cast("Callable[[GlobalUserId, EventId, int, RequestId], object]", names["HoldArgs"]),
        cast("Pipeline[object, object, ListedPage]", names["seats_of_fan"]),
        cast("Callable[[GlobalUserId, int, str | None], object]", names["SeatsArgs"]),
        cast("Operations", names["LIST"]),
    )


@attrs.frozen
class Desk:
    """A store that answers the page's questions, and the page."""

    page: Defined
    load: Callable[[Tables], None]
    source: Source

    def hold(self, seats: int, request: str) -> int | str:
        """Hold seats, and return how many are held, or what went wrong."""
        args = self.page.args(FAN, EVENT, seats, RequestId(request))
        outcome = run(self.page.hold, args, self.source)
        if isinstance(outcome.error, FanscoreError):
            return str(outcome.error)
        return outcome.result()

    def held(self, limit: int, after: str | None = None) -> tuple[list[int], str | None]:
        """List a page of what is held, and return how many each has, and where it goes on."""
        args = self.page.listing_args(FAN, limit, after)
        found = run(self.page.listing, args, self.source).result()
        return [each.held for each in found.items], found.next


@attrs.define
class Meddling:
    """A source that lets something happen between the first round and the next."""

    source: Source
    meddle: Callable[[], None]
    rounds: int = 0

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Ask, and then meddle, the first time."""
        answered = self.source.fetch(asks)
        self.rounds += 1
        if self.rounds == 1:
            self.meddle()
        return answered


@pytest.fixture
def desk(store: Store, page: Defined) -> Desk:
    """Give each store in turn the page's operations."""
    adapter: Adapter = store.adapter
    assert isinstance(adapter, Sqlite | DynamoDb)
    return Desk(page, store.load, attrs.evolve(adapter, operations=page.operations))


def test_one_after_the_other(desk: Desk) -> None:
    """Seats add up to eight; the same request again holds no more; a refusal changes nothing."""
    asked = [(5, "a"), (5, "a"), (4, "b"), (0, "c"), (-1, "d"), (3, "b"), (1, "e"), (3, "b")]
    assert [desk.hold(*each) for each in asked] == [
        5,
        5,
        TOO_MANY,
        TOO_MANY,
        TOO_MANY,
        8,
        TOO_MANY,
        8,
    ]


def test_at_the_same_time(desk: Desk) -> None:
    """Every number that is given is given once, and no seat that was held is lost."""
    with ThreadPoolExecutor(6) as threads:
        given = list(threads.map(lambda number: desk.hold(1, f"request-{number}"), range(12)))
    held = sorted(each for each in given if isinstance(each, int))
    assert held == list(range(1, len(held) + 1))
    others = {each for each in given if isinstance(each, str)}
    assert others <= {TOO_MANY, "Others kept changing this"}
    assert TOO_MANY not in others or len(held) == 8
    assert desk.hold(9, "last") == TOO_MANY
    if len(held) < 8:
        assert desk.hold(1, "one-more") == len(held) + 1


def test_one_request_many_times_at_once(desk: Desk) -> None:
    """However often one request comes at the same time, it holds its seats once."""
    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(lambda _: desk.hold(3, "same"), range(6))) == {3}


def test_side_by_side_with_javascript(desk: Desk) -> None:
    """Items that JavaScript wrote are read, and what it adds to ours is kept."""
    desk.load({TABLE: [{**KEY, "held": 3}]})
    assert desk.hold(2, "a") == 5
    desk.load({TABLE: [{**KEY, "held": 6, "version": 1, "requestId": "a"}]})
    assert [desk.hold(2, "b"), desk.hold(1, "c")] == [8, TOO_MANY]


@pytest.mark.parametrize(
    ("before", "meanwhile", "answer"),
    [
        ({"held": 3}, {"held": 4}, 6),
        ({"held": 3}, {"held": 7}, TOO_MANY),
        ({"held": 3, "version": 1}, {"held": 4, "version": 1}, 6),
        ({"held": 3, "version": 1}, {"held": 3, "version": 2}, 5),
        ({"held": 3}, {"held": 3, "version": 1}, 5),
        ({"held": 3}, {"held": 5, "version": 1, "requestId": "a"}, 5),
        (None, {"held": 4}, 6),
    ],
)
def test_what_is_written_between_reading_and_putting(
    desk: Desk, before: Item | None, meanwhile: Item, answer: int | str
) -> None:
    """Whoever writes in between, JavaScript or another run, is counted, and the rule holds."""
    if before is not None:
        desk.load({TABLE: [{**KEY, **before}]})

    def meddle() -> None:
        desk.load({TABLE: [{**KEY, **meanwhile}]})

    meddled = attrs.evolve(desk, source=Meddling(desk.source, meddle))
    assert meddled.hold(2, "a") == answer


@pytest.mark.parametrize(
    "item",
    [
        {"held": "3", "version": 1, "requestId": "a"},
        {"held": True, "version": 1, "requestId": "a"},
        {"version": 1, "requestId": "a"},
        {"held": 3, "version": 1, "requestId": " no id"},
    ],
)
def test_malformed_items(desk: Desk, item: Item) -> None:
    """What cannot be read is ``Unavailable``, and stays as it is."""
    desk.load({TABLE: [{**KEY, **item}]})
    assert [desk.hold(1, "b"), desk.hold(1, "b")] == [f"{TABLE} is unavailable"] * 2


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 1000])
def test_pages(desk: Desk, limit: int) -> None:
    """Page after page, everything that begins with the prefix comes once and in order."""
    events = ["a", "a#b", "b", "~", "zz"]
    around = [("fan:fan1", "seat"), ("fan:fan1", "seats$"), ("fan:fan0", "seats#a")]
    desk.load(
        {
            TABLE: [
                *({**KEY, "SK": f"seats#{each}", "held": len(each)} for each in events),
                *({"PK": pk, "SK": sk, "held": 99} for pk, sk in around),
            ]
        }
    )
    found: list[int] = []
    pages, after = 0, None
    while pages == 0 or after is not None:
        held, after = desk.held(limit, after)
        assert len(held) <= limit
        found, pages = [*found, *held], pages + 1
    assert found == [len(each) for each in sorted(events)]
    assert pages <= len(events) // limit + 1


@pytest.mark.parametrize("after", ["~~", "\x7f", "\U0010ffff", "\U0010ffff" * 300, "z" * 5000])
def test_no_page_leaves_the_prefix(desk: Desk, after: str) -> None:
    """Whatever a client says where a page begins, it gets nothing of another list."""
    desk.load({TABLE: [{**KEY, "held": 1}, {**KEY, "SK": "seats$", "held": 99}]})
    assert desk.held(10, after) == ([], None)
    assert desk.held(10, "") == ([1], None)
