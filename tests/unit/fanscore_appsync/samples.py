"""A sample world for the resolver's tests: what is known of a few fans, and who reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import attrs

from fanscore_appsync.api import API, Api
from fanscore_appsync.app import App
from fanscore_appsync.testing import appsync_event, user
from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.stubs import Answers, answer
from fanscore_core.findings import StoredScore
from fanscore_core.ids import BotRunId, EventId, GlobalUserId, MemberId, RequestId
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_book import PolicyBook
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity

ACCOUNT_FANSCORE = "VFApi.accountFanscore"
TIME_LEFT_S = 12.5

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
MINTED = RequestId("request-1")

FAN = GlobalUserId("user123")
OTHER_FAN = GlobalUserId("user124")
MEMBER = MemberId("member123")
EVENT = EventId("evt456")
DISCO_EVENT = EventId("disco456")
RUN = BotRunId("run-1")

SCORE: Mapping[str, object] = {
    "globalUserId": "user123",
    "score": 87,
    "rawScore": 75,
    "boosts": {"arm": 5, "event": 4, "model": 3},
    "reasons": [
        {"code": "ACCOUNT_SCORE", "points": 75, "message": "Score of the fan's account"},
        {"code": "ARM_LOW_RISK", "points": 5, "message": "ARM risk score is below 3"},
        {
            "code": "EVENT_DEMAND",
            "points": 4,
            "message": "Number of demand records for the event is 1 or more, and below 2",
        },
        {"code": "MODEL_LIKELY_HUMAN", "points": 3, "message": "Bot probability is below 0.2"},
    ],
    "policyVersion": "2026-11-01",
    "degraded": [],
}
"""The answer for ``FAN`` and ``EVENT``, as JSON."""

OTHER_SCORE: Mapping[str, object] = {
    "globalUserId": "user124",
    "score": 50,
    "rawScore": 50,
    "boosts": {"arm": 0, "event": 0, "model": 0},
    "reasons": [
        {"code": "NO_HISTORY", "points": 50, "message": "Nothing is known of the fan yet"},
        {
            "code": "ARM_NO_SCORE",
            "points": 0,
            "message": "ARM risk scoring knows no score for the fan",
        },
        {
            "code": "EVENT_NO_DEMAND",
            "points": 0,
            "message": "Number of demand records for the event is below 1",
        },
        {
            "code": "MODEL_NO_VERDICT",
            "points": 0,
            "message": "The bot model has no verdict on the fan",
        },
    ],
    "policyVersion": "2026-11-01",
    "degraded": [],
}
"""The answer for ``OTHER_FAN`` and ``EVENT``, as JSON."""

KNOWN = dict(
    [
        answer(BotOrNotCursor(), RUN),
        answer(DiscoEventId(EVENT), DISCO_EVENT),
        answer(FanIdentity(FAN), Identity(MEMBER)),
        answer(AccountScore(MEMBER), StoredScore(Decimal(87), Decimal(75))),
        answer(ArmScore(FAN, EVENT), Decimal(2)),
        answer(EventDemandCount(FAN, DISCO_EVENT, EVENT), 1),
        answer(BotOrNot(FAN, RUN), Decimal("0.05")),
        answer(FanIdentity(OTHER_FAN), None),
        answer(ArmScore(OTHER_FAN, EVENT), None),
        answer(EventDemandCount(OTHER_FAN, DISCO_EVENT, EVENT), 0),
        answer(BotOrNot(OTHER_FAN, RUN), None),
    ]
)
"""What is known of ``FAN``, and that nothing is known of ``OTHER_FAN``."""


def app_of(
    source: Callable[[float], Source],
    report: Callable[[Exception], str],
    policy: ScorePolicy | PolicyBook | None = None,
    api: Api = API,
) -> App:
    """Make an app of a source and a report, on the day of ``NOW``."""
    return App(source, report, lambda: NOW, lambda: MINTED, policy or DEFAULT_POLICY, api)


@attrs.frozen
class Faulty:
    """A source that does one thing whatever it is asked: raise, or give so much for answers."""

    does: object

    def fetch(self, _asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Do it."""
        if isinstance(self.does, Exception):
            raise self.does
        return self.does  # type: ignore[return-value]  # what no source may do


@attrs.frozen
class Desk:
    """An app whose source and reports can be looked at.

    Attributes:
        source: what answers the app's questions.
        api: that the app answers for.
        times_left_s: what the app said was left, each time that it wanted the source.
        reports: the errors that the app reported; the first is found by ``report-0``.
    """

    source: Source
    api: Api = API
    times_left_s: list[float] = attrs.field(factory=list)
    reports: list[Exception] = attrs.field(factory=list)

    @property
    def app(self) -> App:
        """The app."""
        return app_of(self._source, self._report, api=self.api)

    @property
    def asked(self) -> list[Question[object]]:
        """What was asked, in order; only a ``Recording`` keeps that."""
        assert isinstance(self.source, Recording)
        return [question for question, _ in self.source.kept]

    def answer(self, event: object) -> object:
        """Give the app's response."""
        return self.app.answer(event, TIME_LEFT_S).response

    def _source(self, time_left_s: float) -> Source:
        self.times_left_s.append(time_left_s)
        return self.source

    def _report(self, error: Exception) -> str:
        self.reports.append(error)
        return f"report-{len(self.reports) - 1}"


def desk(changed: Mapping[Question[object], object] | None = None, api: Api = API) -> Desk:
    """Make a desk where some answers are other than in ``KNOWN``."""
    return Desk(Recording(Answers(*KNOWN.items(), *(changed or {}).items())), api)


def score_event(
    fan: GlobalUserId = FAN,
    identity: Mapping[str, object] | None = None,
    *,
    envelope: bool = False,
    **arguments: object,
) -> dict[str, object]:
    """Make the event of a fan, or another caller, who asks for the fan's score for ``EVENT``."""
    given = {"globalUserId": fan, "eventId": EVENT, **arguments}
    return appsync_event(ACCOUNT_FANSCORE, given, identity or user(fan), envelope=envelope)


UNDECIDED: Mapping[str, object] = {
    "namespace": appsync_event("Query.api", {}, user(FAN)),
    "other field": appsync_event(
        "VFApi.campaign", {"campaignId": "camp1"}, user(FAN), envelope=True
    ),
    "refused": score_event(FAN, user(OTHER_FAN), envelope=True),
    "nothing": [],
}
"""Events that no score is decided for."""
