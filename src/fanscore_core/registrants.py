"""Registrants of an event, decided one after the other, wherever their findings come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from fanscore_core.errors import FanscoreError
from fanscore_core.findings import Findings
from fanscore_core.ids import GlobalUserId
from fanscore_core.policy import ScorePolicy
from fanscore_core.scoring import AccountFanscore, decide


@attrs.frozen
class Registrant:
    """A fan who has registered for an event.

    Attributes:
        global_user_id: who.
        found: what is known of the fan, or why no base score can be known.
    """

    global_user_id: GlobalUserId
    found: Findings | FanscoreError


@attrs.frozen
class ScoredFan:
    """A fan, and what was decided.

    Attributes:
        global_user_id: who.
        found: as of a ``Registrant``.
        score: the score; ``None`` where ``found`` is an error.
    """

    global_user_id: GlobalUserId
    found: Findings | FanscoreError
    score: AccountFanscore | None


def score_registrants(
    policy: ScorePolicy, registrants: Iterable[Registrant]
) -> Iterator[ScoredFan]:
    """Decide the scores of registrants, in their order.

    Args:
        policy: says what is worth how many points.
        registrants: taken one by one.
    """
    for each in registrants:
        fan, found = each.global_user_id, each.found
        score = decide(policy, fan, found) if isinstance(found, Findings) else None
        yield ScoredFan(fan, found, score)
