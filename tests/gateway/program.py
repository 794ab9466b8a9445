"""``fanscore serve`` in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import attrs
import httpx

from tests.e2e.lambda_runtime import PREFIX
from tests.patience import AMPLE_S

PROGRAM = str(Path(sys.executable).parent / "fanscore")
LAST_LINE = "Stop it with Ctrl+C.\n"


def environment(changed: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give an environment that says nothing of fanscore but what is given."""
    inherited = {name: os.environ[name] for name in os.environ if not name.startswith(PREFIX)}
    return {**inherited, **(changed or {})}


@attrs.frozen
class Program:
    """``fanscore serve`` in a process of its own.

    Attributes:
        process: it.
        told: what it has said so far.
        folder: of the development issuer.
    """

    process: subprocess.Popen[str]
    told: str
    folder: Path

    def found(self, pattern: str) -> str:
        """Give a part of what was said."""
        match = re.search(pattern, self.told)
        assert match is not None
        return match[1]

    @property
    def url(self) -> str:
        """Where it is."""
        return self.found(r"fanscore is at (\S+)/\n")

    def token(self, fan: str) -> str:
        """Make a token with the command that was told."""
        told = self.found(r"Token of a fan: fanscore (.*)\n").replace("user123", fan).split()
        return subprocess.run(
            [PROGRAM, *told], check=True, capture_output=True, text=True, env=environment()
        ).stdout.strip()

    def post(self, query: str, headers: Mapping[str, str]) -> httpx.Response:
        """Send a query."""
        return httpx.post(
            f"{self.url}/graphql", json={"query": query}, headers=headers, timeout=AMPLE_S
        )

    def stop(self, how: signal.Signals) -> int:
        """Ask it to stop, and give its exit status."""
        self.process.send_signal(how)
        return self.process.wait(timeout=AMPLE_S)


@contextmanager
def serving(
    folder: Path,
    *options: str,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[Program]:
    """Serve on a free port until the end of the block."""
    command = [PROGRAM, "serve", "--port", "0", "--keys", str(folder), *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=environment({"PYTHONUNBUFFERED": "1", **(environ or {})}),
    ) as process:
        assert process.stdout is not None
        told = "".join(takewhile(LAST_LINE.__ne__, process.stdout))
        try:
            yield Program(process, told, folder)
        finally:
            process.kill()
