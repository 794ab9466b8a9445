from __future__ import annotations

from decimal import Decimal
from textwrap import dedent

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanscore_appsync.cli.picture import draw_score, draw_trace
from fanscore_appsync.cli.terminal import NARROWEST
from fanscore_core.engine.trace import Fate, Trace, TracedQuestion
from fanscore_core.ids import GlobalUserId
from fanscore_core.points import ScoreReason
from fanscore_core.ports.fan_identity import BotOrNotCursor
from fanscore_core.scoring import AccountFanscore
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Signal

FAN = GlobalUserId("user123")
WIDE = 200


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
    picture = draw_score(score, [None] * len(score.reasons), WIDE)
    assert click.unstyle(picture) == text(drawn)


VALUES = [Decimal("75.4"), Decimal(2), Decimal(0), Decimal("0.05")]
LONG = score(
    ("ACCOUNT_SCORE", 75, "Score of the fan's account"),
    ("ARM_LOW_RISK", 5, "ARM risk score is below 3"),
    ("EVENT_NO_DEMAND", 0, "Number of demand records for the event is below 1"),
    ("MODEL_LIKELY_HUMAN", 3, "Bot probability is below 0.2"),
    degraded=SIGNALS,
)
AT_96_COLUMNS = """
    Score 83 of user123, policy 2026-11-01

      ACCOUNT_SCORE        +75  ███████████████████     Score of the fan's account: 75.4
      ARM_LOW_RISK          +5                     █    ARM risk score is below 3: 2
      EVENT_NO_DEMAND       +0                      ·   Number of demand records for the event is
                                                        below 1: 0
      MODEL_LIKELY_HUMAN    +3                      █   Bot probability is below 0.2: 0.05
      SCORE                 83
      without an answer: arm, event, model
"""
AT_80_COLUMNS = """
    Score 83 of user123, policy 2026-11-01

      ACCOUNT_SCORE        +75  ████████████     Score of the fan's account: 75.4
      ARM_LOW_RISK          +5              █    ARM risk score is below 3: 2
      EVENT_NO_DEMAND       +0               ·   Number of demand records for the
                                                 event is below 1: 0
      MODEL_LIKELY_HUMAN    +3               █   Bot probability is below 0.2: 0.05
      SCORE                 83
      without an answer: arm, event, model
"""
AT_60_COLUMNS = """
    Score 83 of user123, policy 2026-11-01

      ACCOUNT_SCORE        +75  ███████████████████
        Score of the fan's account: 75.4
      ARM_LOW_RISK          +5                     █
        ARM risk score is below 3: 2
      EVENT_NO_DEMAND       +0                      ·
        Number of demand records for the event is below 1: 0
      MODEL_LIKELY_HUMAN    +3                      █
        Bot probability is below 0.2: 0.05
      SCORE                 83
      without an answer: arm, event, model
"""
AT_40_COLUMNS = """
    Score 83 of user123, policy 2026-11-01

      ACCOUNT_SCORE        +75  █████████
        Score of the fan's account: 75.4
      ARM_LOW_RISK          +5           █
        ARM risk score is below 3: 2
      EVENT_NO_DEMAND       +0            ·
        Number of demand records for the
        event is below 1: 0
      MODEL_LIKELY_HUMAN    +3            █
        Bot probability is below 0.2: 0.05
      SCORE                 83
      without an answer: arm, event, model
"""


@pytest.mark.parametrize(
    ("columns", "drawn"),
    [(96, AT_96_COLUMNS), (80, AT_80_COLUMNS), (60, AT_60_COLUMNS), (40, AT_40_COLUMNS)],
)
def test_scores_fit_the_terminal(columns: int, drawn: str) -> None:
    """A message has the value behind it, and is wrapped or goes below where there is no room."""
    assert click.unstyle(draw_score(LONG, VALUES, columns)) == text(drawn)


def test_the_raw_score_is_told_once() -> None:
    """The points of the first reason are its value, so that only one that was rounded is shown."""
    base = score(("ACCOUNT_SCORE", 62, "Base"), ("A", 0, "ARM"), ("E", 0, "Event"), ("M", 0, "M"))
    drawn = [
        draw_score(base, [Decimal(value), None, None, None], WIDE) for value in ("61.5", "62.0")
    ]
    assert ["Base: 61.5" in drawn[0], "Base:" in drawn[1]] == [True, False]


def test_scores_have_colors() -> None:
    """What adds points is green, what takes them away is red."""
    drawn = draw_score(NEGATIVE, [None] * 4, WIDE)
    assert [click.style(bar, fg=color) in drawn for bar, color in BARS_OF_NEGATIVE] == [True] * 4


BARS_OF_NEGATIVE = [("██", "green"), ("░░░░", "red"), ("·", "bright_black"), ("░░░░░", "red")]

CODES = st.text("AB_", min_size=1, max_size=60)
REASONS = st.tuples(
    CODES, st.integers(-120, 120) | st.integers(-(2**53), 2**53), st.text("ab ", min_size=1)
).map(lambda each: (each[0], each[1], "x" + each[2]))


@given(
    st.lists(REASONS, min_size=4, max_size=5),
    st.lists(st.none() | st.decimals(0, 10), min_size=5, max_size=5),
    st.integers(NARROWEST, 250),
)
def test_no_line_of_a_score_is_wider_than_the_terminal(
    reasons: list[tuple[str, int, str]], values: list[Decimal | None], columns: int
) -> None:
    """Whatever a policy calls its reasons and is worth, no line is wider than the terminal."""
    drawn = click.unstyle(draw_score(score(*reasons), values[: len(reasons)], columns))
    assert [line for line in drawn.splitlines() if len(line) > columns] == []


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
    assert click.unstyle(draw_trace(trace, WIDE)).rstrip("\n") == text(drawn)


TWO_ROUNDS_AT_80_COLUMNS = """
    2 rounds, 3 questions, 21.0 ms of waiting

                          round 1         │round 2
      1 getArmScore       ████████████████│
        degraded: arm 20.0 ms Unavailable
      2 getBotCursor      ████            │
        ran: identity 5.0 ms
      3 getDiscoEventId                   │
        returned early
      4 getBotOrNot                       │████████████████
        ran: identity 1.0 ms
      5 calcAccountScore                  │
        ran
"""
TWO_ROUNDS_AT_40_COLUMNS = """
    2 rounds, 3 questions, 21.0 ms of
    waiting

                          round 1 │round 2
      1 getArmScore       ████████│
        degraded: arm 20.0 ms Unavailable
      2 getBotCursor      ██      │
        ran: identity 5.0 ms
      3 getDiscoEventId           │
        returned early
      4 getBotOrNot               │████████
        ran: identity 1.0 ms
      5 calcAccountScore          │
        ran
"""
FAILED_AT_40_COLUMNS = """
    1 round, 4 questions, 4.0 ms of waiting

                round 1
      1 first   ████████████████
        ran: demand_table 4.0 ms,
        arm_scoring 1.0 ms
      2 second  ████████████████
        failed: demand_table 4.0 ms
        DeadlineExceeded
      3 third   █
        dropped: demand_table 0.0 ms
      4 fourth
        not reached
"""
LONG_NAMES = Trace(
    ("getAccountFanscoreGlobalUserId", "getAccountFanscoreMemberId"),
    (Fate.RAN, Fate.RETURNED_EARLY),
    (asked(0, 0, "fan_identity_table", 0.0035),),
)
LONG_NAMES_AT_40_COLUMNS = """
    1 round, 1 question, 3.5 ms of waiting

        round 1
      1 getAccountFanscoreGlobalUserId
        ████████████████
        ran: fan_identity_table 3.5 ms
      2 getAccountFanscoreMemberId
        returned early
"""
MANY_ROUNDS = Trace(
    ("only",), (Fate.RAN,), tuple(asked(number, 0, "table", 0.001) for number in range(12))
)
MANY_ROUNDS_AT_40_COLUMNS = """
    12 rounds, 12 questions, 12.0 ms of
    waiting

        1 │2 │3 │4 │5 │6 │7 │8 │9 │10│11│12
      1 only
        ██│██│██│██│██│██│██│██│██│██│██│██
        ran: table 1.0 ms, table 1.0 ms,
        table 1.0 ms, table 1.0 ms, table
        1.0 ms, table 1.0 ms, table 1.0 ms,
        table 1.0 ms, table 1.0 ms, table
        1.0 ms, table 1.0 ms, table 1.0 ms
"""


@pytest.mark.parametrize(
    ("trace", "columns", "drawn"),
    [
        pytest.param(TWO_ROUNDS, 80, TWO_ROUNDS_AT_80_COLUMNS, id="two-rounds-80"),
        pytest.param(TWO_ROUNDS, 40, TWO_ROUNDS_AT_40_COLUMNS, id="two-rounds-40"),
        pytest.param(FAILED, 40, FAILED_AT_40_COLUMNS, id="failed-40"),
        pytest.param(LONG_NAMES, 40, LONG_NAMES_AT_40_COLUMNS, id="long-names-40"),
        pytest.param(MANY_ROUNDS, 40, MANY_ROUNDS_AT_40_COLUMNS, id="many-rounds-40"),
    ],
)
def test_traces_fit_the_terminal(trace: Trace, columns: int, drawn: str) -> None:
    """Where a line has no room for it, what a step asked goes below, and at last its bar."""
    assert click.unstyle(draw_trace(trace, columns)) == text(drawn)


@pytest.mark.parametrize("columns", [WIDE, 60])
def test_traces_have_colors(columns: int) -> None:
    """What failed is red, what degraded is yellow, and what just ran has no colour."""
    drawn = draw_trace(FAILED, columns) + draw_trace(TWO_ROUNDS, columns)
    starts = [f"\x1b[{code}m{word}" for code, word in ((31, "failed"), (33, "degraded"))]
    assert [start in drawn for start in starts] == [True, True]
    assert "mran" not in drawn.replace("\x1b[0mran", "ran")


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Draw a run of few steps and many rounds."""
    steps = draw(st.lists(st.text("abc", min_size=1, max_size=50), min_size=1, max_size=9))
    fates = draw(st.lists(st.sampled_from(Fate), min_size=len(steps), max_size=len(steps)))
    questions = st.tuples(
        st.integers(0, 30), st.integers(0, len(steps) - 1), st.text("ab_", min_size=1, max_size=50)
    )
    made = draw(st.lists(questions, max_size=12))
    return Trace(tuple(steps), tuple(fates), tuple(asked(*each, 0.001, "Down") for each in made))


@example(Trace(("a" * 37,), (Fate.RAN,), ()), 40)
@given(traces(), st.integers(NARROWEST, 250))
def test_no_line_of_a_trace_is_wider_than_the_terminal(trace: Trace, columns: int) -> None:
    """Whatever steps are called and however many rounds, no line is wider than the terminal."""
    drawn = click.unstyle(draw_trace(trace, columns))
    assert [line for line in drawn.splitlines() if len(line) > columns] == []
