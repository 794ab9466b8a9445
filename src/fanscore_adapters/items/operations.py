"""How questions and effects are put to a table: which items, under which keys, on what condition.

Both stores, embedded and DynamoDB, work from these values. They differ only in how items are
fetched and written. The classes of rows are not generic, but their ``__init__`` is: a type checker
holds each row's functions against its type of question, wherever the row is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast, overload

import attrs

from fanscore_adapters.items.keys import Key
from fanscore_adapters.named_rows import NamedRows
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput, SourceFailed, Unavailable
from fanscore_core.ids import GlobalUserId, MemberId

if TYPE_CHECKING:
    from fanscore_core.ports.put_outcome import PutOutcome

QuestionT = TypeVar("QuestionT", bound=Question[object])
FoundT = TypeVar("FoundT")
StoredT = TypeVar("StoredT")
ReadT = TypeVar("ReadT")

MAX_SORT_KEY_BYTES = 1024
"""The most bytes of a sort key in DynamoDB
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
"""

Item: TypeAlias = Mapping[str, object]
"""A stored item: an object whose fractions are ``Decimal``, with its keys ``PK`` and ``SK``."""


@attrs.frozen(init=False, repr=False)
class Read(Generic[FoundT]):
    """How a question is answered from a table: as a ``Lookup`` or a ``PrefixRead``.

    Attributes:
        question: the type of question.
        table: where the items lie.
        key: finds them.
        make: makes the answer of what was found; raises ``InvalidInput`` if that is malformed.
        consistent: whether what was written before must be seen; an eventual read costs half.
    """

    question: type[Question[object]]
    table: str
    key: Callable[[Question[object]], Key]
    make: Callable[[FoundT], object]
    consistent: bool

    def __init__(
        self,
        question: type[QuestionT],
        table: str,
        key: Callable[[QuestionT], Key],
        make: Callable[[FoundT], object],
        *,
        consistent: bool = False,
    ) -> None:
        """Declare it; ``key`` takes a question of the type ``question``."""
        asked = cast("Callable[[Question[object]], Key]", key)
        self.__attrs_init__(question, table, asked, make, consistent)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.question.__name__})"

    @property
    def system(self) -> str:
        """The table, as the system behind the question."""
        return self.table

    def answer(self, stored: StoredT, parse: Callable[[StoredT], FoundT]) -> object:
        """Make the answer; ``Unavailable`` where an item is malformed, never a wrong score.

        What else ``make`` raises is a mistake in it, and ``SourceFailed`` for this question alone.

        Args:
            stored: as the store gives it.
            parse: makes items of that; raises ``InvalidInput`` where it cannot.
        """
        try:
            return self.make(parse(stored))
        except InvalidInput as error:
            return Unavailable(self.table, f"malformed item: {error}")
        except Exception as error:  # noqa: BLE001  # a mistake in one row spoils no other question
            return SourceFailed(self.question.__name__, f"raised {type(error).__name__}")


@attrs.frozen(init=False, repr=False)
class Lookup(Read["Item | None"]):
    """A question that one item answers, or its absence."""


@attrs.frozen
class PageRange:
    """The part of a prefix that a page is read from.

    Attributes:
        limit: the most items, 1 or more.
        start: the sort key after which it begins; ``None`` for the beginning of the prefix.
    """

    limit: int = attrs.field(validator=attrs.validators.ge(1))
    start: str | None


@attrs.frozen(init=False, repr=False)
class PrefixRead(Read[Sequence[Item]]):
    """A question that the items of one partition answer whose sort key begins with a prefix.

    Attributes:
        also: more prefixes of the same table, whose items follow those of ``key``, in one answer.
        limit: how many items a page has at most; ``None`` to read all that there are. With a
            limit, ``make`` makes the items of a ``Page``, which is the answer, and the question
            costs one call. A page also ends at 1 MB.
        after: of a page: the ``next`` of the page before, if there was one.
        newest: whether the last item alone is read, in one call: where sort keys end with a time,
            the newest.
    """

    also: Callable[[Question[object]], Sequence[Key]] = lambda _: ()
    limit: Callable[[Question[object]], int] | None = None
    after: Callable[[Question[object]], str | None] = lambda _: None
    newest: bool = False

    @overload
    def __init__(
        self,
        question: type[QuestionT],
        table: str,
        key: Callable[[QuestionT], Key],
        make: Callable[[Sequence[Item]], object],
        *,
        consistent: bool = False,
        also: Callable[[QuestionT], Sequence[Key]] = ...,
    ) -> None: ...

    @overload
    def __init__(
        self,
        question: type[QuestionT],
        table: str,
        key: Callable[[QuestionT], Key],
        make: Callable[[Sequence[Item]], object],
        *,
        consistent: bool = False,
        newest: bool,
    ) -> None: ...

    @overload
    def __init__(
        self,
        question: type[QuestionT],
        table: str,
        key: Callable[[QuestionT], Key],
        make: Callable[[Sequence[Item]], Iterable[object]],
        *,
        consistent: bool = False,
        limit: Callable[[QuestionT], int],
        after: Callable[[QuestionT], str | None],
    ) -> None: ...

    def __init__(  # noqa: PLR0913  # the columns of a row
        self,
        question: type[QuestionT],
        table: str,
        key: Callable[[QuestionT], Key],
        make: Callable[[Sequence[Item]], object],
        *,
        consistent: bool = False,
        also: Callable[[QuestionT], Sequence[Key]] = lambda _: (),
        limit: Callable[[QuestionT], int] | None = None,
        after: Callable[[QuestionT], str | None] = lambda _: None,
        newest: bool = False,
    ) -> None:
        """Declare it; the functions of a question take one of the type ``question``.

        A page and the newest item are of one prefix: ``also``, ``limit`` and ``newest`` do not go
        together.
        """
        init = cast("Callable[..., None]", self.__attrs_init__)
        init(question, table, key, make, consistent, also, limit, after, newest)

    def keys(self, question: Question[object]) -> Sequence[Key]:
        """Return all prefixes to read, of a question that is not answered with a page."""
        return (self.key(question), *self.also(question))

    def page_range(self, question: Question[object]) -> PageRange:
        """Return what to read for a question that is answered with a page.

        What is longer than any sort key is cut off: it sorts to the same place.

        Raises:
            ValueError: the limit is less than 1.
        """
        assert self.limit is not None  # noqa: S101  # whoever asks has looked
        rest = self.after(question)
        start = None if rest is None else f"{self.key(question).sk}{rest}".encode()
        cut = None if start is None else start[:MAX_SORT_KEY_BYTES].decode(errors="ignore")
        return PageRange(self.limit(question), cut)

    def answer_page(
        self, stored: StoredT, parse: Callable[[StoredT], Sequence[Item]], rest: str | None
    ) -> object:
        """Make a page; ``Unavailable`` where an item is malformed.

        Args:
            stored: as ``answer`` takes it.
            parse: as ``answer`` takes it.
            rest: of the sort key after which the next page begins, if there is one.
        """
        from fanscore_core.pages import Page  # noqa: PLC0415  # few questions have pages

        made = self.answer(stored, parse)
        if isinstance(made, Unavailable):
            return made
        return Page(tuple(cast("Iterable[object]", made)), rest)


@attrs.frozen
class Put:
    """One item to write.

    Attributes:
        item: with its keys.
        expected: attributes that the item which is replaced must have, ``None`` for those that it
            must not have; ``None`` instead of all if there must be no such item.
    """

    item: Item
    expected: Mapping[str, object] | None

    def met_by(self, stored: Item | None) -> bool:
        """Whether a stored item meets the condition."""
        if stored is None or self.expected is None:
            return stored is None and self.expected is None
        return all(stored.get(name) == value for name, value in self.expected.items())


@attrs.frozen
class Refused:
    """A condition was not met: by this item, or by its absence."""

    stored: Item | None


def refusal(unmet: Sequence[tuple[Put, Item | None]], count: int) -> Refused | None:
    """Return what refused a write, or ``None`` if all of it lies there already.

    An attempt whose reply was lost is repeated, and then meets what it wrote itself: so a write
    that would change nothing counts as made, in every store.

    Args:
        unmet: the puts whose condition was not met, each with what lies there, as a store gives
            both items.
        count: of all puts of the write.
    """
    others = [stored for put, stored in unmet if stored != put.item]
    if others:
        return Refused(others[0])
    return None if len(unmet) == count else Refused(unmet[0][1])


@attrs.frozen(init=False, repr=False)
class Write:
    """How an effect is performed on a table: all of its puts, or none.

    Where all items lie there already, to the letter, it counts as performed.

    Attributes:
        question: the type of effect.
        table: where the items lie.
        puts: what to write.
        make: makes the answer; of the item that did not meet the condition, if one did not.
        attempt: which attempt this is, from 0; the store waits before any but the first.
    """

    question: type[Question[object]]
    table: str
    puts: Callable[[Question[object]], Sequence[Put]]
    make: Callable[[Question[object], Refused | None], object]
    attempt: Callable[[Question[object]], int]

    def __init__(
        self,
        question: type[QuestionT],
        table: str,
        puts: Callable[[QuestionT], Sequence[Put]],
        make: Callable[[QuestionT, Refused | None], object],
        attempt: Callable[[QuestionT], int] = lambda _: 0,
    ) -> None:
        """Declare it; the functions take an effect of the type ``question``."""
        self.__attrs_init__(
            question,
            table,
            cast("Callable[[Question[object]], Sequence[Put]]", puts),
            cast("Callable[[Question[object], Refused | None], object]", make),
            cast("Callable[[Question[object]], int]", attempt),
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.question.__name__})"

    @property
    def system(self) -> str:
        """The table, as the system behind the effect."""
        return self.table


@attrs.frozen
class Table:
    """A table, and where in it a fan's items lie: erasing a fan covers these.

    Its keys are the strings ``PK`` and ``SK``.

    Attributes:
        name: as questions, errors and settings name it.
        fan_key: the partition key under which a fan's items lie; ``None`` if no items lie under
            a fan.
        account_key: the same for an account, as of tables that know no fans.
    """

    name: str
    fan_key: Callable[[GlobalUserId], str] | None
    account_key: Callable[[MemberId], str] | None = None


TableRow: TypeAlias = Lookup | PrefixRead | Write
"""How one type of question is answered from a table, or one type of effect performed on it."""


@attrs.frozen(init=False, repr=False)
class Operations:
    """The operations on tables, by type of question: all that a store knows of what it is for.

    Attributes:
        lookups: the questions that one item answers.
        prefix_reads: the questions that a range of items answers.
        writes: the effects that write items.
        systems: the table behind each question and effect.
    """

    lookups: Mapping[type[Question[object]], Lookup]
    prefix_reads: Mapping[type[Question[object]], PrefixRead]
    writes: Mapping[type[Question[object]], Write]
    systems: Mapping[type[Question[object]], str]

    def __init__(self, rows: NamedRows[TableRow] | Iterable[TableRow]) -> None:
        """Sort declarations, which are loaded when they are needed.

        Raises:
            ValueError: two are about the same type of question.
        """
        every = rows if isinstance(rows, NamedRows) else NamedRows[TableRow](rows=rows)
        self.__attrs_init__(every.of(Lookup), every.of(PrefixRead), every.of(Write), every.systems)


def if_stored(read: Callable[[Item], ReadT]) -> Callable[[Item | None], ReadT | None]:
    """Read an item that may be missing: ``None`` is read as ``None``."""
    return lambda item: None if item is None else read(item)


def put_outcome(
    read: Callable[[Item], ReadT],
) -> Callable[[Question[object], Refused | None], PutOutcome[ReadT]]:
    """Make the answer to a conditional write: whether it was made, or what lies there instead."""
    from fanscore_core.ports.put_outcome import PutOutcome  # noqa: PLC0415  # only for effects

    def make(_effect: Question[object], refused: Refused | None) -> PutOutcome[ReadT]:
        if refused is None:
            return PutOutcome(written=True)
        return PutOutcome(written=False, stored=if_stored(read)(refused.stored))

    return make
