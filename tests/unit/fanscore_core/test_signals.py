from __future__ import annotations

from collections.abc import Sequence

import attrs

from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import Unavailable
from fanscore_core.ids import EventId, GlobalUserId, MemberId
from fanscore_core.pipelines.account_scoring import score_fan
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.fan_identity import FanIdentity, Identity
from fanscore_core.signals import SIGNALS

FAN, MEMBER = GlobalUserId("user123"), MemberId("member123")


@attrs.frozen
class BaseAlone:
    """A source that knows who the fan is, and that nothing else can be asked."""

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question)) for ask in asks]

    def _answer(self, question: Question[object]) -> object:
        match question:
            case FanIdentity():
                return Identity(MEMBER)
            case AccountScore():
                return None
            case _:
                return Unavailable("world")


def test_each_signal_is_looked_for() -> None:
    """``accountFanscore`` looks for every signal, and a score goes on where none is answered."""
    score = score_fan(FAN, BaseAlone(), event_id=EventId("evt456"))
    assert score.degraded == SIGNALS
