"""The command that shows why a fan scores what they do."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import attrs
import click

from fanscore_appsync.app import Response
from fanscore_appsync.cli.explanation import (
    INTERNAL,
    answer_of,
    asking_for_score,
    error_code,
    show_explanation,
)
from fanscore_appsync.cli.mistakes import FAILED, end, note, refuse
from fanscore_appsync.cli.options import (
    api_option,
    checked_id,
    chosen_api,
    environment,
    json_option,
    outage_option,
    refuse_empty,
    with_options,
)
from fanscore_appsync.cli.recordings import Recorded, check_new_file, write_recording
from fanscore_appsync.code_version import code_version
from fanscore_appsync.lambda_context import time_left_s
from fanscore_appsync.settings import IN_MEMORY, Settings
from fanscore_appsync.testing import service
from fanscore_appsync.wiring import apps
from fanscore_core.engine.question import Source
from fanscore_core.engine.recording import Recording
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId

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


@click.command()
@click.argument("global_user_id")
@click.option("--event", "event_id", metavar="ID", help="The event, by either kind of event id.")
@click.option("--member", "member_id", metavar="ID", help="The account, where the fan has none.")
@_database
@outage_option
@_record
@api_option
@json_option
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
        answer = answer_of(settings, asking_for_score(arguments, service()))
    else:
        answer = _recorded(settings, arguments, record)
    show_explanation(answer, is_json=is_json)


def _recorded(settings: Settings, arguments: Mapping[str, str], path: str) -> Response:
    """Answer as without a recording, and write one."""
    check_new_file(path)
    api = chosen_api(settings)
    with ExitStack() as closing:
        app = apps.connect_reader(settings, closing, api)
        recordings: list[Recording] = []

        def source(left_s: float) -> Source:
            recordings.append(Recording(app.source(left_s)))
            return recordings[-1]

        event = asking_for_score(arguments, service())
        answer = attrs.evolve(app, source=source).answer(event, time_left_s(None))
    if error_code(answer) == INTERNAL:
        end(f"{path}: not recorded: the run ended in an error of the code", FAILED)
    event_id = arguments.get("eventId")
    decides = app.policy.policy_for(None if event_id is None else EventId(event_id))
    answers = [each for recording in recordings for each in recording.kept]
    recorded = Recorded(code_version(), settings.api, arguments, decides, answers, answer.response)
    try:
        write_recording(path, recorded, api)
    except InvalidInput as error:
        end(f"{path}: not recorded: {error}", FAILED)
    note(f"{path}: recorded; it holds personal data")
    return answer
