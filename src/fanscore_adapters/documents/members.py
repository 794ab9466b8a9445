"""The members of a JSON object: all that it must have, and no others."""

from __future__ import annotations

from collections.abc import KeysView
from typing import Any

from fanscore_adapters.documents.converter import looks_like_a_name
from fanscore_core.errors import InvalidInput


def names_of(*names: str) -> KeysView[str]:
    """Return names as ``members_of`` takes them, in their order."""
    return dict.fromkeys(names).keys()


def members_of(
    where: str, document: object, names: KeysView[str], *, is_all: bool = True
) -> dict[str, Any]:
    """Return the members of an object, by name; what they are is not checked.

    Args:
        where: the path of the object.
        document: as it was parsed.
        names: that its members may have.
        is_all: whether each of them must be there.

    Raises:
        InvalidInput: it is no object, or has other members, or too few; names the path.
    """
    if type(document) is not dict:
        raise InvalidInput(where, "expected an object")
    if document.keys() == names:
        return document
    others = document.keys() - names
    if others:
        name = min(others)
        raise InvalidInput(where, f"unknown key{f' {name!r}' if looks_like_a_name(name) else ''}")
    missing = [each for each in names if each not in document] if is_all else []
    if missing:
        raise InvalidInput(path_of(where, missing[0]), "required")
    return document


def path_of(where: str, name: str) -> str:
    """Return the path of a member of an object."""
    return name if where == "$" else f"{where}.{name}"
