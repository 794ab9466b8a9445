"""The commands ``fanscore events``: what the local event bus keeps, and has not delivered."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TypeVar

import click

from fanscore_adapters.documents.converter import read_as
from fanscore_adapters.embedded.event_archive import EventChoice, PublishedEvent
from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.cli.options import checked_id, environment, refuse_empty, with_file
from fanscore_appsync.printable import one_line
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring import embedded
from fanscore_appsync.wiring.parts import check_posting, mint
from fanscore_core.consumer_mark import ALSO_SEND, SENDING, Consumer
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId

CommandT = TypeVar("CommandT", bound=Callable[..., object])

TYPES = ("user.upsert", "user.withdraw")
UNITS: Mapping[str, timedelta] = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
MOMENT = "expected a date and time with offset, such as 2026-11-01T08:00:00Z, or how long ago: 12h"

_duration = re.compile(r"([0-9]{1,9})([smhd])").fullmatch

_database = click.option(
    "--db", "database", metavar="FILE", help="The database of the bus. Default: FANSCORE_DB."
)
_choosing = (
    click.option("--fan", metavar="ID", help="Only events of this fan, the globalUserId."),
    click.option("--type", "kind", type=click.Choice(TYPES), help="Only events of this type."),
    click.option(
        "--since",
        metavar="TIME",
        help="Only what was published then or later: a date and time with offset, or how long "
        "ago, such as 90s, 30m, 12h, 7d.",
    ),
    click.option("--until", metavar="TIME", help="Only what was published before then."),
)


def _chosen(command: CommandT) -> CommandT:
    """Add the options that choose events."""
    return reduce(lambda made, option: option(made), reversed(_choosing), command)


@click.group()
def events() -> None:
    """See which user events were published or not delivered, and have them delivered again."""


@events.command("list")
@click.option("--all", "is_all", is_flag=True, help="List what was published, delivered or not.")
@_chosen
@click.option("--json", "is_json", is_flag=True, help="With --all: the events, one JSON a line.")
@_database
def list_events(
    fan: str | None,
    kind: str | None,
    since: str | None,
    until: str | None,
    database: str | None,
    *,
    is_all: bool,
    is_json: bool,
) -> None:
    """List the deliveries that are due or have been given up, each with its reason.

    The columns: state, consumer, event, attempts, when it is due again or was given up, and why
    the last attempt failed.

    With --all, list the events that were published in the last 30 days, oldest first: event, type,
    when it was published, and the fan. The other options choose among them.
    """
    choice = _choice(fan, kind, since, until)
    settings = with_file(environment(), database)
    if is_all:
        _list_published(settings, choice, _event_text if is_json else _columns)
    elif is_json or choice != EventChoice():
        refuse("--fan, --type, --since, --until and --json are for --all")
    else:
        _list_undelivered(settings)


def _list_published(
    settings: Settings, choice: EventChoice, text: Callable[[PublishedEvent], str]
) -> None:
    count = 0
    for count, each in enumerate(embedded.published(settings, choice), start=1):  # noqa: B007  # counted
        click.echo(text(each))
    click.echo(f"{count} published", err=True)


def _columns(event: PublishedEvent) -> str:
    at = event.at.isoformat(timespec="milliseconds")
    columns = (event.event_id, event.kind or "-", at, event.fan or "-")
    return "\t".join(map(one_line, columns))


def _event_text(event: PublishedEvent) -> str:
    return json.dumps(event.document)


def _list_undelivered(settings: Settings) -> None:
    undelivered = embedded.undelivered(settings)
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

    Exit status: 0 if everything is delivered then, 1 if not, 2 for unusable input, such as an
    event of which everything is delivered.
    """
    refuse_empty("--id", event_id)
    settings = with_file(environment(), database)
    check_posting(settings)
    if event_id is not None:
        known = {each.event_id for each in embedded.undelivered(settings)}
        if event_id not in known:
            refuse(f"--id {event_id}: no such undelivered event; 'fanscore events list' lists them")
    with embedded.connect_bus(settings) as bus:
        count = bus.retry(event_id)
        bus.deliver_due(datetime.now(UTC))
        undelivered = len(bus.undelivered())
    click.echo(f"{count} sent again, {undelivered} undelivered")
    sys.exit(undelivered > 0)


@events.command()
@click.option(
    "--consumer",
    "names",
    multiple=True,
    required=True,
    type=click.Choice([each.value for each in Consumer]),
    help="To whom to deliver them. May be given more than once.",
)
@click.option(
    "--also-send",
    is_flag=True,
    help="Needed for the consumers that reach the outside: notification and sync.",
)
@_chosen
@_database
def replay(
    names: tuple[str, ...],
    fan: str | None,
    kind: str | None,
    since: str | None,
    until: str | None,
    database: str | None,
    *,
    also_send: bool,
) -> None:
    """Deliver what was published in the last 30 days again, to the consumers that are named.

    A consumer consumes it anew, whether or not it did before. What is still to be delivered is not
    counted: it is delivered anyway. With the same options, 'fanscore events list --all' shows the
    events.

    Exit status: 0 if everything that was replayed is delivered then, 1 if not, 2 for unusable
    input.
    """
    consumers = {Consumer(name) for name in names}
    sending = sorted(each.value for each in consumers & SENDING)
    if sending and not also_send:
        refuse(f"--consumer {sending[0]}: sends to the outside again; --also-send if it is meant")
    if also_send and not sending:
        refuse("--also-send: no --consumer is named that sends")
    choice = _choice(fan, kind, since, until)
    settings = with_file(environment(), database)
    check_posting(settings)
    name = f"{ALSO_SEND if also_send else 'replay'}-{mint()}"
    with embedded.connect_bus(settings) as bus:
        count = bus.replay(choice, set(names), name)
        bus.deliver_due(datetime.now(UTC), set(names))
        undelivered = len(bus.undelivered(name))
    click.echo(f"{count} replayed, {undelivered} undelivered")
    sys.exit(undelivered > 0)


def _choice(fan: str | None, kind: str | None, since: str | None, until: str | None) -> EventChoice:
    now = datetime.now(UTC)
    choice = EventChoice(
        None if fan is None else GlobalUserId(checked_id("--fan", fan)),
        kind,
        None if since is None else _moment("--since", since, now),
        None if until is None else _moment("--until", until, now),
    )
    if choice.since and choice.until and choice.since >= choice.until:
        refuse("--until: is not after --since")
    return choice


def _moment(where: str, text: str, now: datetime) -> datetime:
    """Read a moment, or how long ago it was; refuse anything else."""
    refuse_empty(where, text)
    match = _duration(text)
    try:
        if match is None:
            return read_as(datetime, where)(text)
        return now - int(match[1]) * UNITS[match[2]]
    except (InvalidInput, OverflowError):
        refuse(f"{where}: {MOMENT}")
