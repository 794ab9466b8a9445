"""The breaks by rule that no test can catch, or need not, each with its reason."""

from __future__ import annotations

import attrs

from tests.teeth.rules import RuleBreak


@attrs.frozen
class Survivor:
    """Breaks that are known to survive.

    Attributes:
        module: that is broken.
        context: the first line of the statement that is broken.
        old: what stands there.
        new: what stands there then.
        reason: why no test catches it.
    """

    module: str
    context: str
    old: str
    new: str
    reason: str

    def is_of(self, broken: RuleBreak) -> bool:
        """Whether this is the break; all equal ones count, in whatever line they stand."""
        seen = (broken.module, broken.context, broken.old, broken.new)
        return seen == (self.module, self.context, self.old, self.new)


SURVIVORS: tuple[Survivor, ...] = ()
