"""What both ways call, counted where the calls arrive: the table in docs/explanation."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from benchmarks.aws.front import front
from benchmarks.own_api.scene import ANSWERS, TABLE, environ_of, fill
from benchmarks.own_api.sides import EVENTS
from tests.aws.ministack import Ministack
from tests.side_by_side.ways import made

GET, PUT, INVOKE, HTTP = "GetItem", "PutItem", "Invoke", "GET"
EXPECTED: Mapping[str, tuple[Mapping[str, int], Mapping[str, int]]] = {
    "presaleGroup": (
        {"BatchGetItem": 1, INVOKE: 1, HTTP: 1},
        {GET: 2, INVOKE: 1, HTTP: 1},
    ),
    "presaleGroup, invited": (
        {"BatchGetItem": 1, INVOKE: 1, HTTP: 1},
        {GET: 1},
    ),
    "presaleGroup, a batch of 10 campaigns": (
        {"BatchGetItem": 1, INVOKE: 1, HTTP: 1},
        {GET: 20, INVOKE: 10, HTTP: 10},
    ),
    "presaleInvite": ({PUT: 1}, {PUT: 1}),
    "presaleInvite, again": ({PUT: 1}, {PUT: 1}),
}
"""The calls by operation: ours, and the ordinary way's."""


def test_calls_of_each_event(aws: Ministack) -> None:
    """Ours asks for everything at once and once; the ordinary way stops where it knows enough."""
    fill(aws)
    with ExitStack() as closing:
        counting = closing.enter_context(front(aws.url, 0.0, 0.0, ANSWERS))
        sides = made(environ_of(aws, counting), closing)
        found = {}
        for name, event in EVENTS.items():
            calls = []
            for side in (sides.ours, sides.ordinary):
                counting.reset()
                side(event())
                calls.append(counting.asked().calls)
            found[name] = tuple(calls)
    aws.client("dynamodb").delete_table(TableName=TABLE)
    assert found == EXPECTED
