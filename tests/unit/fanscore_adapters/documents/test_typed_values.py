from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import attrs
import pytest

from fanscore_adapters.documents.typed_values import TypedValues
from fanscore_core.engine.question import Answered, Query, Question, exactly
from fanscore_core.errors import (
    Conflict,
    ConflictReason,
    Forbidden,
    InvalidInput,
    NotLoggedIn,
    Unavailable,
)
from fanscore_core.findings import StoredScore
from fanscore_core.ids import GlobalUserId, MemberId
from fanscore_core.ports.fan_identity import FanIdentity, Identity

if TYPE_CHECKING:
    from fractions import Fraction

FAN = GlobalUserId("user123")
STORED = "fanscore_core.findings:StoredScore"


class Tier(Enum):
    """How loyal a fan is."""

    GOLD = "gold"


@attrs.frozen
class Loyalty:
    """An answer of one's own."""

    tier: Tier
    _since: date
    years: Mapping[int, tuple[Decimal, ...]]


@attrs.frozen
class LoyaltyOf(Query[Loyalty | None]):
    """A question of one's own."""

    fan: str = attrs.field(validator=exactly(str))


@attrs.frozen
class Hidden(Query[int]):
    """A question whose annotation cannot be read when it runs."""

    count: Fraction | int = attrs.field(validator=exactly(int))


class Stranger(Enum):
    """What no question has to do with."""

    ONE = 1


VALUES = TypedValues([FanIdentity, LoyaltyOf])


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        10**400,
        "half \ud800 a pair",
        1.5,
        inf,
        0.1 + 0.2,
        Decimal("1.20"),
        Decimal("-0E+7"),
        Decimal("NaN"),
        date(2026, 11, 1),
        datetime(2026, 11, 1, 8, 0, 0, 1, UTC),
        datetime(2026, 11, 1, 8, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(2026, 11, 1, 8),  # noqa: DTZ001  # kept as it is
        (1, (True, None), ["a", ()]),
        {"value": [STORED, {}], "enum": None, 1: {}},
        MappingProxyType({"a": Decimal(1)}),
        Tier.GOLD,
        Loyalty(Tier.GOLD, date(2020, 1, 1), {1: (Decimal("0.50"),)}),
        FanIdentity(FAN),
        Identity(MemberId("m1"), StoredScore(Decimal("87.0"), Decimal(75))),
    ],
    ids=repr,
)
def test_values_come_back_as_they_were(value: object) -> None:
    """A value is the same after it was written and read, in type and to the last digit."""
    text = json.dumps(VALUES.write(value))
    again = VALUES.read(json.loads(text))
    assert (type(again), repr(again)) == (type(value), repr(value))
    assert json.dumps(VALUES.write(again)) == text


@pytest.mark.parametrize(
    "error",
    [Unavailable("arm_scoring", "no answer: X"), NotLoggedIn(), Conflict(ConflictReason.LEASED)],
    ids=repr,
)
def test_errors_come_back_as_they_were(error: Exception) -> None:
    """An error that is an answer is kept with all that it holds."""
    again = VALUES.read(json.loads(json.dumps(VALUES.write(error))))
    assert (type(again), repr(again), str(again)) == (type(error), repr(error), str(error))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Stranger.ONE, "Stranger: a value of this type cannot be recorded"),
        (KeyError("x"), "KeyError: a value of this type cannot be recorded"),
        ((1, {2}), "set: a value of this type cannot be recorded"),
        (b"", "bytes: a value of this type cannot be recorded"),
        (FanIdentity, "type: a value of this type cannot be recorded"),
        (Forbidden("why"), "Forbidden: an error with arguments cannot be recorded"),
        (
            datetime(2026, 11, 1, 8, tzinfo=ZoneInfo("Europe/Berlin")),
            "datetime: a time of a named time zone cannot be recorded",
        ),
    ],
    ids=repr,
)
def test_what_cannot_be_written(value: object, said: str) -> None:
    """A value that would not come back as it was is refused."""
    with pytest.raises(InvalidInput) as raised:
        VALUES.write(value)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    "document",
    [
        1.5,
        [],
        {},
        {"Decimal": "1", "float": "1"},
        {"Decimal": "x"},
        {"Decimal": 1},
        {"float": None},
        {"date": "2026-13-01"},
        {"datetime": "x" * 100},
        {"tuple": 1},
        {"dict": [["a"]]},
        {"dict": [[{"list": []}, 1]]},
        {"set": []},
        {"value": ["os:system", {"command": "true"}]},
        {"value": ["builtins:eval", {}]},
        {"value": [STORED, {}]},
        {"value": [STORED, {"score": {"Decimal": "101"}, "raw_score": {"Decimal": "1"}}]},
        {"value": [STORED, {"score": "1", "raw_score": "1"}]},
        {"value": [STORED, {"score": {"Decimal": "1"}, "raw_score": {"Decimal": "1"}, "x": 1}]},
        {"value": [STORED, {"score": None, "raw_score": None}], "enum": []},
        {"value": [f"{Tier.__module__}:Tier", {}]},
        {"enum": [f"{Tier.__module__}:Tier", "SILVER"]},
        {"enum": [f"{Tier.__module__}:Tier", "mro"]},
        {"enum": [STORED, "score"]},
        {"enum": ["enum:Enum", "x"]},
        {"value": ["fanscore_core.ports.fan_identity:FanIdentity", {"global_user_id": " x"}]},
    ],
    ids=repr,
)
def test_what_cannot_be_read(document: object) -> None:
    """A document that names a class nobody asked for, or says what no value is, is refused."""
    with pytest.raises(InvalidInput):
        VALUES.read(document)


def test_nested_too_deep() -> None:
    """A document nested without an end is refused as any other that is not valid."""
    document: object = None
    for _ in range(100_000):
        document = {"tuple": [document]}
    with pytest.raises(InvalidInput):
        VALUES.read(document)


def test_a_declaration_that_only_type_checkers_can_read() -> None:
    """Of a class whose annotations name what is not imported, the class alone is known."""
    values = TypedValues([Hidden])
    own = {each for each in values.classes.values() if each.__module__ == __name__}
    assert own == {Hidden}
    assert values.read(values.write(Hidden(1))) == Hidden(1)


def test_only_what_is_declared_is_known() -> None:
    """Values know what their questions are declared to consist of, and our errors; no more."""
    assert TypedValues([]).classes.keys() < VALUES.classes.keys()
    own = {each for each in VALUES.classes.values() if each.__module__ == __name__}
    assert own == {Tier, Loyalty, LoyaltyOf}
    assert not {Answered, Question} & {*VALUES.classes.values()}
