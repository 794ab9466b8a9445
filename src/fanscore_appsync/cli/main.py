"""The command ``fanscore``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TextIO, cast

import attrs
import click

from fanscore_appsync.app import App, Response
from fanscore_appsync.cli.erase import erase
from fanscore_appsync.cli.events import events
from fanscore_appsync.cli.explanation import (
    INTERNAL,
    draw_outcome,
    error_code,
    score_event,
    show_explanation,
    write_explanation,
)
from fanscore_appsync.cli.mistakes import FAILED, Program, end, refuse
from fanscore_appsync.cli.options import (
    api_option,
    checked_id,
    chosen_api,
    environment,
    refuse_empty,
    with_options,
)
from fanscore_appsync.cli.policy import policy
from fanscore_appsync.cli.receipts import findings, receipts
from fanscore_appsync.cli.recordings import Recorded, refuse_path, write_recording
from fanscore_appsync.cli.replay import replay
from fanscore_appsync.cli.resolvers import resolvers, schema
from fanscore_appsync.cli.terminal import colors
from fanscore_appsync.code_version import code_version
from fanscore_appsync.lambda_context import time_left_s
from fanscore_appsync.log import log_decisions_to
from fanscore_appsync.printable import one_line
from fanscore_appsync.settings import IN_MEMORY, Settings
from fanscore_appsync.testing import service, user
from fanscore_appsync.wiring import apps, embedded
from fanscore_core.engine.question import Source
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.state import Outcome
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId

BYTE_ORDER_MARK = "\ufeff"
MAX_CHARACTERS = 32 * 1024 * 1024
"""Of an event, with room for its layout: Lambda takes 6 MB (AWS, "Lambda quotas")."""

TIME_S = time_left_s(None)
LINGER_S = 5.0
"""How long a command that published waits until that is delivered."""

QUERY = """query {
  api {
    accountFanscore(globalUserId: "user123", eventId: "evt456") {
      score
      rawScore
      boosts { arm event model }
      reasons { code points message }
    }
  }
}"""
SELECTED = ("score", "rawScore", "boosts", "reasons")

_outage = click.option(
    "--outage",
    "outages",
    multiple=True,
    metavar="SERVICE",
    help="Declare a service out of order, such as arm_scoring. May be given more than once.",
)
_database = click.option(
    "--db",
    "database",
    metavar="FILE",
    help="The database to read. Default: FANSCORE_DB, else the sample data in memory.",
)
_record = click.option(
    "--record",
    metavar="FILE",
    help="Keep every question and answer in a new file. It holds personal data.",
)
_json = click.option(
    "--json", "is_json", is_flag=True, help="Print JSON for programs instead of the pictures."
)


GATEWAY_COMMANDS = {
    "serve": "fanscore_appsync.cli.serve",
    "token": "fanscore_appsync.cli.token",
}
"""The modules of the commands that need more than the others: ``fanscore[gateway]``."""

LATER_COMMANDS = {
    "chunks": "fanscore_appsync.cli.chunks",
    "export": "fanscore_appsync.cli.export",
    "score-event": "fanscore_appsync.cli.score_event",
    **GATEWAY_COMMANDS,
}
"""The modules of the commands that are not imported before they are asked for."""


class _Commands(Program):
    """The commands, those that take long to import when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *LATER_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in LATER_COMMANDS:
            return super().get_command(ctx, cmd_name)
        try:
            module = import_module(LATER_COMMANDS[cmd_name])
        except ModuleNotFoundError as error:
            if cmd_name not in GATEWAY_COMMANDS:
                raise
            return _not_installed(cmd_name, str(error.name))
        return cast("click.Command", getattr(module, cmd_name.replace("-", "_")))


def _not_installed(command: str, module: str) -> click.Command:
    problem = (
        f"{command} needs fanscore[gateway] (pip install 'fanscore[cli,gateway]'): "
        f"there is no {module}"
    )
    anything: dict[str, object] = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(
        command,
        context_settings=anything,
        callback=lambda: refuse(problem),
        help="Needs fanscore[gateway].",
    )


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fanscore", message="fanscore %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Score fans, and see why they score what they do."""
    context.color = colors(os.environ)


@main.command()
@_outage
@_json
def demo(outages: tuple[str, ...], *, is_json: bool) -> None:
    """Answer the query of the tutorial from the sample data, and show how."""
    settings = with_options(Settings(), None, outages)
    arguments = {"globalUserId": "user123", "eventId": "evt456"}
    answer = _answer(settings, score_event(arguments, user("user123")))
    outcome = cast("Outcome[object, object]", answer.outcome)
    response = cast("Mapping[str, Mapping[str, object]]", answer.response)
    fields = {name: response["data"][name] for name in SELECTED}
    document = {"data": {"api": {"accountFanscore": fields}}}
    if is_json:
        shown = {"query": QUERY, "response": document, **write_explanation(answer, outcome)}
        click.echo(json.dumps(shown, indent=2))
    else:
        click.echo(QUERY + "\n")
        click.echo(json.dumps(document, indent=2) + "\n")
        draw_outcome(outcome)


@main.command()
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
        app = _connect(environment(api), closing)
        closing.enter_context(log_decisions_to(sys.stderr))  # standard output has the answer
        try:
            response = app.answer(document, TIME_S).response
        except Exception as error:  # noqa: BLE001  # named after its errorType, as Lambda does
            response = {"errorMessage": str(error), "errorType": type(error).__name__}
        click.echo(json.dumps(response, indent=2))
    sys.exit(_is_error(response))


@main.command()
@click.argument("global_user_id")
@click.option("--event", "event_id", metavar="ID", help="The event, by either kind of event id.")
@click.option("--member", "member_id", metavar="ID", help="The account, where the fan has none.")
@_database
@_outage
@_record
@api_option
@_json
def explain(  # noqa: PLR0913, PLR0917  # its options
    global_user_id: str,
    event_id: str | None,
    member_id: str | None,
    database: str | None,
    outages: tuple[str, ...],
    record: str | None,
    api: str | None,
    *,
    is_json: bool,
) -> None:
    """Score a fan as a service would, and draw the reasons and the run.

    Behind a reason stands the value that led to it, which the API shows nobody. With --record, all
    that was asked and answered is kept in a file, from which 'fanscore replay' runs it again.

    Exit status: 0 for a score, 1 if the run ended in an error, 2 for unusable input.
    """
    checked_id("GLOBAL_USER_ID", global_user_id)
    for option, text in (("--event", event_id), ("--member", member_id)):
        if text is not None:
            checked_id(option, text)
    refuse_empty("--record", record)
    settings = with_options(environment(api), database, outages)
    if settings.database != IN_MEMORY and not Path(settings.database).is_file():
        refuse(f"{settings.database}: no such file; 'fanscore sample' makes one")
    given = {"globalUserId": global_user_id, "eventId": event_id, "memberId": member_id}
    arguments = {name: value for name, value in given.items() if value is not None}
    if record is None:
        show_explanation(_answer(settings, score_event(arguments, service())), is_json=is_json)
    else:
        answer = _recorded(settings, arguments, record)
        show_explanation(answer, is_json=is_json)


@main.command()
@click.argument("database", metavar="DB")
@api_option
def sample(database: str, api: str | None) -> None:
    """Write the sample data into a database, over what is there."""
    refuse_empty("DB", database)
    if database == IN_MEMORY:
        refuse(f"{IN_MEMORY} has the sample data already, and ends with the command")
    try:
        settings = attrs.evolve(with_options(environment(api), database), database=database)
        count = embedded.write_sample(settings, chosen_api(settings))
    except InvalidInput as error:
        refuse(str(error))
    click.echo(f"{database}: {count} items written")


main.add_command(erase)
main.add_command(policy)
main.add_command(receipts)
main.add_command(findings)
main.add_command(replay)
main.add_command(events)
main.add_command(resolvers)
main.add_command(schema)


def _connect(settings: Settings, closing: ExitStack) -> App:
    try:
        return apps.connect(settings, closing, LINGER_S, chosen_api(settings))
    except InvalidInput as error:
        refuse(str(error))


def _answer(settings: Settings, event: Mapping[str, object]) -> Response:
    with ExitStack() as closing:
        try:
            app = apps.connect_reader(settings, closing, chosen_api(settings))
        except InvalidInput as error:
            refuse(str(error))
        return app.answer(event, TIME_S)


def _recorded(settings: Settings, arguments: Mapping[str, str], path: str) -> Response:
    """Answer as without a recording, and write one."""
    try:
        refuse_path(path)
        api = chosen_api(settings)
        with ExitStack() as closing:
            app = apps.connect_reader(settings, closing, api)
            recordings: list[Recording] = []

            def source(time_left_s: float) -> Source:
                recordings.append(Recording(app.source(time_left_s)))
                return recordings[-1]

            event = score_event(arguments, service())
            answer = attrs.evolve(app, source=source).answer(event, TIME_S)
        _check_recordable(path, answer)
        event_id = arguments.get("eventId")
        decides = app.policy.policy_for(None if event_id is None else EventId(event_id))
        answers = [each for recording in recordings for each in recording.kept]
        recorded = Recorded(
            code_version(), settings.api, arguments, decides, answers, answer.response
        )
    except InvalidInput as error:
        refuse(str(error))
    try:
        write_recording(path, recorded, api)
    except InvalidInput as error:
        end(f"{path}: not recorded: {error}", FAILED)
    click.echo(f"fanscore: {one_line(path)}: recorded; it holds personal data", err=True)
    return answer


def _check_recordable(path: str, answer: Response) -> None:
    if error_code(answer) == INTERNAL:
        end(f"{path}: not recorded: the run ended in an error of the code", FAILED)


def _is_error(response: object) -> bool:
    items = response if isinstance(response, list) else [response]
    return any(
        isinstance(item, dict) and ("errorType" in item or "error" in item) for item in items
    )
