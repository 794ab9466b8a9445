"""The command that writes the sample data."""

from __future__ import annotations

import attrs
import click

from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.cli.options import api_option, chosen_api, environment, refuse_empty
from fanscore_appsync.settings import IN_MEMORY
from fanscore_appsync.wiring import embedded


@click.command()
@click.argument("database", metavar="DB")
@api_option
def sample(database: str, api: str | None) -> None:
    """Write the sample data into a database, over what is there."""
    refuse_empty("DB", database)
    if database == IN_MEMORY:
        refuse(f"{IN_MEMORY} has the sample data already, and ends with the command")
    settings = environment(api)
    if settings.aws is not None:
        refuse("sample has no meaning with FANSCORE_BACKEND=aws")
    settings = attrs.evolve(settings, database=database)
    count = embedded.write_sample(settings, chosen_api(settings))
    click.echo(f"{database}: {count} items written")
