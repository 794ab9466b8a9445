from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from types import NoneType
from typing import NewType, cast

import attrs
import pytest

from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.question import Answered, Ask, Effect, Query, Question, exactly
from fanscore_core.engine.rounds import run
from fanscore_core.engine.steps import effect_step, step
from fanscore_core.errors import PipelineMisuse
from tests.unit.fanscore_core.samples import Add, Basket, Count, Ctx, EffectCtx, Weather, World, ask


@attrs.frozen
class Height(Query[int]):
    of: str = attrs.field(validator=exactly(str))


@attrs.frozen
class Page(Query[int]):
    number: int = attrs.field(validator=exactly(int))
    after: str | None = attrs.field(validator=exactly(str, type(None)), default=None)


class Name(str):
    __slots__ = ()


def test_queries_are_equal_by_what_they_ask() -> None:
    """Two queries are equal if they are of one class and all their fields are equal."""
    assert {Count("apples"), Count("apples"), Count("pears"), Height("apples")} == {
        Count("apples"),
        Count("pears"),
        Height("apples"),
    }


def test_awaiting_a_query_hands_it_over_and_gives_its_answer() -> None:
    """An await yields the query itself, and its value is what is sent back."""
    awaiting = Count("apples").__await__()
    assert next(awaiting) == Count("apples")
    with pytest.raises(StopIteration) as stopped:
        _ = awaiting.send(3)
    assert stopped.value.value == 3


@pytest.mark.parametrize(
    ("number", "after", "problem"),
    [
        (True, None, "number: expected int, got bool"),
        (1.0, None, "number: expected int, got float"),
        (1, 2, "after: expected str or NoneType, got int"),
        (1, Name("x"), "after: expected str or NoneType, got Name"),
    ],
)
def test_fields_are_of_exactly_their_type(number: int, after: str | None, problem: str) -> None:
    """A value that equals another of another type, such as ``True`` and 1, cannot be asked for."""
    with pytest.raises(TypeError) as raised:
        _ = Page(number, after)
    assert str(raised.value) == problem


def test_fields_of_every_named_type_are_accepted() -> None:
    """``exactly`` accepts a value of any of its types."""
    assert (Page(1).after, Page(1, "x").after) == (None, "x")


LOOSE_LIMIT = (
    "Loose.limit needs a validator that fixes its type: "
    "valid_id or valid_optional_id for an id, exactly(str) and the like otherwise"
)


def test_a_query_class_fixes_the_type_of_every_field() -> None:
    """A query class with a field that has no validator cannot be defined."""
    with pytest.raises(TypeError) as raised:

        @attrs.frozen
        class Loose(Query[int]):
            of: str = attrs.field(validator=exactly(str))
            limit: int = 10

    assert str(raised.value) == LOOSE_LIMIT


def test_an_inherited_field_needs_a_validator_too() -> None:
    """A field that a query class inherits must have its type fixed like its own."""

    @attrs.frozen
    class Limited:
        limit: int = 10

    with pytest.raises(TypeError) as raised:

        @attrs.frozen
        class Loose(Limited, Query[int]):
            of: str = attrs.field(validator=exactly(str), default="")

    assert str(raised.value) == LOOSE_LIMIT


def test_an_effect_class_needs_no_validators() -> None:
    """Effects are never compared, so that their fields may be of any type."""

    @attrs.frozen
    class Save(Effect[None]):
        record: dict[str, str]

    assert Save({"a": "b"}).record == {"a": "b"}


def test_an_effect_cannot_be_awaited() -> None:
    """Awaiting an effect is an error of the step, and asks nothing."""

    @step("add")
    async def add(_: Ctx) -> int:
        await Add("apples")  # type: ignore[misc]  # the point
        return 1

    world = World()
    outcome = run(pipeline("fruit", Basket, (add,)), "", world)
    assert str(outcome.error) == "object Add can't be used in 'await' expression"
    assert world.rounds == []


def test_an_ask_is_not_degradable_unless_said_so() -> None:
    """Without a word about it, the answer to an ask is needed."""
    count = ask(Count("apples"))
    assert Ask(count.question) == attrs.evolve(count, degradable=False)


def test_an_answer_may_come_without_its_source_and_time() -> None:
    """A source that has nothing to say for the trace gives the bare answer."""
    assert Answered(3) == Answered(3, source="", took_s=0.0)


Label = NewType("Label", str)


@attrs.frozen
class _Names(Query[tuple[Label, ...]]):
    """The names of fruit."""


@attrs.frozen
class _Picked(Query[Decimal | int | None]):
    """How much was picked."""


@attrs.frozen
class _Anything(Query[object]):
    """Whatever there is."""


@attrs.frozen
class _Rename(Effect[Label]):
    """Rename fruit."""


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        (Count, (int,)),
        (Weather, (str, NoneType)),
        (_Names, (tuple,)),
        (_Picked, (Decimal, int, NoneType)),
        (_Anything, (object,)),
        (_Rename, (str,)),
    ],
)
def test_a_question_knows_the_types_of_its_answer(
    kind: type[Question[object]], types: tuple[type, ...]
) -> None:
    """What stands in the brackets of ``Query`` or ``Effect`` is checked when it is answered."""
    assert kind.answer_types == types


def test_an_answer_of_a_wrong_type_fails_the_step_that_asked() -> None:
    """The error names the step, the question, and the types: it does not surface elsewhere."""

    @step("count")
    async def count(ctx: Ctx) -> int:
        with suppress(Exception):
            ctx.stash.apples = await Count("apples") + 1
        return ctx.stash.apples

    outcome = run(pipeline("fruit", Basket, (count,)), "", [(Count("apples"), "three")])
    expected = "step count: expected an answer of type int, got str: Count"
    assert (type(outcome.error), str(outcome.error)) == (PipelineMisuse, expected)


def test_an_effect_answered_with_a_wrong_type_fails_the_step_too() -> None:
    """What an effect came to is checked like any answer."""

    @effect_step("add")
    async def add(ctx: EffectCtx) -> int:
        return await ctx.perform(Add("apples"))

    outcome = run(pipeline("fruit", Basket, (add,)), "", [(Add("apples"), None)])
    expected = "step add: expected an answer of type int, got NoneType: Add"
    assert str(outcome.error) == expected


def test_all_types_of_an_answer_are_named() -> None:
    """Where an answer may be of several types, the error names each."""

    @step("count")
    async def count(_: Ctx) -> int:
        return int(await _Picked() or 0)

    outcome = run(pipeline("fruit", Basket, (count,)), "", [(_Picked(), "three")])
    expected = "step count: expected an answer of type Decimal or int or None, got str: _Picked"
    assert str(outcome.error) == expected


def test_an_ask_is_what_is_asked_and_not_until_when() -> None:
    """Two asks of one question are equal, whenever their answers are given up."""
    question = cast("Question[object]", Count("apples"))
    assert Ask(question, expires_at=1.0) == Ask(question, expires_at=2.0)
    assert Ask(question, degradable=True) != Ask(question)
