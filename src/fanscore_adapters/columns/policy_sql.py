"""A score policy as SQL: what ``decide`` gives, for a table of findings at once.

The text is of the SQL that DuckDB and Spark share. A table of findings has the columns of
``findings_columns`` and may have others. All numbers are exact: integers and ``DECIMAL``, never
floating point. See docs/reference/columns.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from fanscore_core.finding_classes import SharedBands
from fanscore_core.policy import ScorePolicy
from fanscore_core.signals import MAX_DECIMALS, Missing, Signal, SignalPolicy

EVENT_COLUMN, ORIGIN_COLUMN, RAW_COLUMN = "event_id", "origin", "raw"

VALUE_TYPE = f"DECIMAL(25, {MAX_DECIMALS})"
"""Of a signal's value: no bound of a policy has more digits, before the point or after it."""

WAYS_TO_BE_MISSING = tuple(Missing)
"""The order in which they are numbered among places."""


def findings_columns(signals: Iterable[Signal]) -> Mapping[str, str]:
    """Return the columns of a table of findings, in order, each with its type.

    Args:
        signals: of which there is a value, or a reason to have none.
    """
    columns = {EVENT_COLUMN: "VARCHAR", ORIGIN_COLUMN: "VARCHAR", RAW_COLUMN: "SMALLINT"}
    for signal in signals:
        columns[value_column(signal)] = VALUE_TYPE
        columns[missing_column(signal)] = "VARCHAR"
    return MappingProxyType(columns)


def value_column(signal: Signal) -> str:
    """Return the column of a signal's value, which is null where it has none."""
    return f"{signal.name}_value"


def missing_column(signal: Signal) -> str:
    """Return the column that says why a signal has no value, by the name of ``Missing``."""
    return f"{signal.name}_missing"


def policy_sql(policy: ScorePolicy, table: str = "findings") -> str:
    """Write a policy as a query over a table of findings.

    The query gives all columns of the table, and after them ``raw_score``; of each signal
    ``…_code``, ``…_points`` and ``…_degraded``; ``cut_off``, which the range adds or takes; and
    ``score``. The code of the base score is ``origin``; ``CLAMPED`` is a reason where ``cut_off``
    is not 0.

    Args:
        policy: the policy.
        table: what stands after FROM: a table's name, or a query in parentheses. It is not checked,
            so nothing of it may come from a stranger.
    """
    low, high = policy.range
    parts = [f"{_raw_score(policy)} AS raw_score"]
    for signal, worth in policy.signals.items():
        parts.append(f"{_code(signal, worth)} AS {signal.name}_code")
        parts.append(f"{_points(signal, worth)} AS {signal.name}_points")
        parts.append(f"{_is_unavailable(signal)} AS {signal.name}_degraded")
    total = " + ".join(["raw_score", *(f"{each.name}_points" for each in policy.signals)])
    score = f"LEAST(GREATEST({total}, {_integer(low)}), {_integer(high)})"
    worths = ",\n    ".join(parts)
    return f"""\
SELECT *, score - ({total}) AS cut_off
FROM (
  SELECT *, {score} AS score
  FROM (
    SELECT *,
    {worths}
    FROM {table}
  ) AS worth
) AS decided
"""  # noqa: S608  # names and codes are identifiers, bounds and points are numbers


def classes_sql(bands: SharedBands, table: str = "findings") -> str:
    """Write the query that counts a table of findings by class.

    Its rows are the origin, the rounded raw score (null for newcomers), of each signal the number
    of its place, and how many people there are. Places are numbered as the bands ascend, from 0,
    and after them as ``WAYS_TO_BE_MISSING`` are.

    Args:
        bands: say what the classes are.
        table: as for ``policy_sql``.
    """
    keys = ", ".join(
        [ORIGIN_COLUMN, "raw_score", *(f"{signal.name}_place" for signal in bands.bounds)]
    )
    columns = ",\n    ".join(
        [
            ORIGIN_COLUMN,
            f"{_rounded()} AS raw_score",
            *(f"{_place(*each)} AS {each[0].name}_place" for each in bands.bounds.items()),
        ]
    )
    return f"""\
SELECT {keys}, COUNT(*) AS people
FROM (
    SELECT {columns}
    FROM {table}
) AS placed
GROUP BY {keys}
"""  # noqa: S608  # as above


def _raw_score(policy: ScorePolicy) -> str:
    newcomers = _integer(policy.no_history_raw_score)
    return f"CASE WHEN {RAW_COLUMN} IS NULL THEN {newcomers} ELSE {_rounded()} END"


def _rounded() -> str:
    # Of exact numbers, ROUND takes halves away from zero, as decide does.
    return f"CAST(ROUND({RAW_COLUMN}, 0) AS BIGINT)"


def _code(signal: Signal, worth: SignalPolicy) -> str:
    bands = [f"'{band.code}'" for band in worth.bands]
    reasons = [(each, f"'{signal.code(each)}'") for each in Missing]
    return _case(signal, _bounds(worth), bands, reasons)


def _points(signal: Signal, worth: SignalPolicy) -> str:
    bands = [_integer(band.points) for band in worth.bands]
    reasons = [
        (each, _integer(worth.unavailable if each is Missing.UNAVAILABLE else 0))
        for each in Missing
    ]
    return _case(signal, _bounds(worth), bands, reasons)


def _place(signal: Signal, bounds: Sequence[Decimal]) -> str:
    bands = [str(index) for index in range(len(bounds) + 1)]
    reasons = [(each, str(len(bands) + index)) for index, each in enumerate(WAYS_TO_BE_MISSING)]
    return _case(signal, bounds, bands, reasons)


def _case(
    signal: Signal,
    bounds: Sequence[Decimal],
    bands: Sequence[str],
    reasons: Iterable[tuple[Missing, str]],
) -> str:
    """Choose by the band of a value, or by the reason why it is missing.

    A row without value and reason was not asked.
    """
    value, chosen = value_column(signal), dict(reasons)
    below = [
        f"WHEN {value} < {bound:f} THEN {band}" for bound, band in zip(bounds, bands, strict=False)
    ]
    known = [f"WHEN {value} IS NOT NULL THEN {bands[-1]}"]
    not_asked = chosen[Missing.NOT_ASKED]
    missing = [
        f"WHEN {missing_column(signal)} = '{each.name}' THEN {band}"
        for each, band in chosen.items()
        if band != not_asked
    ]
    return " ".join(["CASE", *below, *known, *missing, f"ELSE {not_asked} END"])


def _is_unavailable(signal: Signal) -> str:
    # COALESCE, since what is compared with null is neither true nor false.
    is_it = f"{missing_column(signal)} = '{Missing.UNAVAILABLE.name}'"
    return f"COALESCE({value_column(signal)} IS NULL AND {is_it}, FALSE)"


def _bounds(worth: SignalPolicy) -> list[Decimal]:
    return [band.below for band in worth.bands if band.below is not None]


def _integer(number: int) -> str:
    return f"CAST({number} AS BIGINT)"
