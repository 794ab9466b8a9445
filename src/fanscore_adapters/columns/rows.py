"""Findings as rows of a table, and back (docs/reference/columns.md).

A row keeps all that any policy can see of findings, and no more: of a value the nine decimals that
a bound can have, rounded down, and the rounded raw score. So it decides as the findings do. What is
beyond every bound is kept as just that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, Context, Decimal

from fanscore_adapters.columns.policy_sql import (
    EVENT_COLUMN,
    ORIGIN_COLUMN,
    RAW_COLUMN,
    missing_column,
    value_column,
)
from fanscore_adapters.documents.findings import FindingsLine
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import MAX_STORED_SCORE, Finding, Findings, ScoreOrigin, round_half_up
from fanscore_core.ids import EventId
from fanscore_core.signals import MAX_DECIMALS, SIGNALS, Missing, Signal

_BEYOND = Decimal(2**53)  # no bound is
_FINEST = Decimal(1).scaleb(-MAX_DECIMALS)
_EXACT = Context(prec=60)


def row_of(
    line: FindingsLine, signals: Iterable[Signal] = SIGNALS
) -> Mapping[str, str | int | Decimal | None]:
    """Return the row of findings, by column.

    Raises:
        InvalidInput: their raw score is none that a table keeps.
    """
    found = line.findings
    raw = None if found.raw is None else round_half_up(found.raw)
    if raw is not None and not 0 <= raw <= MAX_STORED_SCORE:
        raise InvalidInput("raw", f"expected a number from 0 to {MAX_STORED_SCORE}")
    row: dict[str, str | int | Decimal | None] = {
        EVENT_COLUMN: line.event,
        ORIGIN_COLUMN: found.origin.name,
        RAW_COLUMN: raw,
    }
    for signal in signals:
        finding = found.of(signal)
        row[value_column(signal)] = None if isinstance(finding, Missing) else _kept(finding)
        row[missing_column(signal)] = finding.name if isinstance(finding, Missing) else None
    return row


def findings_of(row: Mapping[str, object], signals: Iterable[Signal] = SIGNALS) -> Findings:
    """Return the findings of a row.

    Args:
        row: by column; numbers are ``Decimal`` or ``int``, and what is null is ``None``.
        signals: that the row has columns for.

    Raises:
        InvalidInput: the row is wrong; names the column.
    """
    origin, raw = row[ORIGIN_COLUMN], row[RAW_COLUMN]
    if origin not in ScoreOrigin.__members__:
        raise InvalidInput(ORIGIN_COLUMN, f"expected {' or '.join(ScoreOrigin.__members__)}")
    base = None if raw is None else _number(RAW_COLUMN, raw)
    return Findings(ScoreOrigin[str(origin)], base, {each: _finding(row, each) for each in signals})


def event_of(row: Mapping[str, object]) -> EventId | None:
    """Return the event of a row."""
    event = row[EVENT_COLUMN]
    return None if event is None else EventId(str(event))


def _finding(row: Mapping[str, object], signal: Signal) -> Finding:
    value, missing = row[value_column(signal)], row[missing_column(signal)]
    if value is not None:
        return _number(value_column(signal), value)
    if missing is None:
        return Missing.NOT_ASKED
    if missing not in Missing.__members__:
        raise InvalidInput(missing_column(signal), f"expected {' or '.join(Missing.__members__)}")
    return Missing[str(missing)]


def _number(where: str, value: object) -> Decimal:
    if type(value) is int or type(value) is Decimal:
        return Decimal(value)
    raise InvalidInput(where, f"expected an exact number, got {type(value).__name__}")


def _kept(value: Decimal) -> Decimal:
    """Return what a policy can see of a value."""
    return min(max(value, -_BEYOND), _BEYOND).quantize(_FINEST, ROUND_FLOOR, _EXACT)
