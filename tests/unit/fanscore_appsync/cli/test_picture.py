from __future__ import annotations

from textwrap import dedent

import pytest

from fanscore_appsync.cli.picture import draw_score, draw_trace
from fanscore_core.engine.trace import Fate, Trace, TracedQuestion
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.fan_identity import BotOrNotCursor
from fanscore_core.scoring import AccountFanscore, ScoreReason
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Signal

FAN = GlobalUserId("user123")


def text(picture: str) -> str:
    """Give a picture that is written in a test, without the test's indentation."""
    return dedent(picture).strip("\n")


def score(*reasons: tuple[str, int, str], degraded: tuple[Signal, ...] = ()) -> AccountFanscore:
    """Make a score of its reasons: the base, the three boosts, perhaps where it was clamped."""
    raw, *boosts = (points for _, points, _ in reasons)
    total = raw + sum(boosts)
    made = tuple(ScoreReason(*reason) for reason in reasons)
    return AccountFanscore(
        FAN, total, raw, dict(zip(SIGNALS, boosts, strict=False)), made, "2026-11-01", degraded
    )


EXAMPLE = score(
    ("ACCOUNT_SCORE", 75, "Score of the fan's account"),
    ("ARM_LOW_RISK", 5, "ARM risk score is below 3"),
    ("EVENT_DEMAND", 4, "Number of demand records"),
    ("MODEL_LIKELY_HUMAN", 3, "Bot probability is below 0.2"),
)
EXAMPLE_DRAWN = """
    Score 87 of user123, policy 2026-11-01

      ACCOUNT_SCORE        +75  ███████████████████      Score of the fan's account
      ARM_LOW_RISK          +5                     █     ARM risk score is below 3
      EVENT_DEMAND          +4                      █    Number of demand records
      MODEL_LIKELY_HUMAN    +3                       █   Bot probability is below 0.2
      SCORE                 87
"""

CLAMPED_ABOVE = score(
    ("ACCOUNT_SCORE", 98, "Base"),
    ("ARM_LOW_RISK", 5, "ARM"),
    ("EVENT_STRONG_DEMAND", 6, "Event"),
    ("MODEL_LIKELY_HUMAN", 3, "Model"),
    ("CLAMPED", -12, "Range"),
)
CLAMPED_ABOVE_DRAWN = """
    Score 100 of user123, policy 2026-11-01

      ACCOUNT_SCORE         +98  ████████████████████████       Base
      ARM_LOW_RISK           +5                          ██     ARM
      EVENT_STRONG_DEMAND    +6                            █    Event
      MODEL_LIKELY_HUMAN     +3                             █   Model
      CLAMPED               -12                           ░░░   Range
      SCORE                 100
"""

CLAMPED_BELOW = score(
    ("ACCOUNT_SCORE", 8, "Base"),
    ("ARM_HIGH_RISK", -15, "ARM"),
    ("EVENT_NO_DEMAND", 0, "Event"),
    ("MODEL_LIKELY_BOT", -40, "Model"),
    ("CLAMPED", 47, "Range"),
)
CLAMPED_BELOW_DRAWN = """
    Score 0 of user123, policy 2026-11-01

      ACCOUNT_SCORE       +8              ██   Base
      ARM_HIGH_RISK      -15            ░░░░   ARM
      EVENT_NO_DEMAND     +0            ·      Event
      MODEL_LIKELY_BOT   -40  ░░░░░░░░░░       Model
      CLAMPED            +47  ████████████     Range
      SCORE                0
"""

NEGATIVE = score(
    ("ACCOUNT_SCORE", 8, "Base"),
    ("ARM_HIGH_RISK", -15, "ARM"),
    ("EVENT_NO_DEMAND", 0, "Event"),
    ("MODEL_LIKELY_BOT", -21, "Model"),
)
NEGATIVE_DRAWN = """
    Score -28 of user123, policy 2026-11-01

      ACCOUNT_SCORE       +8         ██   Base
      ARM_HIGH_RISK      -15       ░░░░   ARM
      EVENT_NO_DEMAND     +0       ·      Event
      MODEL_LIKELY_BOT   -21  ░░░░░       Model
      SCORE              -28
"""

DEGRADED = score(
    ("NO_HISTORY", 50, "Base"),
    ("ARM_UNAVAILABLE", -4, "ARM"),
    ("EVENT_UNAVAILABLE", 0, "Event"),
    ("MODEL_UNAVAILABLE", 0, "Model"),
    degraded=(ARM, EVENT, MODEL),
)
DEGRADED_DRAWN = """
    Score 46 of user123, policy 2026-11-01

      NO_HISTORY          +50  ████████████   Base
      ARM_UNAVAILABLE      -4              ░  ARM
      EVENT_UNAVAILABLE    +0              ·  Event
      MODEL_UNAVAILABLE    +0              ·  Model
      SCORE                46
      without an answer: arm, event, model
"""


@pytest.mark.parametrize(
    ("score", "drawn"),
    [
        pytest.param(EXAMPLE, EXAMPLE_DRAWN, id="example"),
        pytest.param(CLAMPED_ABOVE, CLAMPED_ABOVE_DRAWN, id="clamped-above"),
        pytest.param(CLAMPED_BELOW, CLAMPED_BELOW_DRAWN, id="clamped-below"),
        pytest.param(NEGATIVE, NEGATIVE_DRAWN, id="negative"),
        pytest.param(DEGRADED, DEGRADED_DRAWN, id="degraded"),
    ],
)
def test_scores_are_drawn(score: AccountFanscore, drawn: str) -> None:
    """Each reason is a bar that begins where the ones before it have led to."""
    assert draw_score(score) == text(drawn)


def asked(
    number: int, step: int, source: str, took_s: float, failure: str | None = None
) -> TracedQuestion:
    """Make the entry of a question."""
    return TracedQuestion(number, step, BotOrNotCursor(), source, took_s, failure, shared=False)


TWO_ROUNDS = Trace(
    ("getArmScore", "getBotCursor", "getDiscoEventId", "getBotOrNot", "calcAccountScore"),
    (Fate.DEGRADED, Fate.RAN, Fate.RETURNED_EARLY, Fate.RAN, Fate.RAN),
    (
        asked(0, 0, "arm", 0.02, "Unavailable"),
        asked(0, 1, "identity", 0.005),
        asked(1, 3, "identity", 0.001),
    ),
)
TWO_ROUNDS_DRAWN = """
    2 rounds, 3 questions, 21.0 ms of waiting

                                          round 1         │round 2
      1 getArmScore       degraded        ████████████████│                  arm 20.0 ms Unavailable
      2 getBotCursor      ran             ████            │                  identity 5.0 ms
      3 getDiscoEventId   returned early                  │
      4 getBotOrNot       ran                             │████████████████  identity 1.0 ms
      5 calcAccountScore  ran                             │
"""

FAILED = Trace(
    ("first", "second", "third", "fourth"),
    (Fate.RAN, Fate.FAILED, Fate.DROPPED, Fate.NOT_REACHED),
    (
        asked(0, 0, "demand_table", 0.004),
        asked(0, 0, "arm_scoring", 0.001),
        asked(0, 1, "demand_table", 0.004, "DeadlineExceeded"),
        asked(0, 2, "demand_table", 0.0),
    ),
)
FAILED_DRAWN = """
    1 round, 4 questions, 4.0 ms of waiting

                                round 1
      1 first   ran             ████████████████  demand_table 4.0 ms, arm_scoring 1.0 ms
      2 second  failed          ████████████████  demand_table 4.0 ms DeadlineExceeded
      3 third   dropped         █                 demand_table 0.0 ms
      4 fourth  not reached
"""

NO_TIME = Trace(("only",), (Fate.ENDED,), (asked(0, 0, "answers", 0.0),))
NO_TIME_DRAWN = """
    1 round, 1 question, 0.0 ms of waiting

                              round 1
      1 only  ended           ████████████████  answers 0.0 ms
"""

NOTHING_ASKED = Trace(("only",), (Fate.RAN,), ())
NOTHING_ASKED_DRAWN = """
    0 rounds, 0 questions, 0.0 ms of waiting


      1 only  ran
"""

NO_STEPS = Trace((), (), ())
NO_STEPS_DRAWN = """
    0 rounds, 0 questions, 0.0 ms of waiting

"""


@pytest.mark.parametrize(
    ("trace", "drawn"),
    [
        pytest.param(TWO_ROUNDS, TWO_ROUNDS_DRAWN, id="two-rounds"),
        pytest.param(FAILED, FAILED_DRAWN, id="failed"),
        pytest.param(NO_TIME, NO_TIME_DRAWN, id="no-time"),
        pytest.param(NOTHING_ASKED, NOTHING_ASKED_DRAWN, id="nothing-asked"),
        pytest.param(NO_STEPS, NO_STEPS_DRAWN, id="no-steps"),
    ],
)
def test_traces_are_drawn(trace: Trace, drawn: str) -> None:
    """Each step has its fate, what it asked, and a bar for its share of each round."""
    assert draw_trace(trace).rstrip("\n") == text(drawn)
