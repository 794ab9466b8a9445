"""What the commands have in common: their settings."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.settings import IN_MEMORY, Settings, read_settings
from fanscore_appsync.wiring.embedded import SERVICES
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import RULE, is_id


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
    refuse_empty("--db", database)
    if settings.aws is not None and (database or outages):
        refuse("--db and --outage have no meaning with FANSCORE_BACKEND=aws")
    for each in outages:
        if each not in SERVICES:
            refuse(f"--outage {each}: expected one of {', '.join(sorted(SERVICES))}")
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


def checked_id(where: str, text: str) -> str:
    """Read an id; refuse what is not one, by the name that the help gives it."""
    if not is_id(text):
        refuse(f"{where}: {RULE}")
    return text


def refuse_empty(where: str, text: str | None) -> None:
    """Refuse an empty text, as of a variable that is not set: it says nothing."""
    if text == "":
        refuse(f"{where}: given without a value")
