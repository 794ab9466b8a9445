"""What both sides call: it answers for functions, passes all else on to a server, and counts.

It runs in a process of its own, so that it takes no time from those who are measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPMethod
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import attrs

from tests.aws.ministack import HOST

ASKED_PATH = "/_asked"
LAMBDA_S = 0.005
"""What a function takes."""

ARM: Mapping[str, object] = {"/functions/": {"data": {"armScore": 2}}}
"""Every function is ARM, which gives everyone the same score."""

_PROCESS = Path(__file__).with_name("front_process.py")


@attrs.frozen
class Asked:
    """What was asked of a front.

    Attributes:
        calls: by operation.
        rounds: how often a call came when no other was under way.
        faults: how many calls failed on purpose, by how they did.
    """

    calls: Mapping[str, int]
    rounds: int
    faults: Mapping[str, int] = attrs.field(factory=dict)

    @property
    def total(self) -> int:
        """The number of calls."""
        return sum(self.calls.values())


@attrs.frozen
class Front:
    """A front that runs.

    Attributes:
        url: where it is.
    """

    url: str

    def reset(self) -> None:
        """Forget what was asked so far."""
        self._call(HTTPMethod.DELETE)

    def asked(self) -> Asked:
        """Give what was asked since the start, or since it was forgotten."""
        document = json.loads(self._call(HTTPMethod.GET))
        return Asked(document["calls"], document["rounds"], document["faults"])

    def _call(self, method: str) -> bytes:
        with closing(HTTPConnection(urlsplit(self.url).netloc)) as connection:
            connection.request(method, ASKED_PATH)
            return connection.getresponse().read()


@contextmanager
def front(  # what there is to say of a front
    upstream: str,
    delay_s: float = 0.0,
    lambda_s: float = LAMBDA_S,
    answers: Mapping[str, object] = ARM,
    *,
    fails: float = 0.0,
    seed: int = 1,
) -> Iterator[Front]:
    """Start a front.

    Args:
        upstream: URL of the server that everything is passed on to that has no answer here.
        delay_s: what every call takes longer.
        lambda_s: what a function takes.
        answers: JSON documents, by a part of the path that is asked for.
        fails: the share of calls that fails on purpose.
        seed: of the random numbers that say which.
    """
    options = {
        "upstream": upstream,
        "delay_s": delay_s,
        "lambda_s": lambda_s,
        "answers": answers,
        "fails": fails,
        "seed": seed,
    }
    with subprocess.Popen(  # noqa: S603  # this very interpreter, and a file of ours
        [sys.executable, _PROCESS, HOST, json.dumps(options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:  # leaving closes its standard input, which ends it
        assert process.stdout
        port = int(process.stdout.readline())
        yield Front(f"http://{HOST}:{port}")
