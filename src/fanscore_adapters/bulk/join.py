"""The join: of each registrant of an event what the tables know, one partition at a time.

First accounts with the fans that have them, then fans with all the rest: an account's score is
found by the account, which only the fan's identity names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import TypeAlias

import attrs

from fanscore_adapters.bulk.event_facts import EventFacts
from fanscore_adapters.bulk.rows import Kind, fan_of, number
from fanscore_adapters.bulk.spill import SEPARATOR, Spill, SpillWriter
from fanscore_core.errors import Unavailable
from fanscore_core.findings import Finding, Findings, ScoreOrigin
from fanscore_core.ids import GlobalUserId
from fanscore_core.signals import ARM, EVENT, MODEL, Missing, Signal
from fanscore_core.systems import ACCOUNT_FANSCORE, FAN_IDENTITY

MALFORMED = "malformed item"

_ORIGINS = {
    Kind.IDENTITY_SCORE: ScoreOrigin.IDENTITY_SCORE,
    Kind.ACCOUNT_SCORE: ScoreOrigin.ACCOUNT_SCORE,
}
_WITHOUT_ANSWER = {
    Kind.MALFORMED_IDENTITY: FAN_IDENTITY,
    Kind.MALFORMED_ACCOUNT: ACCOUNT_FANSCORE,
}
_VERDICTS = (Kind.VERDICT, Kind.MALFORMED_VERDICT)

_NO_BASE = SEPARATOR
"""Neither a ``Kind`` nor a number."""

Spills: TypeAlias = Iterable[Spill]


@attrs.frozen
class Joined:
    """What the tables know of a registrant, as text.

    Attributes:
        key: the fan's key, without its beginning.
        base: a ``Kind``: where the base score is from, or why none can be known; empty for neither.
        raw: the raw score, if there is one.
        sales: for how many sales of the event the fan has registered.
        verdict: of the bot model: a number, ``UNAVAILABLE``, or empty.
    """

    key: str
    base: str
    raw: str
    sales: str
    verdict: str

    def findings(self, facts: EventFacts, arm: Finding) -> Findings | Unavailable:
        """Return what a run of ``accountFanscore`` would have found.

        Args:
            facts: of the event.
            arm: what is known of the fan's ARM risk.

        Returns:
            the findings; or what the run would have ended in, since without a base score there is
            no honest answer.
        """
        if self.base in _WITHOUT_ANSWER:
            return Unavailable(_WITHOUT_ANSWER[self.base], MALFORMED)
        is_mapped = not isinstance(facts.disco_event_id, Missing)
        signals: dict[Signal, Finding] = {
            ARM: arm,
            EVENT: number(self.sales) if is_mapped else Missing.UNAVAILABLE,
            MODEL: self._model(facts),
        }
        raw: Decimal | None = number(self.raw) if self.raw else None
        origin = _ORIGINS.get(self.base, ScoreOrigin.NO_HISTORY)
        return Findings(origin, raw, signals)

    def _model(self, facts: EventFacts) -> Finding:
        if isinstance(facts.cursor, Missing):
            return facts.cursor
        if self.verdict == Missing.UNAVAILABLE.name:
            return Missing.UNAVAILABLE
        return number(self.verdict) if self.verdict else Missing.NO_VERDICT

    @property
    def fan(self) -> GlobalUserId:
        """The fan."""
        return fan_of(self.key)


def join_accounts(accounts: Spills, members: Spills, partition: int, rows: SpillWriter) -> None:
    """Find the scores of the accounts of one partition, for the fans that have these.

    Args:
        accounts: rows of an account, a ``Kind`` and a number.
        members: rows of an account and a fan.
        partition: of accounts.
        rows: gets rows of a fan, a ``Kind`` and a number.
    """
    scores: dict[str, str] = {}
    for row in _rows(accounts, partition):
        account, _, score = row.partition(SEPARATOR)
        scores[account] = score
    for row in _rows(members, partition):
        account, _, fan = row.partition(SEPARATOR)
        if account in scores:
            rows.add(fan, f"{fan}{SEPARATOR}{scores[account]}")


def join_fans(demand: Spills, known: Spills, partition: int) -> Iterator[str]:
    """Find what is known of the registrants of one partition: rows, in the order of their keys.

    Args:
        demand: rows of a fan and a sale.
        known: rows of a fan, a ``Kind`` and a number.
        partition: of fans.
    """
    registered = {*_rows(demand, partition)}  # twice in an export is once
    sales = Counter(row.partition(SEPARATOR)[0] for row in registered)
    bases: dict[str, str] = {}
    verdicts: dict[str, str] = {}
    for row in _rows(known, partition):
        fan, _, said = row.partition(SEPARATOR)
        if fan in sales:
            if said.startswith(_VERDICTS):
                verdicts[fan] = said[2:] or Missing.UNAVAILABLE.name
            else:
                bases[fan] = said
    for fan in sorted(sales):
        base, verdict = bases.get(fan, _NO_BASE), verdicts.get(fan, "")
        yield SEPARATOR.join((fan, base, str(sales[fan]), verdict))


def read_joined(rows: Iterable[str]) -> Iterator[Joined]:
    """Read the rows that ``join_fans`` gave."""
    for row in rows:
        yield Joined(*row.rstrip("\n").split(SEPARATOR))


def _rows(spills: Spills, partition: int) -> Iterator[str]:
    return chain.from_iterable(spill.rows(partition) for spill in spills)
