"""The command ``fanscore``."""

from __future__ import annotations

import os
from importlib import import_module
from typing import cast

import click

from fanscore_appsync.cli.mistakes import Program, refuse
from fanscore_appsync.cli.terminal import colors

COMMANDS = {
    "chunks": ("chunks", "Divide an event's fans into chunks, to score them on AWS."),
    "demo": ("demo", "Score a fan of the sample data, and show how."),
    "erase": ("erase", "Erase what is stored of a fan."),
    "events": ("events", "See, retry and replay user events."),
    "explain": ("explain", "Score a fan, and draw the reasons and the run."),
    "export": ("export", "Write a database in the form of DynamoDB exports to S3."),
    "findings": ("receipts", "Print the findings of receipts, without ids of fans."),
    "invoke": ("invoke", "Hand an AppSync event to the resolver."),
    "policy": ("policy", "Score policies: show them, and compare what they do."),
    "receipts": ("receipts", "Receipts of decisions: list, show, check, seal, prove."),
    "replay": ("replay", "Run a recording again, or decide receipts again."),
    "resolvers": ("resolvers", "Print the AppSync resolvers of all fields."),
    "sample": ("sample", "Write the sample data into a database."),
    "schema": ("resolvers", "Print the schema as AppSync takes it."),
    "score-event": ("score_event", "Score all fans who are registered for an event."),
    "serve": ("serve", "Serve the API and its console (needs fanscore[gateway])."),
    "token": ("token", "Print a token of a fan (needs fanscore[gateway])."),
}
"""The module of each command, where it has the command's name, and what the command is for.

The module is imported when the command is asked for.
"""

GATEWAY_COMMANDS = frozenset({"serve", "token"})
"""The commands that need more than the others: ``fanscore[gateway]``."""


class _Commands(Program):
    """The commands, each imported when it is asked for, and none to list them."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        name, _ = COMMANDS[cmd_name]
        try:
            module = import_module(f"fanscore_appsync.cli.{name}")
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
