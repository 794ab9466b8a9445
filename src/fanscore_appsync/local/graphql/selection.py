"""What is selected below a field, as ``info`` of an AppSync event tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    print_ast,
)
from graphql.execution.values import get_directive_values


def selection_list(info: GraphQLResolveInfo[object]) -> list[str]:
    """Return ``selectionSetList``: the paths of all selected fields, by alias, ``/`` between.

    What ``@skip`` and ``@include`` leave out is left out. UNSURE: the order of fields that
    several selections of one field bring together.
    """
    paths: dict[str, None] = {}
    for node in info.field_nodes:
        if node.selection_set:
            paths.update(dict.fromkeys(_paths(node.selection_set, "", info)))
    return list(paths)


def selection_text(nodes: Sequence[FieldNode]) -> str:
    """Return ``selectionSetGraphQL``: the selection set as text, fragments left as they stand."""
    selections: list[SelectionNode] = [
        each for node in nodes if node.selection_set for each in node.selection_set.selections
    ]
    return print_ast(SelectionSetNode(selections=tuple(selections))) if selections else ""


def _paths(
    selections: SelectionSetNode, prefix: str, info: GraphQLResolveInfo[object]
) -> Iterator[str]:
    for each in selections.selections:
        if _is_skipped(each, info):
            continue
        if isinstance(each, FieldNode):
            path = prefix + (each.alias or each.name).value
            yield path
            if each.selection_set:
                yield from _paths(each.selection_set, f"{path}/", info)
        elif isinstance(each, FragmentSpreadNode):
            fragment = info.fragments[each.name.value]
            yield from _paths(fragment.selection_set, prefix, info)
        elif isinstance(each, InlineFragmentNode):
            yield from _paths(each.selection_set, prefix, info)


def _is_skipped(node: SelectionNode, info: GraphQLResolveInfo[object]) -> bool:
    if not node.directives:
        return False
    skip = get_directive_values(GraphQLSkipDirective, node, info.variable_values)
    include = get_directive_values(GraphQLIncludeDirective, node, info.variable_values)
    return bool(skip and skip["if"]) or bool(include and not include["if"])
