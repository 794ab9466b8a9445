"""The log line of a decision: what may be kept of it without any link to a person.

No fan's id, no exact finding and no nonce stands in it; its leaf alone says of which receipt it is,
to whoever holds that receipt. See docs/reference/receipts.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import TypeAlias, cast

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.findings import ScoreOrigin, round_half_up
from fanscore_core.ids import EventId, valid_optional_id
from fanscore_core.jcs import is_exact_integer, known_scalar_text, known_strings_text
from fanscore_core.policy import ScorePolicy
from fanscore_core.receipt import Receipt, valid_hash, valid_integer, valid_text
from fanscore_core.scalars import TEXT_RULE, is_text
from fanscore_core.signals import Missing

_optional = attrs.validators.optional

Bands: TypeAlias = Mapping[str, int | str]
"""Of each signal the index of its value's band, from 0, or why it has no value."""

MARK = "fanscore_decision"
"""The member that tells our lines from others."""

FORMAT = 1
"""Of the line; it is the value of ``MARK``."""

HOUR_RULE = "expected an hour in UTC, such as 2026-11-28T20Z"

# Read once: to ask an enum for its members takes longer than to look them up.
_WAYS, _ORIGINS = frozenset(Missing.__members__), frozenset(ScoreOrigin.__members__)

_is_hour = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])Z", re.ASCII).fullmatch


def _read_only(bands: Bands) -> Bands:
    return MappingProxyType(dict(bands))


def valid_hour(_instance: object, field: attrs.Attribute[str], value: object) -> None:
    """Validate an attrs field that holds an hour, such as ``2026-11-28T20Z``.

    Raises:
        InvalidInput: naming the field.
    """
    if type(value) is not str or not _is_hour(value):
        raise InvalidInput(field.name, HOUR_RULE)
    try:
        date.fromisoformat(value[:10])
    except ValueError as error:
        raise InvalidInput(field.name, HOUR_RULE) from error


def _valid_bands(_instance: object, field: attrs.Attribute[Bands], value: Bands) -> None:
    for name, band in value.items():
        is_index = is_exact_integer(band) and cast("int", band) >= 0
        if not is_text(name) or not name.isascii():
            raise InvalidInput(field.name, "expected names of signals")
        if not is_index and (type(band) is not str or band not in _WAYS):
            ways = " or ".join(Missing.__members__)
            raise InvalidInput(f"{field.name}.{name}", f"expected an index from 0, or {ways}")


def _valid_texts(_instance: object, field: attrs.Attribute[tuple[str, ...]], value: object) -> None:
    if type(value) is not tuple or not all(map(is_text, value)):
        raise InvalidInput(field.name, f"expected a tuple of text: {TEXT_RULE}")


def _valid_origin(_instance: object, field: attrs.Attribute[str | None], value: object) -> None:
    if value is not None and (type(value) is not str or value not in _ORIGINS):
        raise InvalidInput(field.name, f"expected {' or '.join(ScoreOrigin.__members__)}")


@attrs.frozen
class DecisionLine:
    """What is logged of a decision.

    Attributes:
        leaf: of its receipt.
        event_id: for which event, as it was asked; ``None`` without one.
        hour: when, to the hour, in UTC: ``2026-11-28T20Z``.
        policy_digest: of the policy that decided.
        code_version: the version of fanscore that decided.
        origin: where the base score came from; ``None`` for an error.
        raw: the stored raw score, rounded half up; ``None`` without one.
        bands: of each signal the index of its value's band under the policy that decided, from 0,
            or why there is no value.
        score: that was decided; ``None`` for an error.
        codes: of the reasons, in order.
        degraded: the names of the signals whose system gave no answer.
        error: the code of the error, if the decision ended in one.
        shadow_score: what the shadow policy would have decided, if there was one.

    Raises:
        InvalidInput: a part is not valid (``InvalidId`` if that is the event); names the attribute.
    """

    leaf: str = attrs.field(validator=valid_hash)
    event_id: EventId | None = attrs.field(validator=valid_optional_id)
    hour: str = attrs.field(validator=valid_hour)
    policy_digest: str = attrs.field(validator=valid_hash)
    code_version: str = attrs.field(validator=valid_text)
    origin: str | None = attrs.field(validator=_valid_origin)
    raw: int | None = attrs.field(validator=_optional(valid_integer))
    bands: Bands = attrs.field(converter=_read_only, validator=_valid_bands, hash=False)
    score: int | None = attrs.field(validator=_optional(valid_integer))
    codes: tuple[str, ...] = attrs.field(validator=_valid_texts)
    degraded: tuple[str, ...] = attrs.field(validator=_valid_texts)
    error: str | None = attrs.field(validator=_optional(valid_text))
    shadow_score: int | None = attrs.field(validator=_optional(valid_integer))

    @property
    def document(self) -> Mapping[str, object]:
        """The line as the document of docs/reference/receipts.md."""
        return _document(attrs.astuple(self, recurse=False))

    @property
    def text(self) -> str:
        """The line in canonical JSON (RFC 8785), without its end."""
        return _text(attrs.astuple(self, recurse=False))


def decision_line(receipt: Receipt, policy: ScorePolicy) -> DecisionLine:
    """Make the log line of a decision.

    Args:
        receipt: of the decision.
        policy: that decided.
    """
    return DecisionLine(*_parts(receipt, policy))


def decision_line_text(receipt: Receipt, policy: ScorePolicy) -> str:
    """Write the log line of a decision, as ``decision_line`` makes it, in half the time.

    What a receipt consists of was checked when it was made, and is not checked again.

    Args:
        receipt: of the decision.
        policy: that decided.
    """
    return _text(_parts(receipt, policy))


_Parts: TypeAlias = tuple[
    str,
    EventId | None,
    str,
    str,
    str,
    str | None,
    int | None,
    Bands,
    int | None,
    tuple[str, ...],
    tuple[str, ...],
    str | None,
    int | None,
]
"""The attributes of a line, in their order."""

MEMBERS = (
    "leaf",
    "event",
    "hour",
    "policy",
    "code",
    "origin",
    "raw",
    "bands",
    "score",
    "codes",
    "degraded",
    "error",
    "shadow",
)
"""What they are called in its document, which has ``MARK`` besides."""


def _parts(receipt: Receipt, policy: ScorePolicy) -> _Parts:
    findings, decision = receipt.findings, receipt.decision
    raw = findings.raw if findings else None
    return (
        receipt.leaf,
        receipt.event_id,
        _hour(receipt.decided_at),
        receipt.policy_digest,
        receipt.code_version,
        findings.origin.name if findings else None,
        None if raw is None else round_half_up(raw),
        policy.points.bands(findings) if findings else {},
        decision.score if decision else None,
        tuple(code for code, _ in decision.reasons) if decision else (),
        decision.degraded if decision else (),
        receipt.error,
        receipt.shadow.score if receipt.shadow else None,
    )


def _document(parts: Sequence[object]) -> Mapping[str, object]:
    members = dict(zip(MEMBERS, parts, strict=True))
    bands, codes, degraded = members["bands"], members["codes"], members["degraded"]
    return {
        **members,
        MARK: FORMAT,
        "bands": dict(cast("Bands", bands)),
        "codes": list(cast("tuple[str, ...]", codes)),
        "degraded": list(cast("tuple[str, ...]", degraded)),
    }


def _text(parts: _Parts) -> str:
    """Write the document by hand: an encoder, and the document for it, take twice as long."""
    leaf, event, hour, policy, code, origin, raw, bands, score, codes, degraded, error, shadow = (
        parts
    )
    text = known_scalar_text
    in_bands = ",".join([f"{text(name)}:{text(band)}" for name, band in sorted(bands.items())])
    return (
        f'{{"bands":{{{in_bands}}},"code":{text(code)},"codes":{known_strings_text(codes)}'
        f',"degraded":{known_strings_text(degraded)},"error":{text(error)},"event":{text(event)}'
        f',"{MARK}":{FORMAT},"hour":"{hour}","leaf":"{leaf}","origin":{text(origin)}'
        f',"policy":"{policy}","raw":{text(raw)},"score":{text(score)},"shadow":{text(shadow)}}}'
    )


def _hour(moment: datetime) -> str:
    return moment.isoformat(timespec="hours").removesuffix("+00:00") + "Z"
