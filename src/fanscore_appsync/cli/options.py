"""What the commands have in common: their settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import attrs
import click

from fanscore_appsync.api import API, Api, named_api
from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.settings import IN_MEMORY, Settings, read_settings
from fanscore_core.ids import RULE, is_id

api_option = click.option(
    "--api",
    metavar="MODULE:NAME",
    help="One's own API, such as presale.api:PRESALE; modules are found in the working directory, "
    "too. Default: FANSCORE_API, else the shipped one.",
)

outage_option = click.option(
    "--outage",
    "outages",
    multiple=True,
    metavar="SERVICE",
    help="Declare a service out of order, such as arm_scoring. May be given more than once.",
)
json_option = click.option(
    "--json", "is_json", is_flag=True, help="Print JSON for programs instead of the pictures."
)


def environment(api: str | None = None) -> Settings:
    """Read the settings of the environment; refuse bad ones.

    Where they name an API, modules are found in the working directory from then on.

    Args:
        api: what ``--api`` says.
    """
    refuse_empty("--api", api)
    settings = read_settings(os.environ)
    if api is not None:
        settings = attrs.evolve(settings, api=api)
    here = str(Path.cwd())
    if settings.api is not None and here not in sys.path:
        sys.path.insert(0, here)
    return settings


def chosen_api(settings: Settings) -> Api:
    """Import the API that the settings name; refuse any other thing, and a schema that misfits."""
    if settings.api is None:
        return API
    where = "FANSCORE_API" if os.environ.get("FANSCORE_API") == settings.api else "--api"
    api = named_api(settings.api, where)
    _refuse_unfit(api, where)
    return api


def _refuse_unfit(api: Api, where: str) -> None:
    try:
        from fanscore_appsync.testing.routing import check  # noqa: PLC0415  # takes long to import
    except ImportError:  # fanscore[gateway] is not installed: whoever serves the API needs it
        return
    mistakes = check(api)
    if mistakes:
        refuse(f"{where}: {'; '.join(mistakes)}")


def with_options(
    settings: Settings, database: str | None, outages: tuple[str, ...] = ()
) -> Settings:
    """Take what ``--db`` and ``--outage`` say; refuse them where they have no meaning."""
    refuse_empty("--db", database)
    if settings.aws is not None and (database or outages):
        refuse("--db and --outage have no meaning with FANSCORE_BACKEND=aws")
    if outages:
        _refuse_unknown(outages, chosen_api(settings))
    return attrs.evolve(
        settings,
        database=database or settings.database,
        outages=settings.outages | frozenset(outages),
    )


def _refuse_unknown(outages: tuple[str, ...], api: Api) -> None:
    from fanscore_appsync.wiring.embedded import outage_names  # noqa: PLC0415  # takes long to import

    known = outage_names(api)
    for each in outages:
        if each not in known:
            refuse(f"--outage {each}: expected one of {', '.join(sorted(known))}")


def with_file(settings: Settings, database: str | None) -> Settings:
    """Take a database instead of that of the settings; refuse what is no file that exists."""
    settings = with_options(settings, database)
    if settings.database == IN_MEMORY:
        refuse("name a database, by --db or FANSCORE_DB")
    if not Path(settings.database).is_file():
        refuse(f"{settings.database}: no such file")
    return settings


def of_tables(database: str | None, api: str | None) -> Settings:
    """Read the settings of a command that works on the tables, wherever they are."""
    settings = environment(api)
    if settings.aws is None:
        return with_file(settings, database)
    if database is not None:
        refuse("--db has no meaning with FANSCORE_BACKEND=aws")
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
