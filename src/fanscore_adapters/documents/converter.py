"""Parsed documents to values, strictly: nothing is coerced, and each error says where.

What does it is in ``structuring``, and is loaded for the first document.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from fanscore_core import ids, scalars

if TYPE_CHECKING:
    from fanscore_adapters.documents.structuring import Structuring

ValueT = TypeVar("ValueT")

MAX_SHOWN_KEY = 40

TEXT_RULE, is_text = scalars.TEXT_RULE, scalars.is_text

_LONGER_THAN_AN_ID = 10**ids.MAX_CHARACTERS  # of so many digits, Python may write none


def camel(name: str) -> str:
    """Spell an attribute's name as documents do: ``global_user_id`` is ``globalUserId``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def same(name: str) -> str:
    """Spell an attribute's name as it is."""
    return name


def looks_like_a_name(key: str) -> bool:
    """Return whether a key could be the name of a field."""
    return key.isascii() and key.isidentifier() and len(key) <= MAX_SHOWN_KEY


class StrictConverter:
    """Converts between parsed documents and attrs classes."""

    def __init__(
        self,
        rename: Callable[[str], str],
        *,
        forbid_extra_keys: bool,
        shows_key: Callable[[str], bool] = looks_like_a_name,
        of_arguments: bool = False,
        numbers_as_ids: bool = False,
    ) -> None:
        """Make a converter.

        Args:
            rename: spells an attribute's name as the documents do.
            forbid_extra_keys: whether a key that the class does not know is an error.
            shows_key: whether that error repeats the key; of documents whose keys strangers make
                up, only what is known beforehand should be.
            of_arguments: whether mail addresses, phone numbers and locales are checked as
                arguments are. What is stored or sent may be older than the check.
            numbers_as_ids: whether an integer stands for an id, which is then its decimal text, as
                other systems store and send them. Neither ``true`` nor ``1.0`` does.
        """
        self._rename = rename
        self._forbid_extra_keys = forbid_extra_keys
        self._shows_key = shows_key
        self._of_arguments = of_arguments
        self._numbers_as_ids = numbers_as_ids

    def structure(self, document: object, kind: type[ValueT], where: str) -> ValueT:
        """Make a value of a document.

        Args:
            document: parsed JSON.
            kind: the attrs class to make.
            where: what the document is called in an error's path.

        Raises:
            InvalidInput: naming the path of the first mistake (``InvalidId`` if that is an id).
        """
        return self._structuring.structure(document, kind, where)

    def unstructure(self, value: object) -> object:
        """Make a document of a value."""
        return self._structuring.unstructure(value)

    @cached_property
    def _structuring(self) -> Structuring:
        # cattrs takes long to import, and few processes need each of the converters.
        from fanscore_adapters.documents.structuring import Structuring  # noqa: PLC0415

        return Structuring(
            self._rename,
            forbid_extra_keys=self._forbid_extra_keys,
            shows_key=self._shows_key,
            of_arguments=self._of_arguments,
            numbers_as_ids=self._numbers_as_ids,
        )


def id_text(value: object) -> object:
    """Return what a stored item or a service gives for an id: an integer is its decimal text.

    ``1.0`` and ``1e3`` are ``Decimal`` where JSON is parsed, and stay what they are.
    """
    return str(value) if type(value) is int and abs(value) < _LONGER_THAN_AN_ID else value


def date_time_text(moment: datetime) -> str:
    """Write a time as ``AWSDateTime``: in UTC, with as many digits as it has."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_reader = StrictConverter(camel, forbid_extra_keys=False, numbers_as_ids=True)


def read_as(kind: type[ValueT], where: str = "data") -> Callable[[object], ValueT]:
    """Return what reads a document as an attrs class, strictly: nothing is coerced.

    A class's ``member_id`` is the document's ``memberId``; members that the class does not have are
    passed over. What is wrong with the document is ``InvalidInput`` with its path.

    Args:
        kind: the class.
        where: what the document is called in the path of a mistake.
    """
    return lambda document: _reader.structure(document, kind, where)
