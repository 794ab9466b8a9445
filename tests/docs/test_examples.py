"""Every example of the documentation is run as it stands.

A page is worked through in a folder that looks like a clone: its Python blocks share one
namespace, and what its commands print is compared with what it shows, if it shows anything. Some
things differ from run to run, and each stands for any other of its kind: a number before `` ms``,
seconds such as ``0.12s``, and, in a line with ``│``, a run of bars and spaces.

Where a page says ``make serve`` or ``fanscore serve``, a gateway is served from there on, on a port
that is free: each command goes there that names the usual one. In the folder ``presale-api`` lies
what a reader of docs/how-to/your-own-api.md has written by then.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from fanscore_appsync.local.auth.issuer import default_folder
from tests.docs.pages import PAGES, ROOT, Command, blocks, commands, name_of
from tests.gateway.program import serving

NOT_RUN = frozenset({"git", "make"})
"""What a reader does once, to have a clone; ``test_references`` knows the targets of make."""

NOT_EVERYWHERE = frozenset({"curl"})
"""What some machines lack, and nothing here needs."""

SERVE = re.compile(r"make serve|\.venv/bin/fanscore serve (--api \S+)").fullmatch
CHANGE_FOLDER = re.compile(r"cd (\S+)").fullmatch
OWN_API = "presale-api"
USUAL_URL = "http://127.0.0.1:8080"

EXAMPLES = [page for page in PAGES if any(blocks(page))]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder that looks like a clone, with no settings in the environment."""
    for name in ("docs", "src"):
        (tmp_path / name).symlink_to(ROOT / name)
    generated = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "examples" / "presale", tmp_path / OWN_API, ignore=generated)
    for folder in (tmp_path, tmp_path / OWN_API):
        (folder / ".venv").symlink_to(sys.prefix)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    ours = [name for name in os.environ if name.startswith("FANSCORE_")]
    for name in (*ours, "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("clone")
@pytest.mark.parametrize("page", EXAMPLES, ids=name_of)
def test_examples_do_what_their_page_says(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python blocks run and their asserts hold, and commands print what the page shows."""
    namespace: dict[str, object] = {"__name__": "example"}
    with ExitStack() as stack:
        url = USUAL_URL
        for block in blocks(page):
            if block.language == "python":
                source = "\n" * (block.line - 1) + block.text
                exec(compile(source, page, "exec", dont_inherit=True), namespace)  # noqa: S102  # ours
            for command in commands(block):
                if serve := SERVE(command.command):
                    options = (serve[1] or "").split()
                    url = stack.enter_context(serving(default_folder(os.environ), *options)).url
                elif folder := CHANGE_FOLDER(command.command):
                    if folder[1] == OWN_API:
                        monkeypatch.chdir(OWN_API)
                else:
                    try_out(command, url)


def test_examples_have_the_types_that_they_say(tmp_path: Path) -> None:
    """The Python blocks pass the type checks that the code passes."""
    for page in EXAMPLES:
        source = "\n".join(block.text for block in blocks(page) if block.language == "python")
        (tmp_path / f"{page.stem.replace('-', '_')}.py").write_text(source, encoding="utf-8")
    mypy = [sys.executable, "-m", "mypy", f"--config-file={ROOT / 'pyproject.toml'}", str(tmp_path)]
    done = subprocess.run(mypy, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def try_out(example: Command, url: str) -> None:
    """Run a shell command, and compare what it prints; one that shows nothing must succeed.

    Args:
        example: the command, and what the page shows.
        url: where the gateway is that the page has started, if it has.
    """
    program = example.command.split()[0]
    if program in NOT_RUN or (program in NOT_EVERYWHERE and not shutil.which(program)):
        return
    done = subprocess.run(
        ["/bin/sh", "-c", example.command.replace(USUAL_URL, url)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if example.shown:
        assert steady(done.stdout.replace(url, USUAL_URL)) == steady(example.shown)
    else:
        assert (done.returncode, done.stdout) == (0, done.stdout)


def steady(printed: str) -> str:
    """Take out of a command's output what differs from run to run."""
    lines = re.sub(r"\d+\.\d+s\b", "_s", re.sub(r"[\d.]+ ms", "_ ms", printed)).splitlines()
    return "\n".join(re.sub("[█ ]+", " ", line) if "│" in line else line for line in lines)
