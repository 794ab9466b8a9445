"""How many scores a second the gateway answers over HTTP, and how long one takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from benchmarks.findings import Finding, Number
from benchmarks.gateway.loader import Target, Timed, ask
from benchmarks.gateway.queries import SCORE, SCORE_VARIABLES
from tests.gateway.program import Program, serving

CONNECTIONS: Sequence[int] = (1, 8, 32)
WARM_UP = 320
REQUESTS = 3_200


def throughput() -> list[Finding]:
    """Ask for a score with a token, on more and more connections at a time."""
    with TemporaryDirectory() as folder, serving(Path(folder)) as program:
        target = _target(program)
        ask(target, WARM_UP, max(CONNECTIONS))
        return [
            finding
            for connections in CONNECTIONS
            for finding in _numbers(connections, ask(target, REQUESTS, connections))
        ]


def _target(program: Program) -> Target:
    headers = {"authorization": program.token("user123")}
    body = {"query": SCORE, "variables": SCORE_VARIABLES}
    response = httpx.post(f"{program.url}/graphql", json=body, headers=headers).json()
    assert response["data"]["api"]["accountFanscore"]["score"] == 87, json.dumps(response)
    return Target(f"{program.url}/graphql", SCORE, SCORE_VARIABLES, headers, response)


def _numbers(connections: int, timed: Timed) -> list[Finding]:
    name = f"scores over HTTP, {connections} {'connection' if connections == 1 else 'connections'}"
    return [
        Number(name, timed.per_second, "per second"),
        Number(f"{name}: p50", timed.p50_s * 1e3, "ms"),
        Number(f"{name}: p99", timed.p99_s * 1e3, "ms"),
    ]
