"""The command ``fanscore token``: a token for the local gateway."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from fanscore_appsync.cli.options import checked_id, refuse_empty
from fanscore_appsync.local.auth.issuer import TokenUse, default_folder, open_issuer

MINUTE_S = 60


@click.command()
@click.argument("sub", metavar="GLOBAL_USER_ID")
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="May be given repeatedly.")
@click.option(
    "--minutes",
    type=click.IntRange(1, 24 * 60),
    default=60,
    show_default=True,
    help="How long the token is valid.",
)
@click.option("--access", is_flag=True, help="Make an access token instead of an id token.")
@click.option(
    "--keys",
    "folder",
    metavar="FOLDER",
    help="Where the key lies. Default: fanscore in XDG_STATE_HOME, or in ~/.local/state.",
)
def token(
    sub: str, groups: tuple[str, ...], minutes: int, folder: str | None, *, access: bool
) -> None:
    """Print a token with which a fan can call the local gateway.

    It is signed with a key made on this machine, and for development only.
    """
    checked_id("GLOBAL_USER_ID", sub)
    for each in groups:
        refuse_empty("--group", each)
    refuse_empty("--keys", folder)
    use = TokenUse.ACCESS if access else TokenUse.ID
    issuer = open_issuer(Path(folder) if folder else default_folder(os.environ))
    click.echo(issuer.sign(sub, groups, minutes * MINUTE_S, use, time.time()))
