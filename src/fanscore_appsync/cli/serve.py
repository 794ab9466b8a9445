"""The command ``fanscore serve``: the whole API on this machine."""

from __future__ import annotations

import os
import re
import sys
from contextlib import ExitStack

import attrs
import click

from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.cli.options import api_option, chosen_api, environment, with_options
from fanscore_appsync.local.graphql.limits import Limits
from fanscore_appsync.local.http.serving import Options, Served, open_gateway
from fanscore_appsync.log import log_decisions_to
from fanscore_core.errors import InvalidInput

MAX_DIGITS = 9
"""Of a limit. No request gets near, and no timer takes more seconds."""

_is_origin = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^/?#\s]+").fullmatch
"""What browsers send as ``Origin`` (https://fetch.spec.whatwg.org), or any of them."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--db",
    "database",
    metavar="FILE",
    help="The database. Default: FANSCORE_DB, else the sample data in memory.",
)
@click.option(
    "--outage",
    "outages",
    multiple=True,
    metavar="SERVICE",
    help="Declare a service out of order, such as arm_scoring. May be given more than once.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Let pages of that origin call. May be given more than once.",
)
@click.option(
    "--allow-iam-header",
    "believes_iam_header",
    is_flag=True,
    help="Take calls from this machine with x-fanscore-iam-role for calls of that role.",
)
@click.option("--no-trace", is_flag=True, help="Leave the trace out of responses.")
@click.option("--no-introspection", is_flag=True, help="Do not show the schema.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Change a limit, such as depth=30. May be given more than once.",
)
@click.option(
    "--api-keys", metavar="FILE", help="The keys to accept. Default: the development key."
)
@click.option(
    "--user-pool",
    metavar="URL",
    help="The issuer whose tokens to accept. Default: the development issuer.",
)
@click.option(
    "--client-id",
    "client_ids",
    multiple=True,
    metavar="ID",
    help="An app client of the user pool. May be given more than once.",
)
@click.option(
    "--keys",
    "folder",
    metavar="FOLDER",
    help="Where the development issuer's key lies, as for 'fanscore token'.",
)
@api_option
def serve(  # noqa: PLR0913  # one for each option
    *,
    host: str,
    port: int,
    database: str | None,
    outages: tuple[str, ...],
    origins: tuple[str, ...],
    believes_iam_header: bool,
    no_trace: bool,
    no_introspection: bool,
    limits: tuple[str, ...],
    api_keys: str | None,
    user_pool: str | None,
    client_ids: tuple[str, ...],
    folder: str | None,
    api: str | None,
) -> None:
    """Serve the API, and a console that shows it, until it is stopped.

    The environment is that of the Lambda function: FANSCORE_DB and so on.
    """
    for each in filter(None, origins):
        if not _is_origin(each):
            refuse(f"--allow-origin {each}: expected an origin such as https://example.com")
    settings = with_options(environment(api), database, outages)
    options = Options(
        host,
        port,
        settings,
        read_limits(limits, has_introspection=not no_introspection),
        origins,
        believes_iam_header=believes_iam_header,
        is_traceable=not no_trace,
        api_keys=api_keys,
        user_pool=user_pool,
        client_ids=client_ids,
        folder=folder,
        environ=os.environ,
        api=chosen_api(settings),
    )
    with ExitStack() as closing:
        served = open_gateway(options, closing)
        with served.stopped_by_signals():
            click.echo(_greeting(served))
            closing.enter_context(log_decisions_to(sys.stdout))
            served.run()


def read_limits(given: tuple[str, ...], *, has_introspection: bool) -> Limits:
    """Read limits of the form ``depth=30``.

    Raises:
        InvalidInput: there is no such limit, or its value is no whole number above zero.
    """
    names = [field.name for field in attrs.fields(Limits) if field.name != "introspection"]
    numbers: dict[str, int] = {}
    for each in given:
        name, _, value = each.partition("=")
        if name not in names:
            raise InvalidInput("--limit", f"expected one of {', '.join(names)}")
        if not (value.isascii() and value.isdigit() and value.strip("0")):
            raise InvalidInput("--limit", f"{name}: expected a whole number above zero")
        if len(value) > MAX_DIGITS:
            raise InvalidInput("--limit", f"{name}: expected at most {MAX_DIGITS} digits")
        numbers[name] = int(value)
    return attrs.evolve(Limits(introspection=has_introspection), **numbers)  # type: ignore[arg-type]  # introspection is not among them


def _greeting(served: Served) -> str:
    lines = [f"fanscore is at {served.url}", f"GraphQL is at {served.url}graphql"]
    if served.api_key:
        lines.append(f"API key: {served.api_key}")
    if served.token_command:
        lines.append(f"Token of a fan: {served.token_command}")
    return "\n".join([*lines, "Stop it with Ctrl+C."])
