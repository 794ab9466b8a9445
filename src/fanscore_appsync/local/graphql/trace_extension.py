"""How a response came about, for ``extensions.fanscore``. No value of a question is in it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from fanscore_appsync.local.graphql.replies import Reply
from fanscore_core.engine.trace import Trace, TracedQuestion


@attrs.frozen
class TracedField:
    """A field that was resolved by the handler, or from the cache.

    Attributes:
        path: in the response.
        field: parent type and name.
        cached: whether it took no call of its own.
        reply: what it was resolved from.
    """

    path: Sequence[str | int]
    field: str
    cached: bool
    reply: Reply


def write_trace(resolved: Sequence[TracedField]) -> object:
    """Write how each field was resolved, in the order in which they were."""
    calls: dict[int, int] = {}
    for each in resolved:
        calls.setdefault(id(each.reply.call), len(calls))
    return {"fields": [_field(each, calls[id(each.reply.call)]) for each in resolved]}


def _field(resolved: TracedField, call: int) -> object:
    reply = resolved.reply
    return {
        "path": list(resolved.path),
        "field": resolved.field,
        "tookMs": 0.0 if resolved.cached else _ms(reply.took_s),
        "cached": resolved.cached,
        "call": call,
        "batch": reply.batch,
        "trace": None if reply.trace is None or resolved.cached else write_run(reply.trace),
    }


def write_run(trace: Trace) -> object:
    """Write what the steps of a run did, and what was asked in each round."""
    steps = zip(trace.steps, trace.fates, strict=True)
    return {
        "steps": [{"name": name, "fate": fate.value} for name, fate in steps],
        "rounds": [
            {
                "tookMs": _ms(trace.round_took_s(number)),
                "asked": [_asked(each) for each in trace.in_round(number)],
            }
            for number in range(trace.rounds)
        ],
    }


def _asked(asked: TracedQuestion) -> object:
    return {
        "step": asked.step,
        "question": type(asked.question).__name__,
        "source": asked.source,
        "tookMs": _ms(asked.took_s),
        "failure": asked.failure,
        "reason": asked.reason,
        "shared": asked.shared,
    }


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 3)
