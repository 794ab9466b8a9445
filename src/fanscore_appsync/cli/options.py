"""What the commands have in common: their settings, and how they end for unusable input."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import attrs
import click

from fanscore_appsync.settings import IN_MEMORY, Settings, read_settings
from fanscore_core.errors import InvalidInput

UNUSABLE_INPUT = 2
"""The exit status."""


def refuse(problem: str) -> NoReturn:
    """End the command, telling the problem in one line on standard error."""
    click.echo(f"fanscore: {problem}", err=True)
    sys.exit(UNUSABLE_INPUT)


def environment() -> Settings:
    """Read the settings of the environment; refuse bad ones."""
    try:
        return read_settings(os.environ)
    except InvalidInput as error:
        refuse(str(error))


def with_options(
    settings: Settings, database: str | None, outages: tuple[str, ...] = ()
) -> Settings:
    """Take what ``--db`` and ``--outage`` say; refuse them where they have no meaning."""
    if settings.aws is not None and (database or outages):
        refuse("--db and --outage have no meaning with FANSCORE_BACKEND=aws")
    return attrs.evolve(
        settings,
        database=database or settings.database,
        outages=settings.outages | frozenset(outages),
    )


def with_file(settings: Settings, database: str | None) -> Settings:
    """Take a database instead of that of the settings; refuse what is no file that exists."""
    settings = with_options(settings, database)
    if settings.database == IN_MEMORY:
        refuse("name a database, by --db or FANSCORE_DB")
    if not Path(settings.database).is_file():
        refuse(f"{settings.database}: no such file")
    return settings
