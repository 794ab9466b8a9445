"""The ARM risk of registrants: from a file of scores, or from the service itself.

ARM scoring is a service and no table, so that no export has its scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import attrs

from fanscore_adapters.bulk.spill import SEPARATOR, SpillWriter
from fanscore_adapters.documents.calls.arm_scoring import MAX_ARM_SCORE
from fanscore_adapters.documents.json_text import parse_json
from fanscore_adapters.documents.lines import parsed_lines
from fanscore_adapters.items.escapes import escaped
from fanscore_core.engine.question import Ask, Question, Source
from fanscore_core.errors import DeadlineExceeded, InvalidId, InvalidInput, Unavailable
from fanscore_core.findings import Finding
from fanscore_core.ids import RULE, EventId, GlobalUserId, is_id
from fanscore_core.ports.arm_scoring import MAX_FANS, ArmScore, ArmScores
from fanscore_core.receipt import finding_text
from fanscore_core.signals import Missing

NO_RISK = ""
"""Stands in a row for a fan of whom ARM knows no score."""


@attrs.frozen
class ArmService:
    """ARM scoring, asked for many fans.

    Attributes:
        source: makes what answers the questions of one call.
        by_the_hundred: whether the service knows the operation ``armScores``; else it is asked
            for one fan at a time, as many at once as the source has threads.
    """

    source: Callable[[], Source]
    by_the_hundred: bool

    def risks(self, fans: Sequence[GlobalUserId], event_id: EventId) -> Iterator[Finding]:
        """Return what is known of the risk of each fan, in order.

        Where the service gives no usable answer, that is ``UNAVAILABLE``, as in a single score.

        Raises:
            PipelineError: a mistake of ours.
        """
        for start in range(0, len(fans), MAX_FANS):
            some = fans[start : start + MAX_FANS]
            yield from (
                self._batch(some, event_id) if self.by_the_hundred else self._singly(some, event_id)
            )

    def _batch(self, fans: Sequence[GlobalUserId], event_id: EventId) -> Sequence[Finding]:
        (answer,) = self._answers([ArmScores(tuple(fans), event_id)])
        if isinstance(answer, tuple) and len(answer) == len(fans):
            return [_finding(risk) for risk in answer]
        return [Missing.UNAVAILABLE] * len(fans)

    def _singly(self, fans: Sequence[GlobalUserId], event_id: EventId) -> Sequence[Finding]:
        return [_finding(each) for each in self._answers([ArmScore(fan, event_id) for fan in fans])]

    def _answers(self, questions: Sequence[ArmScore | ArmScores]) -> Sequence[object]:
        answered = self.source().fetch([Ask(cast("Question[object]", each)) for each in questions])
        answers = [each.answer for each in answered]
        for each in answers:
            if isinstance(each, Exception) and not isinstance(each, _NO_ANSWER):
                raise each
        return answers


_NO_ANSWER = (Unavailable, DeadlineExceeded)


@attrs.frozen
class ArmFile:
    """A file of ARM risks.

    Attributes:
        path: lines of JSON, ``{"globalUserId": "…", "risk": 2.5}``; ``null`` for a fan of whom ARM
            knows no score.
    """

    path: Path


ArmRisks: TypeAlias = ArmService | ArmFile
"""Where the risks come from."""


def spill_risks(file: BinaryIO, rows: SpillWriter) -> None:
    """Sort a file of risks by fan: rows of a fan and a number, or nothing.

    Raises:
        InvalidInput: a line is not valid; names its number and path.
    """
    for fan, risk in parsed_lines(file, _risk):
        key = escaped(fan)
        rows.add(key, f"{key}{SEPARATOR}{risk}")


def _risk(line: str) -> tuple[str, str]:
    """Return the fan and the risk of a line, as a row has it."""
    document = parse_json(line)
    if type(document) is not dict or document.keys() != {"globalUserId", "risk"}:
        raise InvalidInput("$", "expected globalUserId and risk")
    fan, risk = document["globalUserId"], document["risk"]
    if type(fan) is not str or not is_id(fan):
        raise InvalidId("globalUserId", RULE)
    if risk is None:
        return fan, NO_RISK
    number = Decimal(risk) if type(risk) is int else risk
    if type(number) is not Decimal or not 0 <= number <= MAX_ARM_SCORE:
        raise InvalidInput("risk", f"expected a number from 0 to {MAX_ARM_SCORE}, or null")
    try:
        return fan, finding_text(number)
    except InvalidInput as error:  # a few characters may stand for a thousand million digits
        raise attrs.evolve(error, where="risk") from None


def _finding(answer: object) -> Finding:
    match answer:
        case Decimal() | int():
            return Decimal(answer)
        case None:
            return Missing.NO_SCORE
        case _:
            return Missing.UNAVAILABLE
