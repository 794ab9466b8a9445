"""The commands about receipts."""

from __future__ import annotations

import click

from fanscore_appsync.cli.stored_receipts import list_receipts, show_receipt


@click.group()
def receipts() -> None:
    """Receipts of decisions."""


receipts.add_command(list_receipts)
receipts.add_command(show_receipt)
