"""From chunks to one file: lines of JSON, or Parquet made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fanscore_adapters.bulk.chunks import Record
from fanscore_adapters.bulk.work_folder import (
    OWNER_ONLY,
    UNFINISHED,
    keep,
    naming,
    new_file,
    written_beside,
)
from fanscore_adapters.columns.parquet import require_duckdb, sql_text
from fanscore_core.errors import InvalidInput

PARQUET = "parquet"

PARQUET_MEMORY = "256MB"
"""How much DuckDB may use."""

_AT_ONCE = 1024 * 1024

_COLUMNS = """{
    globalUserId: 'VARCHAR', score: 'BIGINT', rawScore: 'BIGINT',
    boosts: 'STRUCT(arm BIGINT, event BIGINT, model BIGINT)',
    reasons: 'STRUCT(code VARCHAR, points BIGINT)[]',
    policyVersion: 'VARCHAR', degraded: 'VARCHAR[]',
    error: 'STRUCT(code VARCHAR, system VARCHAR)'
}"""

# One thread, so that the same lines make the same bytes.
_COPY = """
COPY (SELECT * FROM read_json({lines}, format = 'newline_delimited', columns = {columns}))
TO {file} (FORMAT parquet, COMPRESSION zstd)
"""


def assemble(chunks: Sequence[Path], record: Record, path: Path) -> int:
    """Put the chunks' files of a record together, in order, as one file that appears as a whole.

    Returns:
        how many lines it has.

    Raises:
        OSError: it cannot be written; names the file.
    """
    unfinished = written_beside(path)
    lines = 0
    with naming(unfinished):
        with new_file(unfinished) as whole:
            for chunk in chunks:
                with (chunk / record.name).open("rb") as file:
                    while part := file.read(_AT_ONCE):
                        whole.write(part)
                        lines += part.count(b"\n")
        keep(unfinished, path)
    return lines


def parquet_of(lines: Path, path: Path) -> None:
    """Write the lines of scores as Parquet, as a file that appears as a whole.

    Args:
        lines: in a folder for their owner alone, where the Parquet is written: DuckDB makes files
            that others may read.
        path: of the file.

    Raises:
        InvalidInput: DuckDB is not installed, or cannot write it.
    """
    require_duckdb()
    import duckdb  # noqa: PLC0415  # an extra

    unfinished = lines.with_name(f"{PARQUET}{UNFINISHED}")
    unfinished.unlink(missing_ok=True)
    copy = _COPY.format(columns=_COLUMNS, file=sql_text(unfinished), lines=sql_text(lines))
    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": PARQUET_MEMORY}) as connection:
            connection.execute(copy)
    except duckdb.Error as error:
        raise InvalidInput(str(path), f"cannot be written: {type(error).__name__}") from error
    unfinished.chmod(OWNER_ONLY)
    keep(unfinished, path)
