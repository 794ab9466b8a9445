"""Score policies and policy books as JSON documents (docs/reference/score-policy.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import cast

import attrs

from fanscore_adapters.documents.converter import StrictConverter, looks_like_a_name, same
from fanscore_adapters.documents.json_text import json_text, parse_json
from fanscore_core.errors import InvalidInput
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_book import PolicyBook, check_event_ids, path_of
from fanscore_core.signals import (
    MEMBERS_BESIDE_SIGNALS,
    MEMBERS_OF_BOOK,
    SIGNALS,
    Band,
    Signal,
    SignalPolicy,
)

_converter = StrictConverter(same, forbid_extra_keys=True)


def parse_policy(text: str, signals: Sequence[Signal] = SIGNALS) -> ScorePolicy:
    """Read a score policy.

    Args:
        text: JSON, with a section for each signal; one that is not required may be left out.
        signals: that a policy says the worth of.

    Raises:
        InvalidInput: it is not JSON, or not a policy; names the path of the mistake.
    """
    return _policy(_parse(text), signals, "policy")


def parse_policy_book(text: str, signals: Sequence[Signal] = SIGNALS) -> PolicyBook:
    """Read a policy book, or a score policy as a book with a default alone.

    Args:
        text: JSON: ``{"default": {…}, "events": {"evt456": {…}}}`` with policies as
            ``parse_policy`` reads them, ``events`` or none; or such a policy.
        signals: as for ``parse_policy``.

    Raises:
        InvalidInput: it is not JSON, or no policy and no book, or a part of it is not valid
            (``InvalidId`` if that is an event id); names the path of the mistake.
    """
    document = _parse(text)
    if not _is_book(document):
        return PolicyBook(_policy(document, signals, "policy"))
    members = cast("Mapping[str, object]", document)
    try:
        return _book(members, signals)
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"book{'.' if error.where else ''}{error.where}") from None


def _parse(text: object) -> object:
    expected = "expected the text of a JSON document"
    if type(text) is not str:
        raise InvalidInput("policy", f"{expected}, got {type(text).__name__}")
    if not text.strip():
        raise InvalidInput("policy", f"{expected}, got an empty one")
    return parse_json(text)


def _is_book(document: object) -> bool:
    return isinstance(document, dict) and not document.keys().isdisjoint(MEMBERS_OF_BOOK)


def _book(members: Mapping[str, object], signals: Sequence[Signal]) -> PolicyBook:
    for name in sorted(members.keys() - set(MEMBERS_OF_BOOK)):
        shown = f" {name!r}" if looks_like_a_name(name) else ""
        raise InvalidInput("", f"unknown key{shown}")
    if "default" not in members:
        raise InvalidInput("default", "required")
    events = members.get("events", {})
    if type(events) is not dict:
        raise InvalidInput("events", "expected an object")
    check_event_ids(events)
    return PolicyBook(
        _policy(members["default"], signals, "default"),
        {name: _policy(each, signals, path_of(name)) for name, each in events.items()},
    )


def _policy(document: object, signals: Sequence[Signal], where: str) -> ScorePolicy:
    if _is_book(document):
        raise InvalidInput(where, "expected a policy, not a policy book")
    if document == {}:
        required = [signal.name for signal in signals if signal.required]
        names = ", ".join([*MEMBERS_BESIDE_SIGNALS, *required])
        raise InvalidInput(where, f"expected an object with {names}")
    parsed: object = _converter.structure(document, _shape(tuple(signals)), where)
    given = attrs.asdict(cast("attrs.AttrsInstance", parsed), recurse=False)
    sections = {signal: given[signal.name] for signal in signals}
    try:
        return ScorePolicy(
            given["version"], given["range"], given["no_history_raw_score"], sections
        )
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"{where}.{error.where}") from None


def policy_text(policy: ScorePolicy) -> str:
    """Write a policy as the document that ``parse_policy`` reads, one line a band."""
    members = {
        "version": json_text(policy.version),
        "range": f"[{policy.range[0]}, {policy.range[1]}]",
        "no_history_raw_score": json_text(policy.no_history_raw_score),
        **{signal.name: _section_text(worth) for signal, worth in policy.signals.items()},
    }
    return _object_text(members, "")


def policy_book_text(book: PolicyBook) -> str:
    """Write a book as the document that ``parse_policy_book`` reads.

    A book with a default alone is written as the policy that it is.
    """
    if not book.events:
        return policy_text(book.default)
    events: Mapping[str, str] = {
        event_id: _indented(policy_text(each)) for event_id, each in book.events.items()
    }
    members = {
        "default": _indented(policy_text(book.default)),
        "events": _indented(_object_text(events, "")),
    }
    return _object_text(members, "")


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _section_text(worth: SignalPolicy) -> str:
    bands = ",\n".join(f"      {_band_text(band)}" for band in worth.bands)
    members = {"unavailable": json_text(worth.unavailable), "bands": f"[\n{bands}\n    ]"}
    return _object_text(members, "  ")


def _object_text(members: Mapping[str, str], indent: str) -> str:
    lines = ",\n".join(f'{indent}  "{name}": {text}' for name, text in members.items())
    return f"{{\n{lines}\n{indent}}}"


def _band_text(band: Band) -> str:
    bound = {} if band.below is None else {"below": f"{band.below:f}"}
    members = {**bound, "points": json_text(band.points), "code": json_text(band.code)}
    return "{" + ", ".join(f'"{name}": {text}' for name, text in members.items()) + "}"


@cache
def _shape(signals: tuple[Signal, ...]) -> type:
    """Make the class of a policy's document: a member for each signal, beside those of all."""
    sections = {
        signal.name: attrs.field(
            type=SignalPolicy, default=attrs.NOTHING if signal.required else signal.default
        )
        for signal in signals
    }
    members = {
        "version": attrs.field(type=str),
        "range": attrs.field(type=tuple[int, int]),
        "no_history_raw_score": attrs.field(type=int),
    }
    return attrs.make_class("Policy", {**members, **sections}, frozen=True, kw_only=True)
