"""Files of findings: lines of JSON, or Parquet where ``fanscore[columns]`` is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from fanscore_adapters.columns.parquet import count_parquet, write_parquet
from fanscore_adapters.documents.counted_findings import count_findings
from fanscore_adapters.documents.findings import read_findings
from fanscore_appsync.cli.files import naming, opened
from fanscore_appsync.cli.options import api_option, chosen_api, environment, refuse_empty
from fanscore_core.finding_classes import FindingClass, SharedBands
from fanscore_core.ids import EventId
from fanscore_core.signals import Signal

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
    if path.endswith(PARQUET):
        with naming("--findings", path):
            return count_parquet(Path(path), bands, event, signals)
    with opened("--findings", path) as file:
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
    with opened("FILE", path) as file:
        write_parquet(Path(output), read_findings(file, signals), signals)
