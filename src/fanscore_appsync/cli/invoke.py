"""The command that hands an event to the resolver, as Lambda does."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from typing import TextIO

import click

from fanscore_appsync.cli.mistakes import refuse
from fanscore_appsync.cli.options import api_option, chosen_api, environment
from fanscore_appsync.lambda_context import time_left_s
from fanscore_appsync.log import log_decisions_to
from fanscore_appsync.wiring import apps

BYTE_ORDER_MARK = "\ufeff"
MAX_CHARACTERS = 32 * 1024 * 1024
"""Of an event, with room for its layout: Lambda takes 6 MB (AWS, "Lambda quotas")."""

LINGER_S = 5.0
"""How long a command that published waits until that is delivered."""


@click.command()
@click.argument("event", type=click.File(encoding="utf-8"), metavar="EVENT.json")
@api_option
def invoke(event: TextIO, api: str | None) -> None:
    """Hand an AppSync event to the resolver, and print what it answers.

    EVENT.json holds one event or a list of events; - reads standard input. The environment is
    that of the Lambda function: FANSCORE_DB and so on. What it publishes is delivered for at most
    5 seconds; what is left then waits for the next process.

    Exit status: 0 for data, 1 for an error answer, 2 for unusable input.
    """
    try:
        text = event.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        refuse(f"{event.name}: not JSON: {type(error).__name__}")
    except OSError as error:
        refuse(f"{event.name}: cannot be read: {error.strerror}")
    if len(text) > MAX_CHARACTERS:
        refuse(f"{event.name}: longer than {MAX_CHARACTERS} characters")
    try:
        document = json.loads(text.removeprefix(BYTE_ORDER_MARK))
    except (ValueError, RecursionError) as error:
        refuse(f"{event.name}: not JSON: {type(error).__name__}")
    with ExitStack() as closing:
        settings = environment(api)
        app = apps.connect(settings, closing, LINGER_S, chosen_api(settings))
        closing.enter_context(log_decisions_to(sys.stderr))  # standard output has the answer
        try:
            response = app.answer(document, time_left_s(None)).response
        except Exception as error:  # noqa: BLE001  # named after its errorType, as Lambda does
            response = {"errorMessage": str(error), "errorType": type(error).__name__}
        click.echo(json.dumps(response, indent=2))
    sys.exit(_is_error(response))


def _is_error(response: object) -> bool:
    items = response if isinstance(response, list) else [response]
    return any(
        isinstance(item, dict) and ("errorType" in item or "error" in item) for item in items
    )
