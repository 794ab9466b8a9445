"""``fanscore chunks``: an event's registrants, divided for scoring on AWS."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import click

from fanscore_adapters.bulk.registrants import registrants_of
from fanscore_adapters.bulk.work_folder import OWNER_ONLY_FOLDER, naming, new_file
from fanscore_adapters.documents.chunk import (
    FANS_OF_A_CHUNK,
    chunk_name,
    chunk_text,
    chunks_of,
)
from fanscore_appsync.cli.files import new_folder
from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.cli.options import checked_id, environment, refuse_empty, with_file
from fanscore_appsync.cli.terminal import counted
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.bulk import export_database, joined_exports
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId
from fanscore_core.systems import DEMAND


@click.command()
@click.argument("event", metavar="EVENT")
@click.option("--db", "database", metavar="FILE", help="The embedded database that has the fans.")
@click.option(
    "--export",
    "exported",
    metavar="DIR",
    help="An export of the demand table, or a folder that has one.",
)
@click.option("--output", "out", required=True, metavar="DIR", help="A new folder for the chunks.")
@click.option(
    "--size",
    type=click.IntRange(1, 10_000),
    default=FANS_OF_A_CHUNK,
    show_default=True,
    help="The most fans of a chunk.",
)
def chunks(event: str, database: str | None, exported: str | None, out: str, size: int) -> None:
    """Divide the fans who are registered for EVENT into chunks, for the state machine on AWS.

    Exit status: 0; 2 for unusable input, such as an event for which nobody is registered.
    """
    for name, text in (("--db", database), ("--export", exported), ("--output", out)):
        refuse_empty(name, text)
    if (database is None) is (exported is None):
        refuse("--db and --export: expected one of them")
    event_id = EventId(checked_id("EVENT", event))
    folder = new_folder(out)
    settings = environment(None)
    if database is not None:
        settings = with_file(settings, database)
    fans, written = _write(event_id, settings, exported, folder, size)
    click.echo(f"{counted(fans, 'registrant')} in {counted(written, 'chunk')}")


def _write(
    event_id: EventId, settings: Settings, exported: str | None, folder: Path, size: int
) -> tuple[int, int]:
    """Write the chunks into a folder that gets its name once all are there; count fans and them."""
    with TemporaryDirectory(dir=folder.absolute().parent, prefix=f"{folder.name}.") as temporary:
        if exported is None:
            exports = Path(temporary, "exports")
            export_database(settings.database, exports, datetime.now(UTC), [DEMAND])
            exported, settings = str(exports), attrs.evolve(settings, aws=None)
        demand = joined_exports([exported], settings, [DEMAND])[DEMAND]
        made = Path(temporary, "chunks")
        made.mkdir(mode=OWNER_ONLY_FOLDER)
        fans = written = 0
        found = registrants_of(event_id, demand, Path(temporary))
        for chunk in chunks_of(event_id, found, size):
            path = made / chunk_name(written)
            with naming(path), new_file(path) as file:
                file.write(chunk_text(chunk).encode())
            fans += len(chunk.fans)
            written += 1
        if not fans:
            raise InvalidInput("EVENT", "nobody is registered for it")
        made.rename(folder)
        return fans, written
