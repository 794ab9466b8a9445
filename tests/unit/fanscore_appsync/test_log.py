from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import attrs
import pytest

from fanscore_appsync.app import App
from fanscore_appsync.consumer_app import ConsumerApp
from fanscore_appsync.idv_app import IdvApp
from fanscore_appsync.log import METRICS, InvocationLog, log_invocation, log_to_stdout
from fanscore_appsync.shadow import ShadowCounts
from fanscore_appsync.testing import appsync_event, unchecked_event, user
from fanscore_core.consumer_mark import Consumer
from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.campaign_service import CampaignById
from fanscore_core.ports.demand import DiscoEventId
from fanscore_core.ports.fan_identity import BotOrNot, FanIdentity
from tests.e2e.local_system import LocalSystem, local_system
from tests.unit.fanscore_appsync.samples import EVENT, FAN, OTHER_FAN, Desk, desk, score_event

PAGE = Path(__file__).parents[3] / "docs/reference/logs.md"
LINE = InvocationLog("resolver", "VFApi.campaign", "invocation-1", "OK", 1.5)


@attrs.frozen
class Counted:
    """A source whose answers cost a call each, and take as long as their type of question says."""

    source: Source
    took_s: Mapping[type[object], float] = attrs.field(factory=dict)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        answers = zip(asks, self.source.fetch(asks), strict=True)
        return [
            attrs.evolve(answered, calls=1, took_s=self.took_s.get(type(ask.question), 0.0))
            for ask, answered in answers
        ]


def logged(
    used: Desk,
    event: object,
    invocation: str = "invocation-1",
    *,
    took_s: Mapping[type[object], float] | None = None,
) -> InvocationLog:
    """Give what is logged of an event, without the time that it took."""
    kept: list[InvocationLog] = []
    counted = Desk(Counted(used.source, took_s or {}))
    app: App = attrs.evolve(counted.app, log=kept.append)
    try:
        app.answer(event, 30.0, invocation)
    except Exception:  # noqa: BLE001  # a plain error event is raised, and logged all the same
        assert not isinstance(event, list)
    (line,) = kept
    assert line.milliseconds > 0
    return attrs.evolve(line, milliseconds=0.0)


SCORED = InvocationLog(
    *("resolver", "VFApi.accountFanscore", "invocation-1", "OK", 0.0),
    rounds=2,
    calls=7,
    slowest_step="getAccountFanscoreGlobalUserId",
)
"""The line of a score."""


def test_an_answer_is_logged() -> None:
    """A score is logged with its field, its rounds and its calls."""
    assert logged(desk(), score_event()) == SCORED


def test_going_without_is_logged() -> None:
    """A step that went on without an answer is counted and named, and so is the system."""
    down: Mapping[Question[object], object] = {
        cast("Question[object]", ArmScore(FAN, EVENT)): Unavailable("arm_scoring")
    }
    assert logged(desk(down), score_event()) == attrs.evolve(
        SCORED,
        degraded=1,
        failed=("answers",),
        reasons=("answers: no answer",),
        degraded_steps=("getArmScore",),
    )


def test_a_step_that_fails_is_named() -> None:
    """The step that ended the answer in an error is in the line, whatever the error is."""
    down: Mapping[Question[object], object] = {
        cast("Question[object]", FanIdentity(FAN)): Unavailable("fan_identity_table")
    }
    line = logged(desk(down), score_event())
    assert (line.outcome, line.failed_steps, line.degraded_steps) == (
        "UNAVAILABLE",
        ("getAccountFanscoreGlobalUserId",),
        (),
    )


def test_the_slowest_step_is_named() -> None:
    """The step that waited longest is in the line, with all that it waited for."""
    took_s: Mapping[type[object], float] = {ArmScore: 0.25, DiscoEventId: 0.2, BotOrNot: 0.1}
    line = logged(desk(), score_event(), took_s=took_s)
    assert (line.slowest_step, line.slowest_milliseconds) == ("getArmScore", 250.0)


def test_the_steps_of_a_batch_are_named_once() -> None:
    """A batch names each step once that degraded in any of its items."""
    down = Unavailable("arm_scoring")
    asked = [cast("Question[object]", ArmScore(fan, EVENT)) for fan in (FAN, OTHER_FAN)]
    events = [score_event(), score_event(OTHER_FAN, user(OTHER_FAN))]
    line = logged(desk(dict.fromkeys(asked, down)), events, took_s={ArmScore: 0.5})
    assert (line.degraded, line.degraded_steps) == (2, ("getArmScore",))
    assert (line.slowest_step, line.slowest_milliseconds) == ("getArmScore", 500.0)


def test_a_batch_is_one_line() -> None:
    """A batch is one line: its items, those that failed, and the calls of all together."""
    events = [score_event(), score_event(OTHER_FAN), {}, score_event(GlobalUserId("no id "))]
    line = logged(desk(), events)
    assert (line.items, line.errors, line.outcome) == (4, 2, "INVALID_INPUT")
    assert (line.rounds, line.calls) == (2, 11)


@pytest.mark.parametrize(
    ("event", "name", "outcome"),
    [
        ({}, "unknown", "INVALID_INPUT"),
        ([], "unknown", "OK"),
        (None, "unknown", "INVALID_INPUT"),
        (unchecked_event("VFApi.secret-fan", {}, user(FAN)), "unknown", "INVALID_INPUT"),
        (appsync_event("Query.api", {}, user(FAN)), "Query.api", "OK"),
        (unchecked_event("VFApi.campaign", {}), "VFApi.campaign", "NOT_ALLOWED"),
        (unchecked_event("VFApi.campaign", {}, user(FAN)), "VFApi.campaign", "INVALID_INPUT"),
    ],
)
def test_what_did_not_run_is_logged(event: object, name: str, outcome: str) -> None:
    """What ends before any question is a line too, and names no field that there is not."""
    line = logged(desk(), event)
    assert (line.name, line.outcome, line.rounds, line.calls) == (name, outcome, 0, 0)


def test_a_bug_is_logged_as_internal() -> None:
    """What nobody foresaw is INTERNAL."""
    bug: Mapping[Question[object], object] = {
        cast("Question[object]", CampaignById(FAN)): KeyError("fan@example.com")  # type: ignore[arg-type]
    }
    event = appsync_event("VFApi.campaign", {"campaignId": FAN}, user(FAN))
    assert logged(desk(bug), event).outcome == "INTERNAL"


# The other functions


def test_the_identity_verification_function_logs() -> None:
    """A call is a line, with its operation and outcome; of what is no call, nothing is quoted."""
    with local_system() as system:
        kept: list[InvocationLog] = []
        app: IdvApp = attrs.evolve(system.idv, log=kept.append)
        started = {"globalUserId": "user123", "token": "token-1"}
        app.answer({"operation": "startSession", "arguments": started}, 30.0, "invocation-1")
        app.answer({"operation": "secret-fan", "arguments": {}}, 30.0, "invocation-2")
    shown = [(each.function, each.name, each.invocation, each.outcome) for each in kept]
    assert shown == [
        ("idv_check_liveness", "startSession", "invocation-1", "OK"),
        ("idv_check_liveness", "unknown", "invocation-2", "INVALID_INPUT"),
    ]
    assert kept[0].rounds > 0


def test_the_consumers_log() -> None:
    """A delivery is a line, also where it is raised so that it comes again."""
    with local_system() as system:
        kept: list[InvocationLog] = []
        app: ConsumerApp = attrs.evolve(system.consumers, log=kept.append)
        app.consume(Consumer.SYNC, delivered(system), 30.0, "invocation-1")
        with pytest.raises(InvalidInput):
            app.consume(Consumer.PROFILE, {}, 30.0, "invocation-2")
        app.consume(Consumer.SYNC, delivered(system), 30.0)  # outside of Lambda
    shown = [(each.function, each.name, each.invocation, each.outcome) for each in kept]
    assert shown == [
        ("consumer", "sync", "invocation-1", "OK"),
        ("consumer", "profile", "invocation-2", "INVALID_INPUT"),
        ("consumer", "sync", "", "OK"),
    ]
    assert kept[0].rounds > 0


def delivered(system: LocalSystem) -> object:
    """Give an event as it is delivered."""
    event = {
        "schemaVersion": 1,
        "id": "event-1",
        "occurredAt": system.now.astimezone(UTC).isoformat(),
        "globalUserId": "user123",
        "memberId": "member123",
        "campaignId": "camp1",
    }
    return {"source": "fanscore", "detail-type": "user.upsert", "detail": event}


# The lines


@pytest.fixture
def stdout(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Log to standard output as in Lambda."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    log_to_stdout()
    return written


def test_a_line_is_one_json_object(stdout: io.StringIO) -> None:
    """Standard output gets one JSON object a line, with the fields and the metrics among them."""
    began_at = datetime.now(UTC)
    log_invocation(LINE)
    log_invocation(LINE)
    first, second = map(json.loads, stdout.getvalue().splitlines())
    embedded = first.pop("_aws")
    assert first == {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in attrs.asdict(LINE).items()
        if name != "shadow"
    }
    assert second.keys() == {*first, "_aws"}
    assert embedded["Timestamp"] >= int(began_at.timestamp() * 1000)
    (directive,) = embedded["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "fanscore",
        "Dimensions": [["function", "name"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in METRICS.items()],
    }
    assert {type(first[name]) for name in METRICS} <= {int, float}


def test_a_line_with_a_shadow(stdout: io.StringIO) -> None:
    """What a shadow made of the decisions stands among the members, and is metrics as well."""
    counts = ShadowCounts(5, 4, 3, 1, 2)
    log_invocation(LINE)
    log_invocation(attrs.evolve(LINE, shadow=counts))
    plain, shadowed = map(json.loads, stdout.getvalue().splitlines())
    metrics = [line.pop("_aws")["CloudWatchMetrics"][0]["Metrics"] for line in (plain, shadowed)]
    assert shadowed == {**plain, **attrs.asdict(counts)}
    assert metrics[1] == [
        *metrics[0],
        {"Name": "shadow_decided", "Unit": "Count"},
        {"Name": "shadow_changed", "Unit": "Count"},
        {"Name": "shadow_up", "Unit": "Count"},
        {"Name": "shadow_down", "Unit": "Count"},
        {"Name": "shadow_failed", "Unit": "Count"},
    ]


def test_wordy_libraries_are_kept_quiet(stdout: io.StringIO) -> None:
    """What HTTP libraries say of their requests, ids in URLs among it, reaches no log."""
    logging.getLogger("httpx").info("GET /members/user123")
    logging.getLogger("botocore.endpoint").debug("user123")
    logging.getLogger("urllib3.connection").warning("Failed to parse headers of user123")
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
    assert stdout.getvalue() == ""


def test_nobody_listens_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Outside of Lambda, an invocation writes nothing."""
    log_invocation(LINE)
    assert capsys.readouterr() == ("", "")


def test_every_field_is_documented() -> None:
    """The page of logs names exactly the fields that there are."""
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    members = {each.name for each in attrs.fields(InvocationLog)} - {"shadow"}
    of_a_shadow = [each.name for each in attrs.fields(ShadowCounts)]
    assert rows[: len(members) + 1 + len(of_a_shadow)] == [
        *sorted(members, key=rows.index),
        "_aws",
        *of_a_shadow,
    ]
