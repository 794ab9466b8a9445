"""Put beside our package, too: a handler that scores chunks of fans whose data it makes up.

It asks neither tables nor ARM, whose emulators take nearly all the time of a run, and reads and
writes the bucket as ever.
"""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import attrs

from fanscore_appsync import chunks
from fanscore_appsync.chunk_app import CHUNK_S, ChunkApp
from fanscore_appsync.lambda_context import LambdaContext, time_left_s
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.findings import Findings, ScoreOrigin, StoredScore
from fanscore_core.ids import BotRunId
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from fanscore_core.signals import ARM, EVENT, MODEL

ASKED = "asked.jsonl"
"""Where each call adds a line with the number of questions, by type."""

ARM_SCORE = 2


def made_up_findings(fan: str) -> Findings:
    """Return what is found of a fan; the ids of different fans differ at their ends."""
    number = _number(fan)
    signals = {
        ARM: Decimal(ARM_SCORE),
        EVENT: Decimal(number % 3),
        MODEL: Decimal(number % 1000) / 1000,
    }
    return Findings(ScoreOrigin.IDENTITY_SCORE, Decimal(number % 997) / 10, signals)


def _number(fan: str) -> int:
    return int(fan[-6:], 16)


class MadeUp:
    """Answers what is asked of fans."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.asked: Counter[str] = Counter()

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        self.asked.update(type(ask.question).__name__ for ask in asks)
        return [Answered(_answer(ask.question), "made up") for ask in asks]


def _answer(question: object) -> object:
    match question:
        case FanIdentity(fan):
            raw = made_up_findings(fan).raw
            assert raw is not None  # as it is made
            return Identity(None, StoredScore(raw))
        case ArmScore():
            return ARM_SCORE
        case DiscoEventId():
            return None
        case EventDemandCount(fan):
            return _number(fan) % 3
        case BotOrNotCursor():
            return BotRunId("run")
        case BotOrNot(fan):
            return made_up_findings(fan).signals[MODEL]
        case _:
            raise TypeError(type(question).__name__)


@functools.cache
def _wired() -> tuple[ChunkApp, MadeUp]:
    source = MadeUp()
    return attrs.evolve(chunks.app(), source=lambda _: source), source


def handler(payload: object, context: LambdaContext) -> Mapping[str, object]:
    """Score a chunk."""
    app, source = _wired()
    source.asked.clear()
    try:
        return app.answer(payload, time_left_s(context, CHUNK_S))
    finally:
        with Path(os.environ["FLAKY_FOLDER"], ASKED).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(source.asked) + "\n")
