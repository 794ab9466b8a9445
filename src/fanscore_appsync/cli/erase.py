"""The command ``fanscore erase``: what is stored of a fan, found and deleted."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import timedelta

import click

from fanscore_adapters.erasure import Counts, Erased
from fanscore_appsync.cli.erase_wiring import connect_erasure
from fanscore_appsync.cli.mistakes import FAILED, refuse
from fanscore_appsync.cli.options import api_option, checked_id, chosen_api, of_tables
from fanscore_core.ids import GlobalUserId, MemberId

ELSEWHERE = """\
Not here: the event archive (as long as the parameter ArchiveRetention says, 30 days unless
changed), dead-letter queues (14 days) and backups (35 days). They end by themselves. Once erased, a
replay or a redrive brings nothing back; after a restore, erase again."""

OTHERS = "Not looked into: {}, of another API; name that with --api"

TRACES = (
    "fanscore: what was erased still stands in the database's log, since another program reads "
    "the database: stop that program, then erase again"
)


@click.command()
@click.argument("fan", metavar="FAN")
@click.option(
    "--member", "account", metavar="ID", help="The account, where the identity record names none."
)
@click.option("--yes/--dry-run", "is_meant", help="Erase, or only show what is there (default).")
@click.option("--db", "database", metavar="FILE", help="The database. Default: FANSCORE_DB.")
@click.option(
    "--archive-days",
    type=click.IntRange(1, 3650),
    metavar="NUMBER",
    help="On AWS: ArchiveRetention of the stack, if it was changed. Default: 30.",
)
@api_option
def erase(
    fan: str,
    account: str | None,
    database: str | None,
    archive_days: int | None,
    api: str | None,
    *,
    is_meant: bool,
) -> None:
    """Erase what is stored of the fan FAN (the globalUserId); without --yes, only show it.

    The columns: table, kind of item, how many. No values are shown. What stays is a mark, a digest
    of the id, so that no replay of events brings anything back.

    Exit status: 0 if nothing is left then, or for a dry run; 1 if others keep writing or reading,
    or a table does not answer; 2 for unusable input.
    """
    person = GlobalUserId(checked_id("FAN", fan))
    member = None if account is None else MemberId(checked_id("--member", account))
    settings = of_tables(database, api)
    if archive_days is not None and settings.aws is None:
        refuse("--archive-days has no meaning without FANSCORE_BACKEND=aws")
    archived = None if archive_days is None else timedelta(days=archive_days)
    with ExitStack() as closing:
        ours = chosen_api(settings)
        erasure = connect_erasure(settings, ours, closing, archived, reads_only=not is_meant)
        if is_meant:
            done = erasure.erase(person, member)
            status = _show_erased(done)
        else:
            status = _show_found(erasure.find(person, member))
    if erasure.others:
        click.echo(OTHERS.format(", ".join(erasure.others)), err=True)
    if settings.aws is not None:
        click.echo(ELSEWHERE, err=True)
    sys.exit(status)


def _show_found(found: Counts) -> int:
    _show(found)
    click.echo(f"{found.total()} would be erased; --yes does it", err=True)
    return 0


def _show_erased(done: Erased) -> int:
    _show(done.deleted)
    click.echo(f"{done.deleted.total()} erased, {done.left.total()} left", err=True)
    if done.has_traces:
        click.echo(TRACES, err=True)
    return FAILED if done.left or done.has_traces else 0


def _show(counts: Counts) -> None:
    for (table, kind), count in sorted(counts.items()):
        click.echo(f"{table}\t{kind}\t{count}")
