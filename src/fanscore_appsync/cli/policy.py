"""The commands about score policies."""

from __future__ import annotations

import click

from fanscore_adapters.documents.json_text import json_text
from fanscore_adapters.documents.policy import policy_book_text
from fanscore_appsync.cli.findings_files import findings_to_parquet
from fanscore_appsync.cli.options import api_option, chosen_api, environment, refuse_empty
from fanscore_appsync.cli.policy_diff import policy_diff, sample_findings
from fanscore_appsync.wiring.apps import policy_book
from fanscore_core.policy_book import PolicyBook, path_of

_file = click.option(
    "--policy",
    "path",
    metavar="FILE",
    help="The policy or policy book. Default: FANSCORE_POLICY, else the policy that is shipped.",
)
_digests = click.option(
    "--digests",
    "is_digests",
    is_flag=True,
    help="Print a line for each policy instead: its digest, where it stands, its version.",
)


@click.group()
def policy() -> None:
    """Score policies: what each signal is worth."""


@policy.command()
@_file
@_digests
@api_option
def show(path: str | None, api: str | None, *, is_digests: bool) -> None:
    """Print the score policy or policy book in use, as the JSON document to copy and change.

    It is checked as a whole first.

    Exit status: 0, or 2 if it is refused.
    """
    refuse_empty("--policy", path)
    settings = environment(api)
    chosen = chosen_api(settings)
    if path is None:
        book = policy_book(settings.policy, api=chosen)
    else:
        book = policy_book(path, "--policy", chosen)
    click.echo(_digest_lines(book) if is_digests else policy_book_text(book))


policy.add_command(policy_diff)
policy.add_command(sample_findings)
policy.add_command(findings_to_parquet)


def _digest_lines(book: PolicyBook) -> str:
    placed = {"default": book.default, **{path_of(each): book.events[each] for each in book.events}}
    return "\n".join(
        f"{each.digest}  {place}  {json_text(each.version)}" for place, each in placed.items()
    )
