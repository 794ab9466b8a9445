"""The law of recordings: what was recorded of a run, written and read, is the run again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given

from fanscore_appsync.api import API
from fanscore_appsync.cli.recordings import (
    Recorded,
    read_recording,
    write_recording,
)
from fanscore_appsync.code_version import code_version
from fanscore_core.engine.question import Question, Source
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.rounds import run
from fanscore_core.engine.stubs import Answers
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, account_fanscore
from tests.property.test_decision_laws import calls, worlds


def ran(args: AccountFanscoreArgs, source: Source) -> tuple[object, ...]:
    """Score a fan: all that can be seen of the run, errors by what they hold."""
    outcome = run(account_fanscore, args, source)
    return (
        outcome.value,
        repr(outcome.error),
        repr(outcome.warnings),
        repr(outcome.stash),
        outcome.trace,
    )


@given(calls(), worlds)
def test_a_replay_of_a_recording_is_the_run(
    args: AccountFanscoreArgs, world: Mapping[Question[object], object]
) -> None:
    """From the file alone, a run has the same value or error, findings and trace."""
    recording = Recording(Answers(*world.items()))
    before = ran(args, recording)
    recorded = Recorded(code_version(), None, {}, args.policy, recording.kept, {"data": None})
    with TemporaryDirectory() as folder:
        path = str(Path(folder, "case.json"))
        write_recording(path, recorded, API)
        known = read_recording(path, API)
    source = Recording(Answers(), list(known.answers)).replay()
    assert known.policy == args.policy
    assert ran(args, source) == before
    assert source.left == []
