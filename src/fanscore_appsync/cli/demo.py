"""The command that shows a newcomer a score."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

import click

from fanscore_appsync.cli.explanation import (
    answer_of,
    asking_for_score,
    draw_outcome,
    write_explanation,
)
from fanscore_appsync.cli.options import json_option, outage_option, with_options
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import user
from fanscore_core.engine.state import Outcome

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


@click.command()
@outage_option
@json_option
def demo(outages: tuple[str, ...], *, is_json: bool) -> None:
    """Answer the query of the tutorial from the sample data, and show how."""
    settings = with_options(Settings(), None, outages)
    arguments = {"globalUserId": "user123", "eventId": "evt456"}
    answer = answer_of(settings, asking_for_score(arguments, user("user123")))
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
