"""The schema as AppSync takes it: AppSync knows no ``extend type`` (AWS, "Designing a schema")."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from fanscore_core.errors import InvalidInput

if TYPE_CHECKING:
    from graphql import DefinitionNode

_extends = re.compile(r"\bextend\s+(schema|scalar|type|interface|union|enum|input)\b").search

_PARTS = ("interfaces", "directives", "fields", "values", "types", "operation_types")
"""What an extension may add, by the names of graphql-core."""


def without_extensions(sdl: str) -> str:
    """Write what extends a type into the type. What extends nothing stays as it is, byte for byte.

    Raises:
        InvalidInput: it is not SDL, extends a type that it does not define, or extends one while
            graphql-core is not installed.
    """
    if not _extends(sdl):
        return sdl
    try:
        from graphql import GraphQLError, parse, print_ast  # noqa: PLC0415  # not for ours
    except ModuleNotFoundError as error:
        problem = f"to extend types, fanscore[gateway] is needed: there is no {error.name}"
        raise InvalidInput("schema", problem) from error
    try:
        nodes = parse(sdl, no_location=True).definitions
    except GraphQLError as error:
        raise InvalidInput("schema", error.message) from error
    return "\n\n".join(map(print_ast, _merged(nodes))) + "\n"


def _merged(nodes: tuple[DefinitionNode, ...]) -> tuple[DefinitionNode, ...]:
    defined: dict[tuple[str, str], DefinitionNode] = {}
    for node in nodes:
        if not _is_extension(node):
            key = _key(node)
            if key in defined:
                raise InvalidInput("schema", f"{key[1] or 'schema'} is defined twice")
            defined[key] = node
    for node in filter(_is_extension, nodes):
        key = _key(node)
        if key not in defined:
            raise InvalidInput("schema", f"{key[1] or 'schema'} is extended, and not defined")
        defined[key] = _with(defined[key], node)
    return tuple(defined.values())


def _with(node: DefinitionNode, extension: DefinitionNode) -> DefinitionNode:
    parts = {part: tuple(getattr(extension, part, None) or ()) for part in _PARTS}
    before = {part: tuple(getattr(node, part) or ()) for part, added in parts.items() if added}
    more = {
        part: (*there, *(each for each in parts[part] if each not in there))
        for part, there in before.items()
    }
    remade: Callable[..., DefinitionNode] = replace
    return remade(node, **more)


def _is_extension(node: DefinitionNode) -> bool:
    return node.kind.endswith("_extension")


def _key(node: DefinitionNode) -> tuple[str, str]:
    """Return what kind of thing a definition or extension is about, and its name."""
    kind = re.sub(r"(_type)?_(definition|extension)$", "", node.kind)
    name = getattr(node, "name", None)
    return kind, name.value if name else ""
