"""The command that writes the embedded database as DynamoDB exports its tables."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from fanscore_adapters.bulk.work_folder import UNFINISHED, WorkFolder, keep, naming
from fanscore_appsync.cli.files import new_folder
from fanscore_appsync.cli.options import (
    api_option,
    chosen_api,
    environment,
    refuse_empty,
    with_file,
)
from fanscore_appsync.wiring.bulk import export_database

_EXPORTS = "exports"


@click.command(name="export")
@click.option("--db", "database", metavar="FILE", help="The database. Default: FANSCORE_DB.")
@click.option("--output", "out", required=True, metavar="DIR", help="A new folder for the exports.")
@api_option
def export(database: str | None, out: str, api: str | None) -> None:
    """Write all tables of a database as full exports to S3 have them, all of one moment.

    The exports hold all that is stored of fans: only their owner can read them.
    """
    refuse_empty("--output", out)
    settings = with_file(environment(api), database)
    chosen = chosen_api(settings)
    folder = new_folder(out)
    tables = [each.name for each in chosen.tables]
    at = datetime.now(UTC)
    # Nothing of it is of use to another run: it is there to be alone, and to leave nothing.
    with WorkFolder(folder.with_name(f"{folder.name}.work"), {}) as work:
        unfinished = work.path / f"{_EXPORTS}{UNFINISHED}"
        try:
            with naming(unfinished):
                counts = export_database(
                    settings.database, unfinished, at, tables, chosen.own_tables
                )
                keep(unfinished, folder)
        finally:
            work.remove()
    for table, count in counts.items():
        click.echo(f"{table}\t{count}")
