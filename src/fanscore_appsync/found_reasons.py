"""What was found for each reason of a score, for those who explain one."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from fanscore_core.engine.state import Outcome
from fanscore_core.findings import Finding, Findings
from fanscore_core.scoring import AccountFanscore


@attrs.frozen
class FoundReason:
    """What was found for a reason.

    Attributes:
        signal: the name of its signal; ``None`` of the base score.
        what: was looked for, in words.
        finding: what was found; ``None`` of a base score that is not known.
    """

    signal: str | None
    what: str
    finding: Finding | None = attrs.field(repr=False)


def found_reasons(outcome: Outcome[object, object]) -> Sequence[FoundReason]:
    """Return what was found for each reason of a score, in their order.

    The base score's comes first, then those of the policy's signals. A clamped score has a reason
    more, for which nothing is found.

    Args:
        outcome: of a run that scores an account; nothing was found where it gave no score.
    """
    findings = getattr(outcome.stash, "findings", None)
    if not isinstance(findings, Findings) or not isinstance(outcome.value, AccountFanscore):
        return []
    signals = (
        FoundReason(each.name, each.value_name, findings.of(each)) for each in outcome.value.boosts
    )
    return [FoundReason(None, "Stored raw score", findings.raw), *signals]
