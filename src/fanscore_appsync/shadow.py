"""A shadow policy: decides each score once more, and is seen in the log's counts alone.

What a run finds does not depend on the policy, so a shadow asks nothing
(docs/reference/score-policy.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import attrs

from fanscore_core.engine.state import Outcome
from fanscore_core.errors import InvalidInput
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, AccountFanscoreStash
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_book import PolicyBook, path_of
from fanscore_core.scoring import AccountFanscore, decide


@attrs.frozen
class Shadowed:
    """A decision, and what the shadow made of the same findings.

    Attributes:
        live: what the caller gets.
        shadow: what the shadow would have decided, or how it failed.
        policy: by which it decided; ``None`` if it failed.
    """

    live: AccountFanscore
    shadow: AccountFanscore | Exception
    policy: ScorePolicy | None = None

    @property
    def is_changed(self) -> bool:
        """Whether the score, or the code or points of a reason, would have been another."""
        return not isinstance(self.shadow, Exception) and _facts(self.shadow) != _facts(self.live)

    @property
    def rise(self) -> int:
        """By how many points the score would have been greater; less than 0 if it were less."""
        return 0 if isinstance(self.shadow, Exception) else self.shadow.score - self.live.score


@attrs.frozen
class ShadowCounts:
    """What the shadow made of the decisions of an invocation; members of its log line.

    Attributes:
        shadow_decided: scores that it decided, too.
        shadow_changed: of these, how many it would have explained or scored otherwise.
        shadow_up: of these, how many would have been greater.
        shadow_down: of these, how many would have been less.
        shadow_failed: scores that it could not decide.
    """

    shadow_decided: int = 0
    shadow_changed: int = 0
    shadow_up: int = 0
    shadow_down: int = 0
    shadow_failed: int = 0


def shadowed(shadow: PolicyBook, args: object, outcome: Outcome[object, object]) -> Shadowed | None:
    """Decide once more, from what a run found. Raises nothing.

    Args:
        shadow: decides; of a book, the policy for the event.
        args: of the run.
        outcome: of the run.

    Returns:
        Both decisions; ``None`` where the run decided no score.
    """
    if not isinstance(args, AccountFanscoreArgs):
        return None
    live, stash = outcome.value, outcome.stash
    if not isinstance(live, AccountFanscore) or not isinstance(stash, AccountFanscoreStash):
        return None
    try:
        policy = shadow.policy_for(args.event_id)
        assert stash.findings  # noqa: S101  # a score was decided from them
        return Shadowed(live, decide(policy, args.global_user_id, stash.findings), policy)
    except Exception as error:  # noqa: BLE001  # whatever it is: the answer does not depend on it
        return Shadowed(live, error)


def count_shadowed(decisions: Sequence[Shadowed]) -> ShadowCounts | None:
    """Count what the shadow would have changed; ``None`` where it had nothing to decide."""
    if not decisions:
        return None
    failed = sum(isinstance(each.shadow, Exception) for each in decisions)
    return ShadowCounts(
        len(decisions) - failed,
        sum(each.is_changed for each in decisions),
        sum(each.rise > 0 for each in decisions),
        sum(each.rise < 0 for each in decisions),
        failed,
    )


def check_shadow(live: PolicyBook, shadow: PolicyBook) -> PolicyBook:
    """Return a shadow, if no version means one policy there and another here.

    Raises:
        InvalidInput: one does; names the path of the shadow's policy.
    """
    by_version = {policy.version: policy for _, policy in _policies(live)}
    for path, policy in _policies(shadow):
        if by_version.get(policy.version, policy) != policy:
            problem = f"the live policy of version {json.dumps(policy.version)} is another"
            raise InvalidInput(path, problem)
    return shadow


def _policies(book: PolicyBook) -> Iterator[tuple[str, ScorePolicy]]:
    yield "default", book.default
    for event_id, policy in book.events.items():
        yield path_of(event_id), policy


def _facts(score: AccountFanscore) -> tuple[int, list[tuple[str, int]]]:
    return score.score, [(each.code, each.points) for each in score.reasons]
