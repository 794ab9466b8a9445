"""The command ``fanscore``."""

from __future__ import annotations

import os
from importlib import import_module
from typing import cast

import click

from fanscore_appsync.cli.mistakes import Program, refuse
from fanscore_appsync.cli.terminal import colors

COMMANDS = {
    "chunks": "chunks",
    "demo": "demo",
    "erase": "erase",
    "events": "events",
    "explain": "explain",
    "export": "export",
    "findings": "receipts",
    "invoke": "invoke",
    "policy": "policy",
    "receipts": "receipts",
    "replay": "replay",
    "resolvers": "resolvers",
    "sample": "sample",
    "schema": "resolvers",
    "score-event": "score_event",
    "serve": "serve",
    "token": "token",
}
"""The module of each command, where it has the command's name.

It is imported when the command is asked for, or when all are listed.
"""

GATEWAY_COMMANDS = frozenset({"serve", "token"})
"""The commands that need more than the others: ``fanscore[gateway]``."""


class _Commands(Program):
    """The commands, each imported when it is asked for."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        try:
            module = import_module(f"fanscore_appsync.cli.{COMMANDS[cmd_name]}")
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


@click.group(
    cls=_Commands,
    commands={name: click.Command(name) for name in COMMANDS},  # what click lists and suggests
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="fanscore", message="fanscore %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Score fans, and see why they score what they do."""
    context.color = colors(os.environ)
