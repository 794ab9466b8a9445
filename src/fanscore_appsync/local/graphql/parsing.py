"""Queries, parsed, checked and validated; the ones seen lately are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import attrs
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    ValidationContext,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError

from fanscore_appsync.local.graphql.limits import (
    DEPTH_REACHED,
    LimitReached,
    Limits,
    check_document,
    check_query,
)

MAX_KEPT_CHARS = 250_000
"""The most text of which the documents are kept; a document takes about 200 times its text."""

MAX_COMPARISONS = 50_000
"""How often two fields of a document are compared, for they share a name and must not conflict.

A fifth of what graphql-core allows: its work grows with the square of the fields of one name.
"""


class Refused(Exception):
    """A query cannot be executed."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("the query cannot be executed")
        self.errors = errors


@attrs.frozen(eq=False)
class Document:
    """A valid document.

    Attributes:
        node: its syntax tree.
        conditional: whether parts of it may be skipped.
        selections: what was selected below its fields, as it was worked out before.
    """

    node: DocumentNode
    conditional: bool
    selections: dict[tuple[int, ...], tuple[Sequence[str], str]] = attrs.field(factory=dict)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation of a name, or the only one.

        Raises:
            Refused: there is none, or several without a name given.
        """
        operations = [
            each for each in self.node.definitions if isinstance(each, OperationDefinitionNode)
        ]
        if name is not None:
            operations = [each for each in operations if each.name and each.name.value == name]
        if len(operations) == 1:
            return operations[0]
        problem = "Unknown operation" if name else "The request must name one of its operations"
        raise Refused([GraphQLError(problem)])


class Documents:
    """Reads queries of one schema, and keeps the documents of those that were used lately."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        extra = () if limits.introspection else (NoSchemaIntrospectionCustomRule,)
        self._rules = (*_RULES, *extra)
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._kept_chars = 0

    def read(self, query: str) -> Document:
        """Return the document of a query.

        Raises:
            Refused: it is too large, not GraphQL, or not valid for the schema.
        """
        kept = self._kept.get(query)
        if kept is not None:
            self._kept.move_to_end(query)
            return kept
        document = self._read(query)
        self._keep(query, document)
        return document

    def _read(self, query: str) -> Document:
        limits = self._limits
        try:
            check_query(query, limits)
            node = parse(query, max_lexical_tokens=limits.tokens)
            check_document(node, limits)
            errors = self._validate(node)
        except GraphQLError as error:
            raise Refused([error]) from error
        except RecursionError as error:
            raise Refused([LimitReached(limits.depth, "levels", DEPTH_REACHED)]) from error
        if errors:
            raise Refused(errors)
        return Document(node, "@" in query)

    def _validate(self, node: DocumentNode) -> Sequence[GraphQLError]:
        limits = self._limits
        errors = validate(
            self._schema, node, self._rules, hide_suggestions=not limits.introspection
        )
        if any(_is_too_deep(each) for each in errors):
            raise LimitReached(limits.depth, "levels", DEPTH_REACHED)
        return errors

    def _keep(self, query: str, document: Document) -> None:
        self._kept[query] = document
        self._kept_chars += len(query)
        while self._kept_chars > MAX_KEPT_CHARS:
            forgotten, _ = self._kept.popitem(last=False)
            self._kept_chars -= len(forgotten)


def is_query(operation: OperationDefinitionNode) -> bool:
    """Whether an operation only reads."""
    return operation.operation is OperationType.QUERY


class _OverlappingFields(OverlappingFieldsCanBeMergedRule):
    """The rule of the specification, with less work to spend, and a clear error for its end."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = 2 * MAX_COMPARISONS  # two for each

    def enter_selection_set(
        self, selection_set: SelectionSetNode, key: object, parent: object, *rest: object
    ) -> None:
        try:
            super().enter_selection_set(selection_set, key, parent, *rest)
        except ValidationAbortedError as error:
            if self.rule_context.remaining_complexity_budget >= 0:
                raise  # for too many errors
            raise LimitReached(MAX_COMPARISONS, "comparisons of fields of one name") from error


_RULES = tuple(
    _OverlappingFields if rule is OverlappingFieldsCanBeMergedRule else rule
    for rule in specified_rules
)


def _is_too_deep(error: GraphQLError) -> bool:
    """Whether graphql-core has given up since fragments nest too deep. It then says only that."""
    return isinstance(error, ValidationAbortedError) and error.message == "Validation aborted."
