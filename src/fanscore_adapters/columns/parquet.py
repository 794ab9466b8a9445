"""Findings in Parquet files, read and written by DuckDB (``fanscore[columns]``).

See docs/reference/columns.md.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fanscore_adapters.columns.policy_sql import (
    EVENT_COLUMN,
    ORIGIN_COLUMN,
    RAW_COLUMN,
    WAYS_TO_BE_MISSING,
    classes_sql,
    findings_columns,
    missing_column,
    value_column,
)
from fanscore_adapters.columns.rows import event_of, findings_of, row_of
from fanscore_adapters.documents.findings import FindingsLine, ways_to_be_missing
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.finding_classes import FindingClass, Place, SharedBands
from fanscore_core.findings import MAX_STORED_SCORE, ScoreOrigin
from fanscore_core.ids import RULE, EventId, is_id
from fanscore_core.signals import MAX_DECIMALS, SIGNALS, Signal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXTRA_NEEDED = "needs fanscore[columns] (pip install 'fanscore[columns]'): there is no duckdb"
MEMORY = "1GB"
"""What DuckDB may hold; it spills what is more to disk."""

ROWS_AT_ONCE = 10_000

NARROW_TYPE = f"DECIMAL(18, {MAX_DECIMALS})"

_MILLIARD = 10**9

_is_exact = re.compile(r"U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(.*\)").fullmatch


def write_parquet(
    path: Path, lines: Iterable[FindingsLine], signals: Sequence[Signal] = SIGNALS
) -> None:
    """Write findings to a Parquet file, in bounded memory.

    Args:
        path: of the file, which is replaced.
        lines: the findings.
        signals: that the file has columns for.

    Raises:
        InvalidInput: findings have a raw score that no table keeps; or DuckDB is not installed, or
            cannot write the file.
    """
    with _connection() as duck, TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.csv"
        with rows.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_texts(line, signals) for line in lines)
        columns = ", ".join(
            f"'{name}': '{kind}'" for name, kind in findings_columns(signals).items()
        )
        duck.execute(
            f"CREATE TABLE findings AS FROM read_csv(?, columns = {{{columns}}}, header = false, "
            "delim = ',', quote = '\"', escape = '\"', nullstr = '', auto_detect = false)",
            [_literal_path(rows)],
        )
        duck.execute(f"COPY {_narrowed(duck, signals)} TO {sql_text(path)} (FORMAT parquet)")


def read_parquet(path: Path, signals: Sequence[Signal] = SIGNALS) -> Iterator[FindingsLine]:
    """Read what ``write_parquet`` writes, in bounded memory.

    Args:
        path: of the file.
        signals: that the file has columns for.

    Raises:
        InvalidInput: it is no such file; names the first row that is wrong, and its column. Or
            DuckDB is not installed.
    """
    with _connection() as duck:
        _check(duck, path, signals)
        names = tuple(findings_columns(signals))
        columns = ", ".join(names)
        cursor = duck.execute(f"SELECT {columns} FROM read_parquet(?)", [_literal_path(path)])  # noqa: S608  # of identifiers
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for values in rows:
                row = dict(zip(names, values, strict=True))
                yield FindingsLine(event_of(row), findings_of(row, signals))


def count_parquet(
    path: Path,
    bands: SharedBands,
    event: EventId | None = None,
    signals: Sequence[Signal] = SIGNALS,
) -> Mapping[FindingClass, int]:
    """Count the findings of a Parquet file by class, in bounded memory.

    Args:
        path: of the file.
        bands: of the signals, say what the classes are.
        event: whose findings count; ``None`` for all.
        signals: that the file has columns for.

    Raises:
        InvalidInput: as ``read_parquet``.
    """
    with _connection() as duck:
        _check(duck, path, signals)
        table = f"(FROM read_parquet(?) WHERE ? IS NULL OR {EVENT_COLUMN} = ?) AS findings"
        given = [_literal_path(path), event, event]
        rows = duck.execute(classes_sql(bands, table), given).fetchall()
    return {
        FindingClass(ScoreOrigin[origin], raw, _places(bands, places)): people
        for origin, raw, *places, people in rows
    }


def require_duckdb() -> None:
    """Refuse to go on without DuckDB.

    Raises:
        InvalidInput: it is not installed; says how to get it.
    """
    try:
        import duckdb  # noqa: F401, PLC0415  # an extra
    except ModuleNotFoundError:
        raise InvalidInput("parquet", EXTRA_NEEDED) from None


def sql_text(text: object) -> str:
    """Return a text as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"


@contextmanager
def _connection() -> Iterator[DuckDBPyConnection]:
    require_duckdb()
    import duckdb  # noqa: PLC0415  # an extra

    with TemporaryDirectory() as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "memory_limit": MEMORY,
            "preserve_insertion_order": True,
            "temp_directory": folder,
        }
        with duckdb.connect(":memory:", config=settings) as duck:
            try:
                duck.execute("SET enable_progress_bar = false")
                yield duck
            except duckdb.Error as error:
                problem = f"DuckDB: {type(error).__name__}"
                raise InvalidInput("parquet", problem) from error


def _texts(line: FindingsLine, signals: Iterable[Signal]) -> list[str]:
    values = row_of(line, signals).values()
    return [
        "" if each is None else f"{each:f}" if isinstance(each, Decimal) else str(each)
        for each in values
    ]


def _narrowed(duck: DuckDBPyConnection, signals: Sequence[Signal]) -> str:
    """Return the query of all rows in which values below a milliard take 64 bits, not 128."""
    casts = []
    for column in map(value_column, signals):
        greatest = duck.execute(f"SELECT MAX(ABS({column})) FROM findings").fetchall()[0][0]  # noqa: S608  # an identifier
        if greatest is None or greatest < _MILLIARD:
            casts.append(f"CAST({column} AS {NARROW_TYPE}) AS {column}")
    replaced = f"REPLACE ({', '.join(casts)})" if casts else ""
    return f"(SELECT * {replaced} FROM findings)"  # noqa: S608  # as above


def _check(duck: DuckDBPyConnection, path: Path, signals: Sequence[Signal]) -> None:
    """Refuse a file whose columns or rows are not as they must be."""
    if not path.is_file():
        raise InvalidInput("parquet", "there is no such file")
    given = [_literal_path(path)]
    described = duck.execute("DESCRIBE FROM read_parquet(?)", given).fetchall()
    kinds = {str(name): str(kind) for name, kind, *_ in described}
    for name, wanted in findings_columns(signals).items():
        kind = kinds.get(name, "none")
        where = f"column {name}"
        if wanted == "VARCHAR" and kind != wanted:
            raise InvalidInput(where, _expected(wanted, kind))
        if wanted != "VARCHAR" and not _is_exact(kind):
            raise InvalidInput(where, _expected("an integer or DECIMAL", kind))
    _check_rows(duck, given, _mistakes(signals))
    query = f"SELECT DISTINCT {EVENT_COLUMN} FROM read_parquet(?) WHERE {EVENT_COLUMN} IS NOT NULL"  # noqa: S608  # of identifiers
    events = duck.execute(query, given)
    while rows := events.fetchmany(ROWS_AT_ONCE):
        if not all(is_id(event) for (event,) in rows):
            where = f"column {EVENT_COLUMN}"
            raise InvalidId(where, RULE)


def _check_rows(
    duck: DuckDBPyConnection, given: Sequence[str], mistakes: Sequence[tuple[str, str, str]]
) -> None:
    firsts = ", ".join(f"MIN(CASE WHEN {each} THEN file_row_number END)" for _, each, _ in mistakes)
    query = f"SELECT {firsts} FROM read_parquet(?, file_row_number = true)"  # noqa: S608  # as above
    found = duck.execute(query, given).fetchall()[0]
    rows = [(row, each) for row, each in zip(found, mistakes, strict=True) if row is not None]
    if rows:
        row, (column, _, problem) = min(rows, key=lambda each: int(each[0]))
        where = f"row {row + 1}: {column}"
        raise InvalidInput(where, problem)


def _expected(wanted: str, kind: str) -> str:
    return f"expected {wanted}, got {kind}"


def _mistakes(signals: Iterable[Signal]) -> list[tuple[str, str, str]]:
    """Return what a row may not be: the column, when it is so in SQL, and what was expected."""
    origins = [each.name for each in ScoreOrigin]
    newcomer = f"{ORIGIN_COLUMN} = '{ScoreOrigin.NO_HISTORY.name}'"
    mistakes = [
        (ORIGIN_COLUMN, _is_not_among(ORIGIN_COLUMN, origins), f"expected {' or '.join(origins)}"),
        (
            RAW_COLUMN,
            f"({RAW_COLUMN} IS NULL) <> ({newcomer})",
            f"expected none with {ScoreOrigin.NO_HISTORY.name}, and a number with all others",
        ),
        (
            RAW_COLUMN,
            f"{RAW_COLUMN} NOT BETWEEN 0 AND {MAX_STORED_SCORE}",
            f"expected a number from 0 to {MAX_STORED_SCORE}",
        ),
    ]
    for signal in signals:
        column = missing_column(signal)
        names = [each.name for each in ways_to_be_missing(signal)]
        problem = f"expected {' or '.join(names)}"
        unlisted = f"{column} IS NOT NULL AND {_is_not_among(column, names)}"
        mistakes.append((column, unlisted, problem))
        both = f"{column} IS NOT NULL AND {value_column(signal)} IS NOT NULL"
        mistakes.append((column, both, "expected none beside a value"))
    return mistakes


def _is_not_among(column: str, names: Iterable[str]) -> str:
    return f"COALESCE({column} NOT IN ({', '.join(map(sql_text, names))}), TRUE)"


def _places(bands: SharedBands, numbers: Sequence[int]) -> tuple[Place, ...]:
    return tuple(
        number if number <= len(bounds) else WAYS_TO_BE_MISSING[number - len(bounds) - 1]
        for bounds, number in zip(bands.bounds.values(), numbers, strict=True)
    )


def _literal_path(path: Path) -> str:
    """Return a path in which DuckDB finds no pattern."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))
