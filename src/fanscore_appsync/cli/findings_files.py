"""Files of findings: lines of JSON, or Parquet where ``fanscore[columns]`` is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

import attrs
import click

from fanscore_adapters.columns.parquet import count_parquet, write_parquet
from fanscore_adapters.documents.counted_findings import count_findings
from fanscore_adapters.documents.findings import read_findings
from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.cli.options import api_option, chosen_api, environment, refuse_empty
from fanscore_core.errors import InvalidInput
from fanscore_core.finding_classes import FindingClass, SharedBands
from fanscore_core.ids import EventId
from fanscore_core.signals import Signal

STANDARD_INPUT = "-"
PARQUET = ".parquet"


def counted_file(
    path: str, bands: SharedBands, signals: Sequence[Signal], event: EventId | None
) -> Mapping[FindingClass, int]:
    """Count the findings of a file by class.

    Args:
        path: what ends in ``.parquet`` is read as Parquet, all else as lines; ``-`` is standard
            input.
        bands: say what the classes are.
        signals: that findings may have.
        event: whose findings count; ``None`` for all.

    Raises:
        InvalidInput: naming the file, and where it is wrong.
    """
    with _named("--findings", path):
        if path.endswith(PARQUET):
            return count_parquet(Path(path), bands, event, signals)
        with _opened(path) as file:
            return count_findings(file, bands, event, signals)


@click.command(name="findings-to-parquet")
@click.argument("path", metavar="FILE")
@click.argument("output", metavar="OUTPUT")
@api_option
def findings_to_parquet(path: str, output: str, api: str | None) -> None:
    """Write the findings of FILE, one JSON object a line, to the Parquet file OUTPUT.

    Needs fanscore[columns]. Exit status: 0, or 2 for unusable input.
    """
    refuse_empty("FILE", path)
    refuse_empty("OUTPUT", output)
    signals = chosen_api(environment(api)).signals
    try:
        with _named("FILE", path), _opened(path) as file:
            write_parquet(Path(output), read_findings(file, signals), signals)
    except InvalidInput as error:
        refuse(str(error))


def _opened(path: str) -> AbstractContextManager[BinaryIO]:
    if path == STANDARD_INPUT:
        return nullcontext(sys.stdin.buffer)
    return Path(path).open("rb")


@contextmanager
def _named(given_by: str, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = f"cannot read {path}: {type(error).__name__}"
        raise InvalidInput(given_by, problem) from error
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"{given_by}: {path}: {error.where}") from None
