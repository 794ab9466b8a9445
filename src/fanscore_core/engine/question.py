"""How a step asks: questions, who answers them, and what an answer is.

A step awaits a *query*, a frozen value that says what is wanted. Awaiting hands it to the engine,
which asks a *source* and resumes the step with the answer. Nothing here knows how a question is
answered.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from math import inf
from types import NoneType, UnionType
from typing import ClassVar, Generic, Protocol, TypeVar, Union, get_args, get_origin

import attrs

# Invariant on purpose: an answer of a wider or narrower type than declared is a type error.
AnswerT = TypeVar("AnswerT")
AnswerT_co = TypeVar("AnswerT_co", covariant=True)


class Question(Generic[AnswerT_co]):
    """A frozen attrs class that a step hands to the engine: a query or an effect.

    Attributes:
        answer_types: of which its answer must be one, as far as that shows when it is answered:
            ``tuple`` for ``Query[tuple[SaleId, ...]]``.
    """

    __slots__ = ()

    answer_types: ClassVar[tuple[type, ...]] = (object,)

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        """Note of which types an answer must be."""
        for base in vars(cls).get("__orig_bases__", ()):
            origin = get_origin(base)
            if isinstance(origin, type) and issubclass(origin, Question):
                cls.answer_types = _types_of(get_args(base)[0])


class Query(Question[AnswerT]):
    """A question that changes nothing, and whose answer is an ``AnswerT``.

    It holds everything that its answer depends on. Equal queries of one round are asked once,
    so equality must not be looser than meaning: ``1 == True`` in Python. Every field therefore
    needs a validator that fixes its exact type (``exactly``, ``ids.valid_id``), and a class
    without one cannot be defined.
    """

    __slots__ = ()

    def __await__(self) -> Generator[Query[AnswerT], AnswerT, AnswerT]:
        """Hand the query to the engine, and give back its answer.

        Raises:
            FanscoreError: the error that the source gave for an answer.
        """
        return (yield self)

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        """Refuse a query class whose equality could be looser than its meaning."""
        super().__attrs_init_subclass__()
        for field in attrs.fields(cls):  # type: ignore[arg-type]  # every subclass is an attrs class
            if field.validator is None:
                message = (
                    f"{cls.__name__}.{field.name} needs a validator that fixes its type: "
                    "valid_id or valid_optional_id for an id, exactly(str) and the like otherwise"
                )
                raise TypeError(message)


class Effect(Question[AnswerT]):
    """A question whose asking changes the world, or that must happen once per asking.

    It cannot be awaited: an effect step performs it (``EffectContext.perform``). It is never
    merged with an equal one.
    """

    __slots__ = ()


def exactly(*types: type) -> Callable[[object, attrs.Attribute[AnswerT], AnswerT], None]:
    """Make an attrs validator: the type of the value is one of ``types``, subclasses excluded.

    The validator raises ``TypeError``, naming the field and the types.
    """

    def validate(_instance: object, field: attrs.Attribute[AnswerT], value: AnswerT) -> None:
        if type(value) not in types:
            names = " or ".join(kind.__name__ for kind in types)
            message = f"{field.name}: expected {names}, got {type(value).__name__}"
            raise TypeError(message)

    return validate


def _types_of(annotation: object) -> tuple[type, ...]:
    """Return the types that a value so annotated can have at run time; ``object`` for any."""
    if annotation is None:
        return (NoneType,)
    if (underlying := getattr(annotation, "__supertype__", None)) is not None:  # a NewType
        return _types_of(underlying)
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        kinds = (kind for each in get_args(annotation) for kind in _types_of(each))
        return tuple(dict.fromkeys(kinds))
    kind = annotation if origin is None else origin
    return (kind,) if isinstance(kind, type) and not _is_protocol(kind) else (object,)


def _is_protocol(kind: type) -> bool:
    return getattr(kind, "_is_protocol", False)


@attrs.frozen
class Ask:
    """One question of one round.

    Attributes:
        question: the query or effect.
        degradable: whether every step that asks can go on without the answer, so that a source
            should rather answer ``Unavailable`` early than use up the time of the rest.
        expires_at: when the answer is given up, in seconds by the clock of the source that passes
            this on; the engine sets no limit.
    """

    question: Question[object]
    degradable: bool = False
    expires_at: float = attrs.field(default=inf, eq=False)


@attrs.frozen
class Answered:
    """What a source says to one question.

    Attributes:
        answer: the answer, or an exception, which is raised where the step awaits.
        source: who answered, for the trace.
        took_s: how long it took, in seconds, by the source's own clock.
        calls: how many calls over a network it cost; where one call answers several questions,
            the first of them has it.
    """

    answer: object
    source: str = ""
    took_s: float = 0.0
    calls: int = 0


class Source(Protocol):
    """Whoever answers questions: one adapter, all of them together, or a dictionary in a test.

    Contract: one ``Answered`` for each ask, in the same order. What goes wrong with one question
    is that question's answer (``Unavailable``, ``DeadlineExceeded``, ``UnknownQuestion``); a source
    never raises. All asks of one call are independent of one another.
    """

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        ...
