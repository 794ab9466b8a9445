"""What a request may cost: bounds on its size and on the work that its query asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import attrs
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

DEPTH_REACHED = "QueryDepthLimitReached"
LIMIT_REACHED = "QueryLimitReached"

Definition: TypeAlias = "OperationDefinitionNode | FragmentDefinitionNode"


@attrs.frozen
class Limits:
    """The limits of a gateway; what exceeds one is refused before it is executed.

    Attributes:
        body_bytes: of an HTTP request's body.
        query_chars: of a query's text.
        tokens: of a query; AppSync's own limit.
        definitions: operations and fragments in a document.
        depth: of nested fields.
        root_fields: of one operation.
        fields: of one operation, each fragment counted as often as it is spread; twice as many of
            all definitions together.
        aliases: of one operation, counted in the same way.
        directives: of one operation, counted in the same way.
        introspection: whether the schema may be asked for.
        request_s: how long a request may take from its headers to its answer, in seconds; its
            headers may take as long before that.
    """

    body_bytes: int = 1_000_000
    query_chars: int = 50_000
    tokens: int = 15_000
    definitions: int = 100
    depth: int = 20
    root_fields: int = 20
    fields: int = 500
    aliases: int = 50
    directives: int = 50
    introspection: bool = True
    request_s: float = 30.0


DEFAULT_LIMITS = Limits()


class LimitReached(GraphQLError):
    """A query asks for more than a limit allows.

    Attributes:
        error_type: the ``errorType`` to answer with.
    """

    def __init__(self, limit: int, of: str, error_type: str = LIMIT_REACHED) -> None:
        """Say what the query has too many of."""
        super().__init__(f"The query has more than {limit} {of}")
        self.error_type = error_type


@attrs.frozen
class Size:
    """What a selection set asks for, its fragments included."""

    fields: int = 0
    aliases: int = 0
    directives: int = 0
    depth: int = 0
    root_fields: int = 0


def check_query(text: str, limits: Limits) -> None:
    """Check the length of a query's text.

    Raises:
        LimitReached: it is longer than allowed.
    """
    if len(text) > limits.query_chars:
        raise LimitReached(limits.query_chars, "characters")


def check_document(document: DocumentNode, limits: Limits) -> None:
    """Check what the operations of a document ask for, and its fragments, used or not.

    Raises:
        LimitReached: it is more than allowed; names the limit.
    """
    if len(document.definitions) > limits.definitions:
        raise LimitReached(limits.definitions, "definitions")
    executable = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    meter = _Meter(
        {each.name.value: each for each in executable if isinstance(each, FragmentDefinitionNode)},
        limits,
    )
    fields = sum(meter.check(each).fields for each in executable)
    _check(fields, 2 * limits.fields, "fields in all its definitions")


class _Meter:
    """Measures definitions, each fragment once. A spread that closes a cycle counts nothing."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], limits: Limits) -> None:
        self._fragments = fragments
        self._limits = limits
        self._sizes: dict[str, Size] = {}

    def check(self, definition: Definition) -> Size:
        size = self._of_selections(definition.selection_set, 1)
        limits = self._limits
        own = len(definition.directives or ())
        if isinstance(definition, OperationDefinitionNode):
            variables = definition.variable_definitions or ()
            own += sum(len(each.directives or ()) for each in variables)
            _check(size.root_fields, limits.root_fields, "root fields")
        _check(size.depth, limits.depth, "levels", DEPTH_REACHED)
        _check(size.fields, limits.fields, "fields")
        _check(size.aliases, limits.aliases, "aliases")
        _check(size.directives + own, limits.directives, "directives")
        return size

    def _of_fragment(self, name: str) -> Size:
        if name not in self._sizes:
            self._sizes[name] = Size()  # met again before it is measured: a cycle
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._sizes[name] = self._of_selections(fragment.selection_set, 1)
        return self._sizes[name]

    def _of_selections(self, selections: SelectionSetNode, nesting: int) -> Size:
        fields = aliases = directives = depth = root_fields = 0
        for size in self._of_each(selections, nesting):
            fields += size.fields
            aliases += size.aliases
            directives += size.directives
            root_fields += size.root_fields
            depth = max(depth, size.depth)
        return Size(fields, aliases, directives, depth, root_fields)

    def _of_each(self, selections: SelectionSetNode, nesting: int) -> Iterator[Size]:
        if nesting > 10 * self._limits.depth:  # inline fragments within inline fragments
            raise LimitReached(self._limits.depth, "levels", DEPTH_REACHED)
        for each in selections.selections:
            yield Size(directives=len(each.directives or ()))
            if isinstance(each, FieldNode):
                inner = Size()
                if each.selection_set:
                    inner = self._of_selections(each.selection_set, nesting + 1)
                yield Size(
                    inner.fields + 1,
                    inner.aliases + (each.alias is not None),
                    inner.directives,
                    inner.depth + 1,
                    root_fields=1,
                )
            elif isinstance(each, FragmentSpreadNode):
                yield self._of_fragment(each.name.value)
            elif isinstance(each, InlineFragmentNode):
                yield self._of_selections(each.selection_set, nesting + 1)


def _check(count: int, limit: int, of: str, error_type: str = LIMIT_REACHED) -> None:
    if count > limit:
        raise LimitReached(limit, of, error_type)
