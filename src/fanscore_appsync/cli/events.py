"""The commands ``fanscore events``: what the local event bus has not delivered."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.cli.options import environment, refuse_empty, with_file
from fanscore_appsync.wiring import embedded
from fanscore_appsync.wiring.parts import check_posting
from fanscore_core.errors import InvalidInput

_database = click.option(
    "--db", "database", metavar="FILE", help="The database of the bus. Default: FANSCORE_DB."
)


@click.group()
def events() -> None:
    """See which user events have not been delivered, and send dead letters again."""


@events.command("list")
@_database
def list_undelivered(database: str | None) -> None:
    """List the deliveries that are due or have been given up, each with its reason.

    The columns: state, consumer, event, attempts, when it is due again or was given up, and why
    the last attempt failed.
    """
    undelivered = embedded.undelivered(with_file(environment(), database))
    for each in undelivered:
        at = each.at.isoformat(timespec="seconds")
        columns = (each.state.value, each.consumer, each.event_id, each.attempts, at)
        click.echo("\t".join((*map(str, columns), each.reason or "")))
    click.echo(f"{len(undelivered)} undelivered", err=True)


@events.command()
@click.option("--id", "event_id", metavar="ID", help="Only the dead letters of this event.")
@_database
def retry(event_id: str | None, database: str | None) -> None:
    """Send dead letters again, and deliver whatever is due.

    Exit status: 0 if everything is delivered then, 1 if not, 2 for unusable input.
    """
    refuse_empty("--id", event_id)
    settings = with_file(environment(), database)
    try:
        check_posting(settings)
    except InvalidInput as error:
        refuse(str(error))
    with embedded.connect_bus(settings) as bus:
        count = bus.retry(event_id)
        bus.deliver_due(datetime.now(UTC))
        undelivered = len(bus.undelivered())
    click.echo(f"{count} sent again, {undelivered} undelivered")
    sys.exit(undelivered > 0)
