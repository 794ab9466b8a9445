"""How the command ends when something goes wrong: one line on standard error, and a status."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import click

from fanscore_appsync.printable import one_line
from fanscore_core.errors import InvalidInput, Unavailable

FAILED = 1
"""The exit status where the input is right and the work could not be done."""

UNUSABLE_INPUT = 2
"""The exit status where something must be typed, set or written differently."""

INTERRUPTED = 130
"""The exit status after ``Ctrl+C``, as shells count it: 128 and the number of the signal."""

PASSED_ON: tuple[type[Exception], ...] = (
    click.exceptions.Exit,
    getattr(click.exceptions, "NoArgsIsHelpError", click.exceptions.Exit),
)
"""What click ends with after ``--help`` and, from 8.2 on, where a group is called alone."""


class Program(click.Group):
    """A group of commands that end in one line whatever goes wrong, never in a traceback.

    Python's development mode (``python -X dev``) shows the traceback of an error that is none of
    those expected here.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: object,
    ) -> click.Context:
        """Parse the options of the group."""
        with one_line_for_mistakes():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Parse the rest, and run the command."""
        with one_line_for_mistakes():
            return super().invoke(ctx)


def refuse(problem: str) -> NoReturn:
    """End the command for input that cannot be used; to raise ``InvalidInput`` does the same."""
    end(problem, UNUSABLE_INPUT)


def end(problem: str, status: int) -> NoReturn:
    """End the command, with the problem in one line on standard error."""
    line = f"fanscore: {one_line(problem)}"
    with suppress(OSError):  # nobody is left to tell
        click.echo(line, err=True)
    sys.exit(status)


def note(text: str) -> None:
    """Say something in one line on standard error, and go on."""
    with suppress(OSError):  # nobody is left to tell
        click.echo(f"fanscore: {one_line(text)}", err=True)


def with_reason(error: BaseException) -> str:
    """Return what an error says, for the operator: with the reason, which callers do not learn."""
    return f"{error}: {error.reason}" if isinstance(error, Unavailable) else str(error)


@contextmanager
def one_line_for_mistakes() -> Iterator[None]:
    """End the command in one line for each error that leaves the block."""
    try:
        yield
    except PASSED_ON:
        raise
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.exit(FAILED)
    except (Exception, KeyboardInterrupt) as error:
        known = _known(error)
        if known is None and sys.flags.dev_mode:
            raise
        end(*(known or (": ".join(filter(None, (type(error).__name__, str(error)))), FAILED)))


def _known(error: BaseException) -> tuple[str, int] | None:
    match error:
        case click.ClickException():
            return _of_click(error), error.exit_code
        case InvalidInput():
            return str(error), UNUSABLE_INPUT
        case Unavailable():
            return with_reason(error), FAILED
        case OSError():
            return _os_error(error), FAILED
        case KeyboardInterrupt() | click.Abort():
            return "interrupted", INTERRUPTED
        case _:
            return None


def _of_click(error: click.ClickException) -> str:
    problem = " ".join(error.format_message().split())
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return problem
    if not problem.endswith((".", "?", "?)")):
        problem += "."
    return f"{problem} See '{error.ctx.command_path} --help'."


def _os_error(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return reason if error.filename is None else f"{error.filename}: {reason}"
