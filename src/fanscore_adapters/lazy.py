"""An adapter that is made when it is first asked, because importing what it needs takes long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

import attrs

from fanscore_adapters.adapter import Adapter, one_by_one
from fanscore_core.engine.question import Answered, Ask, Question


@attrs.define
class LazyAdapter:
    """An adapter in the place of another one, whose questions are asked each on its own.

    Attributes:
        systems: those of the other one.
        make: makes the other one; called once.
    """

    systems: Mapping[type[Question[object]], str]
    make: Callable[[], Adapter]
    _made: Adapter | None = attrs.field(default=None, init=False)
    _lock: Lock = attrs.field(factory=Lock, init=False, repr=False)

    split = staticmethod(one_by_one)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Let the other one answer every ask."""
        with self._lock:
            if self._made is None:
                self._made = self.make()
        return self._made.fetch(asks)
