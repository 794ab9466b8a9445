"""Score policies as JSON documents (docs/reference/score-policy.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import cast

import attrs

from fanscore_adapters.documents.converter import StrictConverter, same
from fanscore_adapters.documents.json_text import json_text, parse_json
from fanscore_core.errors import InvalidInput
from fanscore_core.policy import ScorePolicy
from fanscore_core.signals import SIGNALS, Band, Signal, SignalPolicy

_converter = StrictConverter(same, forbid_extra_keys=True)


def parse_policy(text: str, signals: Sequence[Signal] = SIGNALS) -> ScorePolicy:
    """Read a score policy.

    Args:
        text: JSON, with a section for each signal; one that is not required may be left out.
        signals: that a policy says the worth of.

    Raises:
        InvalidInput: it is not JSON, or not a policy; names the path of the mistake.
    """
    document: object = _converter.structure(parse_json(text), _shape(tuple(signals)), "policy")
    given = attrs.asdict(cast("attrs.AttrsInstance", document), recurse=False)
    sections = {signal: given[signal.name] for signal in signals}
    try:
        return ScorePolicy(
            given["version"], given["range"], given["no_history_raw_score"], sections
        )
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"policy.{error.where}") from None


def policy_text(policy: ScorePolicy) -> str:
    """Write a policy as the document that ``parse_policy`` reads, one line a band."""
    members = {
        "version": json_text(policy.version),
        "range": f"[{policy.range[0]}, {policy.range[1]}]",
        "no_history_raw_score": json_text(policy.no_history_raw_score),
        **{signal.name: _section_text(worth) for signal, worth in policy.signals.items()},
    }
    return _object_text(members, "")


def _section_text(worth: SignalPolicy) -> str:
    bands = ",\n".join(f"      {_band_text(band)}" for band in worth.bands)
    members = {"unavailable": json_text(worth.unavailable), "bands": f"[\n{bands}\n    ]"}
    return _object_text(members, "  ")


def _object_text(members: Mapping[str, str], indent: str) -> str:
    lines = ",\n".join(f'{indent}  "{name}": {text}' for name, text in members.items())
    return f"{{\n{lines}\n{indent}}}"


def _band_text(band: Band) -> str:
    bound = {} if band.below is None else {"below": band.below}
    members = {**bound, "points": band.points, "code": band.code}
    return "{" + ", ".join(f'"{name}": {json_text(each)}' for name, each in members.items()) + "}"


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
