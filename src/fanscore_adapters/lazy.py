"""An adapter that is made when it is first asked, because importing what it needs takes long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

import attrs

from fanscore_adapters.adapter import Adapter, Split, one_by_one
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import InvalidInput, Unavailable


@attrs.define(eq=False, repr=False)
class LazyAdapter:
    """An adapter in the place of another one.

    Attributes:
        systems: those of the other one.
        make: makes the other one; called until it does not raise ``InvalidInput``.
        split: says which asks go together, before the other one is made.
    """

    systems: Mapping[type[Question[object]], str]
    make: Callable[[], Adapter]
    split: Split = one_by_one
    _made: Adapter | None = attrs.field(default=None, init=False)
    _lock: Lock = attrs.field(factory=Lock, init=False, repr=False)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Let the other one answer every ask, if it can be made."""
        try:
            with self._lock:
                if self._made is None:
                    self._made = self.make()
        except InvalidInput as error:  # what was checked at start is not as it was
            systems = [self.systems[type(ask.question)] for ask in asks]
            return [Answered(Unavailable(each, f"no client: {error}"), each) for each in systems]
        return self._made.fetch(asks)
