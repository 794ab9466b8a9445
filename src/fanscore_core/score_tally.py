"""How many fans scored what: counts of a crowd, and of what was missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from fanscore_core.errors import Unavailable
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.registrants import ScoredFan
from fanscore_core.signals import Missing


@attrs.define
class ScoreTally:
    """Counts of scored fans. They add up: tallies of parts of a crowd make the crowd's.

    Attributes:
        scores: how many fans have each score.
        origins: how many have a base score of each origin, by its name.
        missing: how many have no value of a signal, by the signal's name and the reason's.
        failed: how many have no score, by the system that had no usable answer.
    """

    scores: Counter[int] = attrs.field(factory=Counter)
    origins: Counter[str] = attrs.field(factory=Counter)
    missing: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    failed: Counter[str] = attrs.field(factory=Counter)

    @property
    def scored(self) -> int:
        """How many have a score."""
        return self.scores.total()

    @property
    def people(self) -> int:
        """How many there are."""
        return self.scored + self.failed.total()

    @property
    def newcomers(self) -> int:
        """How many have no history."""
        return self.origins[ScoreOrigin.NO_HISTORY.name]

    @property
    def degraded(self) -> Counter[str]:
        """How many were scored without an answer, by signal."""
        found: Counter[str] = Counter()
        for (signal, reason), count in self.missing.items():
            if reason == Missing.UNAVAILABLE.name:
                found[signal] += count
        return found

    def count(self, fan: ScoredFan) -> None:
        """Count a fan."""
        found = fan.found
        if fan.score is None or not isinstance(found, Findings):
            system = found.system if isinstance(found, Unavailable) else type(found).__name__
            self.failed[system] += 1
            return
        self.scores[fan.score.score] += 1
        self.origins[found.origin.name] += 1
        for signal, finding in found.signals.items():
            if isinstance(finding, Missing):
                self.missing[signal.name, finding.name] += 1

    def add(self, other: ScoreTally) -> None:
        """Add the counts of another part of the crowd."""
        self.scores.update(other.scores)
        self.origins.update(other.origins)
        self.missing.update(other.missing)
        self.failed.update(other.failed)

    @classmethod
    def total(cls, tallies: Iterable[ScoreTally]) -> ScoreTally:
        """Add up the tallies of all parts."""
        whole = cls()
        for each in tallies:
            whole.add(each)
        return whole
