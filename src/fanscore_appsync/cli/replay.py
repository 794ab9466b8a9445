"""``fanscore replay``: a recorded run, or the decisions of receipts, again, without any system."""

from __future__ import annotations

import click

from fanscore_appsync.api import Api
from fanscore_appsync.app import App, Response
from fanscore_appsync.cli.explanation import asking_for_score, show_explanation
from fanscore_appsync.cli.mistakes import FAILED, end, note
from fanscore_appsync.cli.options import api_option, chosen_api, environment, refuse_empty
from fanscore_appsync.cli.receipt_replay import holds_receipts, replay_file
from fanscore_appsync.cli.recordings import Recorded, read_recording
from fanscore_appsync.code_version import code_version
from fanscore_appsync.lambda_context import time_left_s
from fanscore_appsync.report import report
from fanscore_appsync.testing import service
from fanscore_appsync.wiring.apps import policy_book
from fanscore_appsync.wiring.parts import mint, now
from fanscore_core.engine.recording import Replay
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_book import PolicyBook
from fanscore_core.scoring import AccountFanscore

_policy = click.option(
    "--policy",
    metavar="FILE",
    help="Decide by this policy or policy book; where another one decided, say what would have "
    "been.",
)
_json = click.option(
    "--json", "is_json", is_flag=True, help="Print JSON for programs instead of the pictures."
)


@click.command()
@click.argument("file", metavar="FILE")
@_policy
@api_option
@_json
def replay(file: str, policy: str | None, api: str | None, *, is_json: bool) -> None:
    """Run a recorded run again, or decide again what receipts answer for. Nothing is asked.

    Of a recording ('fanscore explain --record FILE'), the same is printed as then. Where this
    version of fanscore comes to another response, that is said instead.

    Of a receipts file, each decision is made again from its findings, under the policy that decided
    (--policy, else FANSCORE_POLICY, else the shipped one), and compared byte for byte. With another
    policy by --policy, it is said what would have been.

    Exit status: of a recording, as of explain, also 1 if the response is another. Of receipts: 0 if
    each decision is the same, or was decided by another policy; 1 if one is not the same, or its
    policy is not known; 2 for unusable input.
    """
    refuse_empty("FILE", file)
    refuse_empty("--policy", policy)
    settings = environment(api)
    chosen = chosen_api(settings)
    if holds_receipts(file):
        replay_file(file, chosen, settings.policy, policy, is_json=is_json)
    recorded = read_recording(file, chosen, settings.api)
    others = None if policy is None else policy_book(policy, "--policy", chosen)
    answer = _again(recorded, chosen, recorded.policy)
    if recorded.code != code_version():
        note(f"recorded by fanscore {recorded.code}, replayed by {code_version()}")
    if answer.response != recorded.response:
        end(f"{file}: the response is not the recorded one", FAILED)
    if others is None:
        show_explanation(answer, is_json=is_json)
    would_be = _again(recorded, chosen, others)
    note(f"recorded {_score(answer)}; would have been {_score(would_be)}")
    show_explanation(would_be, is_json=is_json)


def _again(recorded: Recorded, api: Api, policy: ScorePolicy | PolicyBook) -> Response:
    source = Replay(list(recorded.answers))
    app = App(lambda _: source, report, now, mint, policy, api)
    return app.answer(asking_for_score(recorded.arguments, service()), time_left_s(None))


def _score(answer: Response) -> str:
    value = answer.outcome.value if answer.outcome else None
    if not isinstance(value, AccountFanscore):
        return "no score"
    return f"{value.score} by policy {value.policy_version}"
