from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from decimal import Decimal
from typing import TypeAlias

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.aws.rekognition import Rekognition
from fanscore_adapters.embedded.stand_in_vendor import ALIVE, StandInVendor
from fanscore_adapters.embedded.stand_ins import Sample
from fanscore_core.ids import SessionId, is_id
from fanscore_core.liveness import LivenessStatus, LivenessVerdict
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from tests.aws.clients import aws_client
from tests.aws.parties import parties
from tests.aws.replies import refusal, reply
from tests.contracts.asking import asked, said

pytestmark = pytest.mark.usefixtures("made_up_credentials")

VENDOR = "rekognition"
SESSION = SessionId("session-1")

Verdicts: TypeAlias = Mapping[SessionId, LivenessVerdict]
Open: TypeAlias = Callable[[Verdicts], AbstractContextManager[Adapter]]
"""Opens a vendor with its verdicts of some sessions; in all others it sees a face."""


@contextmanager
def stand_in(verdicts: Verdicts) -> Iterator[Adapter]:
    """Answer within the process."""
    yield StandInVendor(verdicts)


@contextmanager
def rekognition(verdicts: Verdicts) -> Iterator[Adapter]:
    """Ask a server on loopback, but for the sessions with a verdict."""

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        verdict = verdicts.get(json.loads(request.body).get("SessionId"))
        return None if verdict is None else verdict_reply(verdict)

    with (
        parties(Sample({}, {})) as served,
        closing(
            aws_client(
                VENDOR,
                served.url,
                prepare=lambda events: events.register("before-send", answer),
            )
        ) as client,
    ):
        yield Rekognition(client)


ADAPTERS: Mapping[str, Open] = {"stand-in": stand_in, "Rekognition": rekognition}


def verdict_reply(verdict: LivenessVerdict) -> AWSResponse:
    """Say a verdict as Rekognition does, which knows nothing of a session that has expired."""
    if verdict.status is LivenessStatus.EXPIRED:
        return refusal("SessionNotFoundException", message="canary")
    confidence = None if verdict.confidence is None else float(verdict.confidence)
    return reply({"Status": verdict.status.value, "Confidence": confidence})


@pytest.fixture(params=ADAPTERS.values(), ids=list(ADAPTERS))
def open_vendor(request: pytest.FixtureRequest) -> Open:
    """Give what opens each adapter in turn."""
    made: Open = request.param
    return made


def created(adapter: Adapter, token: str) -> SessionId:
    """Create a session; give its id."""
    [(session, source)] = said(adapter, CreateVendorSession(token))
    assert source == VENDOR
    assert isinstance(session, str)
    return SessionId(session)


def test_an_adapter_names_the_vendor_behind_each_question(open_vendor: Open) -> None:
    """Both questions are the adapter's, under the vendor's name."""
    with open_vendor({}) as adapter:
        assert adapter.systems == {CreateVendorSession: VENDOR, VendorSessionResult: VENDOR}


def test_a_token_gets_one_session(open_vendor: Open) -> None:
    """The same token gets the same session however often it is asked with, and no other does."""
    with open_vendor({}) as adapter:
        first, other = created(adapter, "token-1"), created(adapter, "token-2")
        assert is_id(first)
        assert first != other
        again = [CreateVendorSession(token) for token in ("token-2", "token-1", "token-1")]
        assert said(adapter, *again) == [(other, VENDOR), (first, VENDOR), (first, VENDOR)]


@pytest.mark.parametrize("token", ["a", "-", "_" * 64, "Token-0_9"])
def test_any_token_gets_a_session(open_vendor: Open, token: str) -> None:
    """Whatever token the port lets through, the vendor takes, and the session can be asked for."""
    with open_vendor({}) as adapter:
        session = created(adapter, token)
        assert is_id(session)
        assert said(adapter, VendorSessionResult(session)) == [(ALIVE, VENDOR)]


@pytest.mark.parametrize(
    "verdict",
    [
        LivenessVerdict(LivenessStatus.CREATED),
        LivenessVerdict(LivenessStatus.IN_PROGRESS),
        LivenessVerdict(LivenessStatus.SUCCEEDED, Decimal(100)),
        LivenessVerdict(LivenessStatus.SUCCEEDED, Decimal("99.12345")),
        LivenessVerdict(LivenessStatus.FAILED, Decimal(0)),
        LivenessVerdict(LivenessStatus.FAILED),
        LivenessVerdict(LivenessStatus.EXPIRED),
    ],
    ids=repr,
)
def test_a_verdict_is_told_whole(open_vendor: Open, verdict: LivenessVerdict) -> None:
    """Whatever the vendor says of a session is the answer; one that it has forgotten expired."""
    with open_vendor({SESSION: verdict}) as adapter:
        assert said(adapter, VendorSessionResult(SESSION)) == [(verdict, VENDOR)]


def test_to_ask_for_a_result_changes_nothing(open_vendor: Open) -> None:
    """A result may be asked for again, and its token still gets the session."""
    with open_vendor({}) as adapter:
        session = created(adapter, "token-1")
        results = [VendorSessionResult(session)] * 2
        assert said(adapter, *results) == [(ALIVE, VENDOR)] * 2
        assert created(adapter, "token-1") == session


def test_one_fetch_of_many_is_many_fetches_of_one(open_vendor: Open) -> None:
    """Questions asked together get the answers that each gets alone, in order."""
    failed = LivenessVerdict(LivenessStatus.FAILED, Decimal(3))
    expired = LivenessVerdict(LivenessStatus.EXPIRED)
    sessions = [SessionId(each) for each in "bab"]
    questions = [VendorSessionResult(session) for session in sessions]
    with open_vendor({SessionId("a"): failed, SessionId("b"): expired}) as adapter:
        together = said(adapter, *questions)
        assert together == [said(adapter, question)[0] for question in questions]
        assert together == [(expired, VENDOR), (failed, VENDOR), (expired, VENDOR)]
        groups = adapter.split([asked(question) for question in questions])
    assert [index for group in groups for index in group] == [0, 1, 2]


def test_no_questions_are_answered_too(open_vendor: Open) -> None:
    """An adapter that is asked nothing answers nothing."""
    with open_vendor({}) as adapter:
        assert said(adapter) == []
