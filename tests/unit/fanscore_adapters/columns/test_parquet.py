from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from fanscore_adapters.columns.parquet import count_parquet, read_parquet, write_parquet
from fanscore_adapters.columns.rows import findings_of, row_of
from fanscore_adapters.documents.findings import FindingsLine
from fanscore_core.errors import InvalidInput
from fanscore_core.finding_classes import shared_bands
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.signals import ARM, EVENT, MODEL, Missing

LINE = FindingsLine(
    EventId("evt456"),
    Findings(
        ScoreOrigin.ACCOUNT_SCORE,
        Decimal("61.5"),
        {ARM: Decimal("-0.0000000001"), EVENT: Decimal("1E+30"), MODEL: Missing.NO_VERDICT},
    ),
)
ROW = {
    "event_id": "evt456",
    "origin": "ACCOUNT_SCORE",
    "raw": 62,
    "arm_value": Decimal("-1E-9"),
    "arm_missing": None,
    "event_value": Decimal(2**53),
    "event_missing": None,
    "model_value": None,
    "model_missing": "NO_VERDICT",
}


def test_a_row_keeps_what_a_policy_can_see() -> None:
    """Values are rounded down to nine decimals, or kept as beyond every bound; raw is rounded."""
    assert row_of(LINE) == ROW
    assert findings_of(ROW) == Findings(
        ScoreOrigin.ACCOUNT_SCORE,
        Decimal(62),
        {ARM: Decimal("-1E-9"), EVENT: Decimal(2**53), MODEL: Missing.NO_VERDICT},
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"origin": None}, "origin: expected "),
        ({"raw": 61.5}, "raw: expected an exact number, got float"),
        ({"raw": None}, "raw: expected a number with ACCOUNT_SCORE"),
        ({"arm_value": 0.2}, "arm_value: expected an exact number, got float"),
        ({"model_missing": "LOST"}, "model_missing: expected "),
    ],
)
def test_rows_that_are_wrong(changed: dict[str, object], said: str) -> None:
    """A row with a mistake is refused by its column; floating point is one."""
    with pytest.raises(InvalidInput) as refused:
        findings_of({**ROW, **changed})
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("name", ["a.parquet", "it's [1]*?.parquet"])
def test_any_name_of_a_file_will_do(tmp_path: Path, name: str) -> None:
    """A name is a name, though DuckDB would take it for a pattern."""
    (tmp_path / "it's 1xx.parquet").write_text("another")
    path = tmp_path / name
    write_parquet(path, [LINE])
    assert [each.event for each in read_parquet(path)] == ["evt456"]


COLUMNS = (
    "'e' AS event_id, 'NO_HISTORY' AS origin, CAST(NULL AS SMALLINT) AS raw, "
    "CAST(2.5 AS DECIMAL(4, 2)) AS arm_value, CAST(NULL AS VARCHAR) AS arm_missing, "
    "1 AS event_value, CAST(NULL AS VARCHAR) AS event_missing, "
    "CAST(NULL AS BIGINT) AS model_value, 'NO_VERDICT' AS model_missing"
)
MISTAKES = [
    ("2.5 AS DECIMAL(4, 2)", "2.5 AS DOUBLE", "column arm_value: expected an integer or DECIMAL, "),
    ("'e' AS event_id", "1 AS event_id", "column event_id: expected VARCHAR, got INTEGER"),
    (" AS model_missing", " AS other", "column model_missing: expected VARCHAR, got none"),
    ("'NO_HISTORY'", "'NOWHERE'", "row 1: origin: expected ACCOUNT_SCORE or"),
    ("'NO_HISTORY'", "'ACCOUNT_SCORE'", "row 1: raw: expected none with NO_HISTORY, and"),
    ("NULL AS SMALLINT", "7 AS SMALLINT", "row 1: raw: expected none with NO_HISTORY, and"),
    (
        "'NO_HISTORY' AS origin, CAST(NULL AS SMALLINT)",
        "'IDENTITY_SCORE' AS origin, 101",
        "row 1: raw: expected a number from 0 to 100",
    ),
    ("'NO_VERDICT'", "'NO_SCORE'", "row 1: model_missing: expected UNAVAILABLE or NOT_ASKED or "),
    ("NULL AS BIGINT", "1 AS BIGINT", "row 1: model_missing: expected none beside a value"),
    ("'e' AS", "' x' AS", "column event_id: expected 1 to 128 characters"),
]


@pytest.mark.parametrize(("good", "bad", "said"), MISTAKES)
def test_files_that_are_wrong(tmp_path: Path, good: str, bad: str, said: str) -> None:
    """A file with a mistake is refused whole, by row and column, and what is not exact is one."""
    path, bands = tmp_path / "a.parquet", shared_bands(DEFAULT_POLICY, DEFAULT_POLICY)
    with duckdb.connect() as duck:
        duck.execute(f"COPY (SELECT {COLUMNS}) TO '{path}'")
        assert sum(count_parquet(path, bands).values()) == 1
        duck.execute(f"COPY (SELECT {COLUMNS.replace(good, bad)}) TO '{path}'")
    for read in (lambda: list(read_parquet(path)), lambda: count_parquet(path, bands)):
        with pytest.raises(InvalidInput) as refused:
            read()
        assert str(refused.value).startswith(said)


def test_no_parquet(tmp_path: Path) -> None:
    """What is no Parquet, or no file, is refused in one line."""
    path = tmp_path / "a.parquet"
    for said in ("parquet: there is no such file", "parquet: DuckDB: InvalidInputException"):
        with pytest.raises(InvalidInput) as refused:
            list(read_parquet(path))
        assert str(refused.value) == said
        path.write_text("{}")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without DuckDB, one line says which extra is needed."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(InvalidInput) as refused:
        write_parquet(tmp_path / "a.parquet", [])
    assert str(refused.value) == (
        "parquet: needs fanscore[columns] (pip install 'fanscore[columns]'): there is no duckdb"
    )
