"""Laws of a shadow policy: it is seen in the counts alone, and says what it would have decided."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from hypothesis import given
from hypothesis import strategies as st

from fanscore_appsync.app import Response
from fanscore_appsync.log import InvocationLog
from fanscore_appsync.shadow import ShadowCounts
from fanscore_appsync.testing import appsync_event, service
from fanscore_core.engine.question import Question
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.stubs import Answers
from fanscore_core.policy import ScorePolicy
from fanscore_core.scoring import AccountFanscore
from tests.property.test_decision_laws import EVENTS, FAN, worlds
from tests.property.test_scoring_laws import policies
from tests.unit.fanscore_appsync.samples import ACCOUNT_FANSCORE, TIME_LEFT_S, app_of

events = st.none() | st.sampled_from(EVENTS)


def answered(
    live: ScorePolicy,
    shadow: ScorePolicy | None,
    world: Mapping[Question[object], object],
    event_id: str | None,
) -> tuple[Response, list[Question[object]], InvocationLog]:
    """Ask for a score in a world: the response, what was asked in order, and the log line."""
    kept: list[InvocationLog] = []
    source = Recording(Answers(*world.items()))
    app = app_of(lambda _: source, lambda _: "report", live)
    arguments = {"globalUserId": FAN} | ({"eventId": event_id} if event_id else {})
    event = appsync_event(ACCOUNT_FANSCORE, arguments, service(), envelope=True)
    response = attrs.evolve(app, shadow=shadow, log=kept.append).answer(event, TIME_LEFT_S)
    return response, [question for question, _ in source.kept], kept[0]


@given(policies(), policies(), worlds, events)
def test_a_shadow_is_seen_in_the_counts_alone(
    live: ScorePolicy,
    shadow: ScorePolicy,
    world: Mapping[Question[object], object],
    event_id: str | None,
) -> None:
    """Answer and questions are those without a shadow; the counts, what it would have answered."""
    shadow = attrs.evolve(shadow, version="shadow")
    response, asked, line = answered(live, shadow, world, event_id)
    plain, asked_without, line_without = answered(live, None, world, event_id)
    would_be, _, _ = answered(shadow, None, world, event_id)
    assert (response.response, asked) == (plain.response, asked_without)
    assert (line.rounds, line.calls) == (line_without.rounds, line_without.calls)
    assert line.shadow == counts(plain, would_be)


def counts(plain: Response, would_be: Response) -> ShadowCounts | None:
    """Count what another policy changed, of the answers under both."""
    assert plain.outcome
    assert would_be.outcome
    match plain.outcome.value, would_be.outcome.value:
        case AccountFanscore() as one, AccountFanscore() as other:
            same = [(each.code, each.points) for each in one.reasons] == [
                (each.code, each.points) for each in other.reasons
            ]
            return ShadowCounts(1, not same, other.score > one.score, other.score < one.score)
        case _:
            return None
