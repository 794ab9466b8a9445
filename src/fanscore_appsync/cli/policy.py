"""The commands about score policies."""

from __future__ import annotations

import click

from fanscore_adapters.documents.policy import policy_text
from fanscore_core.policy import DEFAULT_POLICY


@click.group()
def policy() -> None:
    """Score policies: what each signal is worth."""


@policy.command()
def show() -> None:
    """Print the score policy that is shipped, as the JSON document to copy and change."""
    click.echo(policy_text(DEFAULT_POLICY))
