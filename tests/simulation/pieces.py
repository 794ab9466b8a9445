"""The pieces of the protocol that the simulation runs; a break is another piece in one's place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from fanscore_adapters.items.operations import Lookup, Write
from fanscore_adapters.items.tables import LOOKUPS, WRITES
from fanscore_core.consumer_mark import Consumed, Consumer
from fanscore_core.engine.definition import Pipeline
from fanscore_core.engine.question import Question
from fanscore_core.pipelines.consumers import CONSUMERS, ConsumeArgs, ConsumeStash

ConsumerPipeline: TypeAlias = "Pipeline[ConsumeArgs, ConsumeStash, Consumed]"


def as_asked(question: Question[object], _args: object) -> Question[object]:
    """Pass a question on as it is."""
    return question


def as_answered(_question: Question[object], answer: object) -> object:
    """Pass an answer on as it is."""
    return answer


@attrs.frozen
class Pieces:
    """What runs, and what comes between it and the world.

    Attributes:
        lookups: how questions are put to tables.
        writes: how effects are performed on tables.
        consumers: the pipelines of the consumers.
        ask: rewrites a question on its way out; also told the arguments of the run that asks.
        hear: rewrites an answer on its way in.
    """

    lookups: Mapping[type[Question[object]], Lookup] = LOOKUPS
    writes: Mapping[type[Question[object]], Write] = WRITES
    consumers: Mapping[Consumer, ConsumerPipeline] = CONSUMERS
    ask: Callable[[Question[object], object], Question[object]] = as_asked
    hear: Callable[[Question[object], object], object] = as_answered


SOUND = Pieces()
"""The protocol as it is."""
