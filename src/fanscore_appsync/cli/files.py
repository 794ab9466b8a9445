"""Files that commands read and write: by name, or standard input and output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

import attrs
import click

from fanscore_adapters.documents.receipts import read_receipts
from fanscore_appsync.api import Api
from fanscore_appsync.cli.mistakes import refuse
from fanscore_core.errors import InvalidInput
from fanscore_core.receipt import Receipt

STANDARD_INPUT = "-"

output_option = click.option(
    "--output", metavar="FILE", help="Write this file instead of printing."
)


@contextmanager
def naming(named_by: str, path: str) -> Iterator[None]:
    """Refuse a file that the block cannot read, and name it in what the block refuses.

    Args:
        named_by: what names the path, for an error.
        path: of the file.

    Raises:
        InvalidInput: what the block raises, with the path before it.
    """
    try:
        yield
    except BrokenPipeError:  # whoever reads what is printed meanwhile has seen enough
        raise
    except OSError as error:
        refuse(f"{named_by}: cannot read {path}: {type(error).__name__}")
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"{named_by}: {path}: {error.where}") from None


@contextmanager
def opened(named_by: str, path: str) -> Iterator[BinaryIO]:
    """Open a file to read it, as ``naming`` says; ``-`` is standard input."""
    with naming(named_by, path), _file(path) as file:
        yield file


def receipts_of(named_by: str, path: str, api: Api) -> Iterator[Receipt]:
    """Read the receipts of a file.

    Args:
        named_by: what names the path, for an error.
        path: of a receipts file; ``-`` is standard input.
        api: whose signals receipts may have.

    Raises:
        InvalidInput: it is no receipts file, or not as it was written; says where.
    """
    with opened(named_by, path) as file:
        yield from read_receipts(file, api.signals)


def write(text: str, output: str | None) -> None:
    """Print a text, or write it into a file; refuse one that cannot be written."""
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_bytes(text.encode())
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        refuse(f"--output: {output}: {error.strerror}")


def new_folder(out: str) -> Path:
    """Return the path of a folder that ``--output`` has made; refuse one that cannot be made."""
    folder = Path(out)
    if folder.exists():
        refuse(f"--output: {out}: exists already")
    if not folder.absolute().parent.is_dir():
        refuse(f"--output: {out}: there is no folder for it")
    return folder


def refuse_same(named_by: str, output: str | None, other: str, path: str | None) -> None:
    """Refuse to write over what is read.

    Args:
        named_by: what names the file that is written, for an error.
        output: that file, if there is one.
        other: what names the file that is read.
        path: that file, if there is one.
    """
    if output is None or path is None or not (Path(output).exists() and Path(path).exists()):
        return
    if Path(output).samefile(path):
        refuse(f"{named_by}: {output}: expected another file than {other}")


def _file(path: str) -> nullcontext[BinaryIO] | BinaryIO:
    return nullcontext(sys.stdin.buffer) if path == STANDARD_INPUT else Path(path).open("rb")
