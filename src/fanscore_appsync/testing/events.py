"""Events as AppSync sends them to a direct Lambda resolver, one or a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from fanscore_appsync.api import API, Api
from fanscore_appsync.fields import Field
from fanscore_appsync.testing.identities import Identity
from fanscore_appsync.testing.misuse import KitMisuse, unknown
from fanscore_appsync.testing.spelling import graphql_members

Selected: TypeAlias = "dict[str, Selected]"
"""Selected fields by name, each with what is selected below it."""


def appsync_event(  # noqa: PLR0913  # the parts of an event
    field: str,
    arguments: Mapping[str, object],
    identity: Identity | None = None,
    *,
    source: Mapping[str, object] | None = None,
    headers: Mapping[str, object] | None = None,
    selection: Sequence[str] = (),
    envelope: bool = False,
    api: Api = API,
) -> dict[str, object]:
    """Make the event of a direct Lambda resolver.

    AppSync sends no event with an unknown field or argument, so none is made;
    ``unchecked_event`` makes any.

    Args:
        field: parent type and name, such as ``VFApi.accountFanscore``.
        arguments: of the field.
        identity: who calls; ``None`` for an API key or for nobody.
        source: the parent object, of a child field.
        headers: of the HTTP request; ``API_KEY_HEADERS`` for an API key.
        selection: the selected fields, such as ``boosts/arm``; both selection sets are made of it.
        envelope: whether a response handler stands between.
        api: that has the field.

    Raises:
        KitMisuse: the API has no such field, or the field no such argument.
    """
    __tracebackhide__ = True
    _check(field, arguments, api)
    return unchecked_event(
        field,
        arguments,
        identity,
        source=source,
        headers=headers,
        selection=selection,
        envelope=envelope,
    )


def unchecked_event(
    field: str,
    arguments: Mapping[str, object],
    identity: Identity | None = None,
    *,
    source: Mapping[str, object] | None = None,
    headers: Mapping[str, object] | None = None,
    selection: Sequence[str] = (),
    envelope: bool = False,
) -> dict[str, object]:
    """Make an event that AppSync may never send, of a field that need not be there.

    Everything else is as for ``appsync_event``.
    """
    __tracebackhide__ = True
    parent, _, name = field.partition(".")
    selected = _selected(selection)
    event: dict[str, object] = {
        "arguments": dict(arguments),
        "identity": identity,
        "source": None if source is None else dict(source),
        "request": {"headers": dict(headers or {}), "domainName": None},
        "prev": None,
        "stash": {},
        "info": {
            "fieldName": name,
            "parentTypeName": parent,
            "variables": {},
            "selectionSetList": list(_paths(selected)),
            "selectionSetGraphQL": _text(selected),
        },
    }
    return {**event, "envelope": True} if envelope else event


def appsync_batch(
    field: str,
    items: Sequence[Mapping[str, object]],
    identity: Identity | None = None,
    *,
    headers: Mapping[str, object] | None = None,
    selection: Sequence[str] = (),
    api: Api = API,
) -> list[dict[str, object]]:
    """Make the event of a batch: one context for each item, all of one request.

    Args:
        field: as for ``appsync_event``.
        items: the parent objects, of a child field; the arguments, of any other.
        identity: as for ``appsync_event``.
        headers: of the client's request.
        selection: the fields that the client selects.
        api: that has the field.

    Raises:
        KitMisuse: as ``appsync_event``.
    """
    __tracebackhide__ = True
    is_child = field in api.fields and api.fields[field].from_source
    events = []
    for item in items:  # a comprehension would show in the traceback of a misuse
        arguments, source = ({}, item) if is_child else (item, None)
        events.append(
            appsync_event(
                field,
                arguments,
                identity,
                source=source,
                headers=headers,
                selection=selection,
                api=api,
            )
        )
    return events


def _check(field: str, arguments: Mapping[str, object], api: Api) -> None:
    __tracebackhide__ = True
    if field not in api.fields and field not in api.namespaces:
        raise unknown(field, field, "field", {*api.fields, *api.namespaces})
    known = _argument_names(api.fields.get(field))
    for name in arguments:
        if name not in known:
            raise unknown(f"{field}.{name}", name, "argument", known)


def _argument_names(row: Field | None) -> Sequence[str]:
    if row is None or row.from_source:
        return ()
    return list(graphql_members(row.given))


def _selected(selection: Sequence[str]) -> Selected:
    __tracebackhide__ = True
    if isinstance(selection, str):
        raise KitMisuse("selection", f"expected a list of paths, such as {[selection]}")
    tree: Selected = {}
    for path in selection:
        below = tree
        for name in path.split("/"):
            if not name.isidentifier():
                raise KitMisuse("selection", f"{path!r} is no path such as boosts/arm")
            below = below.setdefault(name, {})
    return tree


def _paths(selected: Selected, prefix: str = "") -> Iterator[str]:
    for name, below in selected.items():
        yield prefix + name
        yield from _paths(below, f"{prefix}{name}/")


def _text(selected: Selected, indent: str = "") -> str:
    if not selected:
        return ""
    inner = f"{indent}  "
    lines = [f"{inner}{name} {_text(below, inner)}".rstrip() for name, below in selected.items()]
    return "\n".join(["{", *lines, f"{indent}}}"])
