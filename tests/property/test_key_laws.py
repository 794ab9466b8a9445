"""Laws of table keys, over all legal ids (docs/reference/tables-and-keys.md)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.items import keys
from fanscore_adapters.items.escapes import (
    end_of_prefix,
    escaped,
    escaped_before_dash,
    unescaped,
)
from fanscore_adapters.items.keys import Key
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.errors import InvalidId
from fanscore_core.ids import BotRunId, EventId, GlobalUserId, MemberId, is_id
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, FanIdentity
from tests.contracts.generated import legal_ids

Builder: TypeAlias = Callable[..., Key]

# All functions that make the key of an item, and not the prefix of several.
BUILDERS: dict[str, Builder] = {
    name: builder
    for name, builder in inspect.getmembers(keys, inspect.isfunction)
    if builder.__module__ == keys.__name__ and not name.startswith(("_", "demand_of_"))
}

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_PK_BYTES, MAX_SK_BYTES = 2048, 1024

LONGEST = ["~" * 128, "-" * 128, "#" * 128, "%" * 128, "\u20ac" * 128, "\U0001f600" * 90 + "-" * 38]

FAN = GlobalUserId("fan")
RUN = BotRunId("run")
EVENT = EventId("event")

# Each question that an id becomes part of a key by.
ASKED_BY: list[Callable[[str], object]] = [
    lambda text: FanIdentity(GlobalUserId(text)),
    lambda text: AccountScore(MemberId(text)),
    lambda text: ArmScore(GlobalUserId(text)),
    lambda text: ArmScore(FAN, EventId(text)),
    lambda text: DiscoEventId(EventId(text)),
    lambda text: EventDemandCount(GlobalUserId(text), EVENT),
    lambda text: EventDemandCount(FAN, EventId(text)),
    lambda text: BotOrNot(GlobalUserId(text), RUN),
    lambda text: BotOrNot(FAN, BotRunId(text)),
]

fans = legal_ids.map(GlobalUserId)
events = legal_ids.map(EventId)
records = st.tuples(fans, events, legal_ids)

plain = st.characters(exclude_categories=["Cs"])
prefixes = legal_ids | st.text(plain, max_size=3) | st.text("a\ud7ff\ue000\U0010ffff", max_size=3)


@st.composite
def items(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """Draw an item: the name of its key's builder, and its ids."""
    name = draw(st.sampled_from(sorted(BUILDERS)))
    count = len(inspect.signature(BUILDERS[name]).parameters)
    return name, tuple(draw(legal_ids) for _ in range(count))


@st.composite
def split_twice(draw: st.DrawFn) -> tuple[tuple[str, str], tuple[str, str]]:
    """Draw one text, cut into two ids at two places: what a careless key would confuse."""
    text = draw(st.text("-a", min_size=3, max_size=9) | st.text("-%2D#", min_size=3, max_size=9))
    cuts = [draw(st.integers(1, len(text) - 2)) for _ in range(2)]
    first, second = ((text[:cut], text[cut + 1 :]) for cut in cuts)
    return first, second


@given(st.lists(items(), min_size=2, max_size=8, unique=True))
def test_different_items_have_different_keys(drawn: list[tuple[str, tuple[str, ...]]]) -> None:
    """No two items, of one kind or of two, have one key, and none has that of the bot cursor."""
    made = [BUILDERS[name](*ids) for name, ids in drawn]
    assert len({keys.BOT_CURSOR, *made}) == 1 + len(drawn)


@given(split_twice())
@example((("a-b", "c"), ("a", "b-c")))
@example((("-", "-"), ("-", "-")))
def test_the_separator_cannot_be_moved(cuts: tuple[tuple[str, str], tuple[str, str]]) -> None:
    """Event and sale that look alike when joined by ``-`` are different records all the same."""
    first, second = (keys.demand_record(FAN, EventId(event), sale) for event, sale in cuts)
    assert (first == second) == (cuts[0] == cuts[1])


@given(records)
def test_a_record_can_be_read_off_its_key(record: tuple[GlobalUserId, EventId, str]) -> None:
    """Fan, event and sale stand in a demand record's key so that they can be read back."""
    pk, sk = keys.demand_record(*record)
    event, _, sale = sk.removeprefix("demand#").partition("-")
    assert (unescaped(pk.removeprefix("fan:")), unescaped(event), unescaped(sale)) == record


@given(legal_ids)
@example("%2D")
@example("%23%25")
@example("%252D")
def test_an_id_is_read_back_from_a_key(text: str) -> None:
    """Either way of writing an id in a key is undone by reading it, and leaves no separator."""
    for write in (escaped, escaped_before_dash):
        assert unescaped(write(text)) == text
        assert "#" not in write(text)
    assert "-" not in escaped_before_dash(text)


@given(items())
def test_keys_are_within_the_limits_of_dynamodb(item: tuple[str, tuple[str, ...]]) -> None:
    """Whatever the ids, a partition key has at most 2,048 bytes, and a sort key 1,024."""
    name, ids = item
    _fits_in_dynamodb(BUILDERS[name](*ids))


@pytest.mark.parametrize("name", sorted(BUILDERS))
@pytest.mark.parametrize("longest", LONGEST, ids=range(len(LONGEST)))
def test_the_longest_keys_are_within_the_limits_of_dynamodb(name: str, longest: str) -> None:
    """Also of ids that take the most bytes that ids can, all parts of one key."""
    count = len(inspect.signature(BUILDERS[name]).parameters)
    _fits_in_dynamodb(BUILDERS[name](*[longest] * count))


@given(prefixes, st.text(plain))
@example("\ud7ff", "")
@example("a\ud7ff", "\U0010ffff")
@example("a\U0010ffff", "\U0010ffff")
@example("demand#", "")
def test_what_begins_with_a_prefix_is_below_its_end(prefix: str, rest: str) -> None:
    """A text that begins with a prefix is not below the prefix, and below its end."""
    end = end_of_prefix(prefix)
    assert prefix.encode() <= (prefix + rest).encode()
    assert end is None or (prefix + rest).encode() < end.encode()


@given(prefixes, st.text(plain))
@example("\ud7ff", "\ue000")
@example("a", "b")
@example("a\U0010ffff", "b")
def test_nothing_else_is_between_a_prefix_and_its_end(prefix: str, text: str) -> None:
    """A text from a prefix on and below its end begins with it, in the order of UTF-8's bytes."""
    end = end_of_prefix(prefix)
    is_between = prefix.encode() <= text.encode() and (end is None or text.encode() < end.encode())
    assert is_between == text.startswith(prefix)


@given(records, fans, events)
def test_a_prefix_is_of_one_event(
    record: tuple[GlobalUserId, EventId, str], fan: GlobalUserId, event: EventId
) -> None:
    """A record's key begins with an event's prefix exactly if it is that fan's and that event's."""
    key = keys.demand_record(*record)
    for whose, which in [record[:2], (fan, event), (record[0], event)]:
        prefix = keys.demand_of_event(whose, which)
        begins = key.pk == prefix.pk and key.sk.startswith(prefix.sk)
        assert begins == (record[:2] == (whose, which))


@given(st.lists(records, min_size=1, max_size=12, unique=True), st.lists(events, max_size=3))
def test_a_prefix_read_finds_one_events_records(
    stored: Sequence[tuple[GlobalUserId, EventId, str]], others: Sequence[EventId]
) -> None:
    """In either store, a prefix read finds all records of an event and no others.

    DynamoDB compares bytes, which is done here for it; the contract suite asks it.
    """
    rows = {keys.demand_record(*record): record for record in stored}
    asked = {record[:2] for record in stored} | {(stored[0][0], event) for event in others}
    wanted = sorted(asked)
    with SqliteTables(IN_MEMORY) as tables:
        tables.load("demand_table", ({"PK": key.pk, "SK": key.sk} for key in rows))
        prefixes = [keys.demand_of_event(*of) for of in wanted]
        found = [
            [rows[_key(text)] for text in texts]
            for texts in tables.begins_with("demand_table", prefixes)
        ]
    right = [sorted(record for record in stored if record[:2] == of) for of in wanted]
    assert [sorted(each) for each in found] == right
    by_bytes = [
        [
            record
            for key, record in rows.items()
            if key.pk == prefix.pk and key.sk.encode().startswith(prefix.sk.encode())
        ]
        for prefix in prefixes
    ]
    assert [sorted(each) for each in by_bytes] == right


@given(legal_ids)
def test_legal_ids_are_taken(text: str) -> None:
    """Every legal text is an id, wherever one is asked for."""
    for ask in ASKED_BY:
        ask(text)


@given(st.text().filter(lambda text: not is_id(text)))
@example("")
@example("a" * 129)
@example("a\n")
def test_no_other_text_is_an_id(text: str) -> None:
    """A text that is no id is refused wherever an id is asked for."""
    _refused_everywhere(text)


def _fits_in_dynamodb(key: Key) -> None:
    assert len(key.pk.encode()) <= MAX_PK_BYTES
    assert len(key.sk.encode()) <= MAX_SK_BYTES


def _refused_everywhere(text: str) -> None:
    for ask in ASKED_BY:
        with pytest.raises(InvalidId):
            ask(text)


def _key(text: str) -> Key:
    stored = parse_stored_json(text)
    assert isinstance(stored, dict)
    return Key(stored["PK"], stored["SK"])
