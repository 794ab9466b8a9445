"""The commands that say what a change of policy does to people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import attrs
import click

from fanscore_adapters.documents.diff_rules import parse_rules, parse_ticket_bands
from fanscore_adapters.documents.findings import FindingsLine, findings_lines
from fanscore_adapters.documents.policy_diff import diff_document
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_appsync.api import Api
from fanscore_appsync.cli.diff_text import draw_sections
from fanscore_appsync.cli.findings_files import counted_file
from fanscore_appsync.cli.mistakes import FAILED, end, refuse
from fanscore_appsync.cli.options import (
    api_option,
    checked_id,
    chosen_api,
    environment,
    refuse_empty,
)
from fanscore_appsync.cli.terminal import columns, print_lines, show
from fanscore_appsync.diff_report.page import page
from fanscore_appsync.diff_report.sections import sections
from fanscore_appsync.wiring.apps import policy_book
from fanscore_appsync.wiring.parts import parsed_file
from fanscore_core.diff_rules import Rule, Verdict, judge
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_diff import PolicyDiff, compared_bands, diff_of_classes
from fanscore_core.seat_chances import LEAST_SEATS, MOST_SEATS, Draw

MOST_PEOPLE = 100_000_000
LINES_AT_ONCE = 1_000

_event = click.option(
    "--event",
    "event_id",
    metavar="ID",
    help="Compare the policies for this event, by findings of this event alone.",
)


@click.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--findings",
    "path",
    required=True,
    metavar="FILE",
    help="Findings, one JSON object a line, or Parquet (.parquet); - reads standard input.",
)
@_event
@click.option(
    "--seats",
    type=click.IntRange(LEAST_SEATS, MOST_SEATS),
    metavar="N",
    help="Say what the chances of one of so many seats are; with --weights.",
)
@click.option("--weights", metavar="FILE", help="How many tickets a score gives, in TOML.")
@click.option("--rules", metavar="FILE", help="Rules that the change must keep, in TOML.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    help="Text for the terminal, the default, JSON for programs, or a page to pass on.",
)
@api_option
def policy_diff(  # noqa: PLR0913  # one for each option
    *,
    old: str,
    new: str,
    path: str,
    event_id: str | None,
    seats: int | None,
    weights: str | None,
    rules: str | None,
    form: str,
    api: str | None,
) -> None:
    """Say what a change from the policy OLD to the policy NEW does to people.

    Exit status: 0, 1 if a rule is broken, 2 for unusable input.
    """
    given = {"OLD": old, "NEW": new, "--findings": path, "--weights": weights, "--rules": rules}
    for name, text in given.items():
        refuse_empty(name, text)
    if (seats is None) is not (weights is None):
        refuse("--seats and --weights: expected both or neither")
    event = None if event_id is None else EventId(checked_id("--event", event_id))
    chosen = chosen_api(environment(api))
    policies = _policy("OLD", old, chosen, event), _policy("NEW", new, chosen, event)
    draw = _draw(seats, weights)
    kept = () if rules is None else parsed_file(rules, "--rules", parse_rules)
    people = counted_file(path, compared_bands(*policies), chosen.signals, event)
    report = diff_of_classes(*policies, people, draw)
    verdicts = _judged(report, kept, rules)
    if not report.people:
        refuse(f"--findings: {path}: there are none{' of this event' if event else ''}")
    _print(form, report, verdicts)
    broken = sum(not each.holds for each in verdicts)
    if broken:
        end(f"{broken} of {len(verdicts)} rules broken", FAILED)


@click.command(name="sample-findings")
@click.option(
    "--people",
    type=click.IntRange(1, MOST_PEOPLE),
    default=10_000,
    show_default=True,
    metavar="N",
    help="How many.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**53 - 1),
    default=1,
    show_default=True,
    metavar="N",
    help="Which: the same seed gives the same.",
)
@click.option("--event", "event_id", metavar="ID", help="For which event; default: none.")
def sample_findings(people: int, seed: int, event_id: str | None) -> None:
    """Print findings of made-up fans, as 'policy diff' reads them."""
    event = None if event_id is None else EventId(checked_id("--event", event_id))
    made = (FindingsLine(event, each) for each in plausible_findings(people, seed))
    print_lines(findings_lines(made))


def _print(form: str, report: PolicyDiff, verdicts: Sequence[Verdict]) -> None:
    if form == "json":
        click.echo(json.dumps(diff_document(report, verdicts), indent=2))
    elif form == "html":
        click.echo(page(sections(report, verdicts)).encode(), nl=False)  # as the page says it is
    else:
        show(draw_sections(sections(report, verdicts), columns()))


def _policy(named_by: str, path: str, api: Api, event: EventId | None) -> ScorePolicy:
    book = policy_book(path, named_by, api)
    if book.events and event is None:
        raise InvalidInput(named_by, f"{path}: a policy book: name one of its events by --event")
    return book.policy_for(event)


def _draw(seats: int | None, path: str | None) -> Draw | None:
    if seats is None or path is None:
        return None
    return parsed_file(path, "--weights", lambda text: Draw(seats, parse_ticket_bands(text)))


def _judged(report: PolicyDiff, rules: Iterable[Rule], path: str | None) -> tuple[Verdict, ...]:
    try:
        return judge(report, rules)
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"--rules: {path}: rules.{error.where}") from None
