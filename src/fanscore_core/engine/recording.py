"""Sources that keep what was asked and answered, and that give it again."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.errors import UnknownQuestion


@attrs.frozen
class Recording:
    """A source that passes questions on, and keeps each with its answer, in order."""

    source: Source
    kept: list[tuple[Question[object], Answered]] = attrs.field(factory=list)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask as the source behind does."""
        answers = self.source.fetch(asks)
        self.kept.extend((ask.question, answer) for ask, answer in zip(asks, answers, strict=True))
        return answers

    def replay(self) -> Replay:
        """Make a source that gives these answers again."""
        return Replay(list(self.kept))


@attrs.frozen
class Replay:
    """A source that gives recorded answers again, each once and in order.

    A question asked again, after a write for instance, gets what it got then.
    """

    left: list[tuple[Question[object], Answered]]

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask from what is left of the recording."""
        return [self._next(ask.question) for ask in asks]

    def _next(self, question: Question[object]) -> Answered:
        for index, (recorded, answered) in enumerate(self.left):
            if recorded == question:
                del self.left[index]
                return answered
        return Answered(UnknownQuestion(), "replay")
