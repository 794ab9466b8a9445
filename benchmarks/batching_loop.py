"""A loop that batches its questions by hand: what ``run_many`` is measured against.

It stays as it is, so that figures of different times can be compared: by hand it knows which
questions depend on which, and asks once what all fans share. It knows no errors and has no trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from fanscore_core.engine.question import Ask, Query, Source
from fanscore_core.findings import BaseScore, Findings, ScoreOrigin
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity
from fanscore_core.scoring import AccountFanscore, decide
from fanscore_core.signals import ARM, EVENT, MODEL, Missing

CHUNK = 100


def score_in_batches(
    fans: Sequence[AccountFanscoreArgs], source: Source
) -> Iterator[AccountFanscore]:
    """Score fans of one event, in two calls of the source for each hundred."""
    remaining = iter(fans)
    while chunk := list(islice(remaining, CHUNK)):
        yield from _score(chunk, source)


def _score(fans: Sequence[AccountFanscoreArgs], source: Source) -> Iterator[AccountFanscore]:
    event = fans[0].event_id
    assert event is not None

    def ask(*questions: Query[Any]) -> list[Any]:
        return [each.answer for each in source.fetch([Ask(question) for question in questions])]

    mapped, cursor, *found = ask(
        DiscoEventId(event),
        BotOrNotCursor(),
        *(FanIdentity(fan.global_user_id) for fan in fans),
        *(ArmScore(fan.global_user_id, event) for fan in fans),
    )
    identities, risks = found[: len(fans)], found[len(fans) :]
    disco = mapped or event
    other = None if disco == event else event
    members = [
        (identity.member_id if identity else None) or fan.member_id
        for fan, identity in zip(fans, identities, strict=True)
    ]
    asked = [
        member
        for member, identity in zip(members, identities, strict=True)
        if member and not (identity and identity.score)
    ]
    found = ask(
        *(EventDemandCount(fan.global_user_id, disco, other) for fan in fans),
        *(BotOrNot(fan.global_user_id, cursor) for fan in fans),
        *(AccountScore(member) for member in asked),
    )
    demands, verdicts = found[: len(fans)], found[len(fans) : 2 * len(fans)]
    scores = dict(zip(asked, found[2 * len(fans) :], strict=True))
    rows = zip(fans, identities, members, risks, demands, verdicts, strict=True)
    for fan, identity, member, risk, demand, verdict in rows:
        base = None
        if identity and identity.score:
            base = BaseScore(ScoreOrigin.IDENTITY_SCORE, identity.score.raw_score)
        elif stored := scores.get(member):
            base = BaseScore(ScoreOrigin.ACCOUNT_SCORE, stored.raw_score)
        findings = Findings(
            base.origin if base else ScoreOrigin.NO_HISTORY,
            base.raw if base else None,
            {
                ARM: Missing.NO_SCORE if risk is None else risk,
                EVENT: Decimal(demand),
                MODEL: Missing.NO_VERDICT if verdict is None else verdict,
            },
        )
        yield decide(fan.policy, fan.global_user_id, findings)
