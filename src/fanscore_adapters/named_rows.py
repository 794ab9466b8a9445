"""Rows that are found by the modules of their questions, and loaded when one of them is needed.

A process asks few of all questions. Whoever looks one up loads the module that has its row; whoever
goes through all rows loads all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain
from typing import NamedTuple, Protocol, TypeVar, cast, overload

from fanscore_adapters.adapter import Row, by_question
from fanscore_core.engine.question import Question


class SystemRow(Row, Protocol):
    """A declaration of how one type of question is answered, and by what."""

    @property
    def system(self) -> str:
        """The system behind the question."""
        ...


RowT = TypeVar("RowT", bound=SystemRow)
RowT_co = TypeVar("RowT_co", bound=SystemRow, covariant=True)
KindT = TypeVar("KindT", bound=SystemRow)


class AskedOf(NamedTuple):
    """The row of a question whose adapter knows itself how to answer it."""

    question: type[Question[object]]
    system: str


class RowsOfPort(NamedTuple):
    """The rows for the questions of one port, before any of them is loaded.

    Attributes:
        port: the module that has the types of question.
        module: the module that has the rows, as ``ROWS``.
        system: the one behind all these questions.
    """

    port: str
    module: str
    system: str


class NamedRows(Mapping[type[Question[object]], RowT]):
    """Rows by type of question."""

    def __init__(self, ports: Iterable[RowsOfPort] = (), rows: Iterable[RowT] = ()) -> None:
        """Name rows, or give them.

        Args:
            ports: have rows that are loaded later.
            rows: that are here. Where a port has a row for the same question, this one counts.

        Raises:
            ValueError: two of ``rows`` are about the same type of question.
        """
        self._ports = {each.port: each for each in ports}
        self._given = by_question(rows)
        self._found = dict(self._given)

    @property
    def system_names(self) -> Sequence[str]:
        """The systems behind the questions, each once."""
        named = (each.system for each in self._ports.values())
        given = (row.system for row in self._given.values())
        return tuple(dict.fromkeys((*named, *given)))

    @property
    def ports(self) -> Sequence[RowsOfPort]:
        """The ports that have rows which are loaded later."""
        return tuple(self._ports.values())

    @property
    def more(self) -> Sequence[type[Question[object]]]:
        """The types of question of no port that is named."""
        return [asked for asked in self._given if asked.__module__ not in self._ports]

    @property
    def systems(self) -> Systems:
        """The system behind each type of question."""
        return Systems(self)

    def of(self, kind: type[KindT]) -> Mapping[type[Question[object]], KindT]:
        """Return the rows of one kind."""
        return _OfKind(self, kind)

    def also(self, rows: Iterable[RowT]) -> NamedRows[RowT]:
        """Return these rows and more, or others in the place of these.

        Raises:
            ValueError: two of the rows that are given are about the same type of question.
        """
        return NamedRows(self._ports.values(), (*self._given.values(), *rows))

    def joined(self, others: NamedRows[RowT]) -> NamedRows[RowT]:
        """Return these rows, then others.

        Raises:
            ValueError: as ``also``.
        """
        ports = (*self._ports.values(), *others._ports.values())  # of its own class
        return NamedRows(ports, (*self._given.values(), *others._given.values()))

    def find(self, asked: type[Question[object]]) -> RowT | None:
        """Return the row for a type of question, if there is one."""
        if asked not in self._found and asked.__module__ in self._ports:
            for row in self.load(self._ports[asked.__module__]):
                self._found.setdefault(row.question, row)
        return self._found.get(asked)

    def load(self, port: RowsOfPort) -> Sequence[RowT]:
        """Return the rows of a port; a module may have those of several."""
        rows = cast("Sequence[RowT]", import_module(port.module).ROWS)
        return [row for row in rows if row.question.__module__ == port.port]

    def __getitem__(self, asked: type[Question[object]]) -> RowT:
        found = self.find(asked)
        if found is None:
            raise KeyError(asked)
        return found

    def __contains__(self, asked: object) -> bool:
        return isinstance(asked, type) and self.find(asked) is not None

    def __iter__(self) -> Iterator[type[Question[object]]]:
        """Go through all types, of the ports first; this loads them all."""
        named = (row.question for port in self.ports for row in self.load(port))
        return iter(dict.fromkeys(chain(named, self._given)))

    def __len__(self) -> int:
        return sum(1 for _ in self)  # ``list`` would ask for the length

    def __repr__(self) -> str:
        named = (each.port for each in self.ports)
        return f"{type(self).__name__}({', '.join((*named, *map(repr, self._given.values())))})"


class Systems(Mapping[type[Question[object]], str]):
    """The system behind each type of question, as its row says it."""

    def __init__(self, rows: NamedRows[RowT]) -> None:
        """Look at rows."""
        self.rows: NamedRows[SystemRow] = cast("NamedRows[SystemRow]", rows)

    def __getitem__(self, asked: type[Question[object]]) -> str:
        return self.rows[asked].system

    def __contains__(self, asked: object) -> bool:
        return asked in self.rows

    def __iter__(self) -> Iterator[type[Question[object]]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class _OfKind(Mapping[type[Question[object]], KindT]):
    """The rows of one kind."""

    def __init__(self, rows: NamedRows[RowT], kind: type[KindT]) -> None:
        self._find = rows.find
        self._rows: Iterable[type[Question[object]]] = rows
        self._kind = kind

    def __getitem__(self, asked: type[Question[object]]) -> KindT:
        row = self._find(asked)
        if not isinstance(row, self._kind):
            raise KeyError(asked)
        return row

    def __contains__(self, asked: object) -> bool:
        return isinstance(asked, type) and isinstance(self._find(asked), self._kind)

    def __iter__(self) -> Iterator[type[Question[object]]]:
        return (asked for asked in self._rows if asked in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class RowSequence(Sequence[RowT_co]):
    """Rows one after the other; they are loaded when somebody looks at one."""

    def __init__(self, *parts: Mapping[type[Question[object]], RowT_co]) -> None:
        """Put rows together."""
        self._parts = parts

    def __iter__(self) -> Iterator[RowT_co]:
        return chain.from_iterable(each.values() for each in self._parts)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @overload
    def __getitem__(self, index: int) -> RowT_co: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[RowT_co]: ...

    def __getitem__(self, index: int | slice) -> RowT_co | Sequence[RowT_co]:
        return tuple(self)[index]
