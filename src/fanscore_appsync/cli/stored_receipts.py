"""``fanscore receipts list`` and ``show``: the receipts that lie with a fan."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from operator import attrgetter
from typing import TypeVar, cast

import click

from fanscore_adapters.documents.receipts import receipt_line
from fanscore_appsync.cli.files import output_option, write
from fanscore_appsync.cli.mistakes import FAILED, end, refuse, with_reason
from fanscore_appsync.cli.options import (
    api_option,
    checked_id,
    chosen_api,
    of_tables,
    refuse_empty,
)
from fanscore_appsync.cli.terminal import counted
from fanscore_appsync.lambda_context import time_left_s
from fanscore_appsync.printable import one_line
from fanscore_appsync.wiring.apps import connect_tables
from fanscore_core.engine.question import Ask
from fanscore_core.errors import FanscoreError
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.ports.receipts import FanReceipts
from fanscore_core.receipt import Receipt, time_text

NEWEST = "newest"
LEAST_DIGITS, MOST_DIGITS = 8, 64
"""How many digits name a leaf: enough to mean one receipt, and all."""

CommandT = TypeVar("CommandT", bound=Callable[..., None])


def _options(command: CommandT) -> CommandT:
    """Add the options that both commands have."""
    for option in (
        output_option,
        click.option(
            "--json", "is_json", is_flag=True, help="Print the lines of a receipts file instead."
        ),
        api_option,
        click.option(
            "--db", "database", metavar="FILE", help="The database. Default: FANSCORE_DB."
        ),
        click.option("--event", metavar="ID", help="Those for this event alone, as it was asked."),
    ):
        command = option(command)
    return command


@click.command(name="list")
@click.argument("fan", metavar="FAN")
@_options
def list_receipts(
    *,
    fan: str,
    event: str | None,
    database: str | None,
    api: str | None,
    is_json: bool,
    output: str | None,
) -> None:
    """List the receipts that are kept of the fan FAN (the globalUserId), the oldest first.

    The columns: time, event, score or error, policy version, leaf. With --json or --output they
    come as the lines of a receipts file, which 'receipts verify' and 'replay' read. They hold
    personal data.

    Exit status: 0, 1 if the table does not answer, 2 for unusable input.
    """
    refuse_empty("--output", output)
    found = _found(fan, event, database, api)
    if is_json or output is not None:
        write("".join(map(receipt_line, found)), output)
    else:
        click.echo("".join(map(_row, found)), nl=False)
    click.echo(counted(len(found), "receipt"), err=True)


@click.command(name="show")
@click.argument("fan", metavar="FAN")
@click.argument("leaf", metavar="LEAF")
@_options
def show_receipt(
    *,
    fan: str,
    leaf: str,
    event: str | None,
    database: str | None,
    api: str | None,
    is_json: bool,
    output: str | None,
) -> None:
    """Print one receipt of the fan FAN: that with LEAF, its first 8 digits or more, or 'newest'.

    It holds personal data.

    Exit status: 0, 1 if there is none or the table does not answer, 2 for unusable input.
    """
    refuse_empty("--output", output)
    choose = _chooser(leaf)
    receipt = choose(_found(fan, event, database, api))
    if receipt is None:
        end("there is no such receipt", FAILED)
    if is_json or output is not None:
        write(receipt_line(receipt), output)
    else:
        click.echo(json.dumps({"leaf": receipt.leaf, **receipt.document}, indent=2))


def _chooser(leaf: str) -> Callable[[Sequence[Receipt]], Receipt | None]:
    if leaf == NEWEST:
        return lambda found: max(found, key=attrgetter("decided_at"), default=None)
    wanted = leaf.lower()
    if not LEAST_DIGITS <= len(wanted) <= MOST_DIGITS or wanted.strip("0123456789abcdef"):
        refuse(f"LEAF: expected {NEWEST}, or {LEAST_DIGITS} to {MOST_DIGITS} hexadecimal digits")
    return lambda found: next((each for each in found if each.leaf.startswith(wanted)), None)


def _found(fan: str, event: str | None, database: str | None, api: str | None) -> Sequence[Receipt]:
    """Read receipts, the oldest first."""
    person = GlobalUserId(checked_id("FAN", fan))
    event_id = None if event is None else EventId(checked_id("--event", event))
    settings = of_tables(database, api)
    with ExitStack() as closing:
        source = connect_tables(settings, closing, chosen_api(settings))
        (answered,) = source(time_left_s(None)).fetch([Ask(FanReceipts(person, event_id))])
    if isinstance(answered.answer, FanscoreError):
        end(with_reason(answered.answer), FAILED)
    if isinstance(answered.answer, Exception):
        raise answered.answer
    found = cast("Sequence[Receipt]", answered.answer)
    return sorted(found, key=attrgetter("decided_at"))


def _row(receipt: Receipt) -> str:
    decided = receipt.error if receipt.decision is None else receipt.decision.score
    event = "-" if receipt.event_id is None else receipt.event_id
    columns = (time_text(receipt.decided_at), event, decided, receipt.policy_version, receipt.leaf)
    return "\t".join(one_line(str(each)) for each in columns) + "\n"
