from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import cast
from urllib.parse import urlsplit

import attrs
import pytest

from fanscore_adapters.aws.rekognition import Rekognition
from fanscore_adapters.embedded.stand_in_vendor import ALIVE, session_of
from fanscore_adapters.embedded.stand_ins import Sample
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.liveness import LivenessStatus, LivenessVerdict
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from fanscore_core.systems import REKOGNITION
from tests.aws.clients import aws_client
from tests.aws.faults.impatience import impatience
from tests.aws.faults.server import Behaviour, Exchange, FaultyServer, faulty_server
from tests.aws.faults.table import (
    HTML,
    MALFORMED,
    answering,
    answering_after,
    cut,
    lost,
    refusing,
    reset,
    throttled,
    unheard,
    unheard_of,
)
from tests.aws.lnaa_server import nobody
from tests.aws.parties import Parties, parties
from tests.contracts.asking import shown
from tests.virtual_time import VirtualTime

pytestmark = pytest.mark.usefixtures("made_up_credentials")

TOKEN = "token-1"
SESSION = session_of(TOKEN)
CREATE = cast("Question[object]", CreateVendorSession(TOKEN))
RESULT = cast("Question[object]", VendorSessionResult(SESSION))
CREATE_NAME, RESULT_NAME = "CreateFaceLivenessSession", "GetFaceLivenessSessionResults"


@attrs.frozen
class Row:
    """What a server does about a request, and what comes of it.

    Attributes:
        script: what it does, one after the other; then it is well.
        calls: how many requests it gets.
        reason: why the vendor is unavailable; ``None`` if the answer is as good as ever.
    """

    script: Sequence[Behaviour]
    calls: int
    reason: str | None = None


CLOSED = "no answer: ConnectionClosedError"

ROWS: Mapping[str, Row] = {
    "reply lost": Row([lost], 2),
    "reply lost each time": Row([lost] * 3, 3, CLOSED),
    "timeout before": Row([unheard], 2),
    "timeout after": Row([unheard_of], 2),
    "connection reset": Row([reset], 2),
    "connection reset each time": Row([reset] * 3, 3, CLOSED),
    "throttling": Row([throttled], 2),
    "throttling each time": Row([throttled] * 3, 3, "refused with ThrottlingException"),
    "500": Row([refusing("InternalServerError", 500)], 2),
    "500 each time": Row(
        [refusing("InternalServerError", 500)] * 3, 3, "refused with InternalServerError"
    ),
    "garbage body": Row([answering(HTML)], 1, MALFORMED),
    "garbage body after the write": Row([answering_after(b"{}")], 1, MALFORMED),
    "body cut": Row([cut], 1, MALFORMED),
    "expired credentials": Row(
        [refusing("ExpiredTokenException")], 1, "refused with ExpiredTokenException"
    ),
}


@pytest.fixture
def vendor() -> Iterator[Parties]:
    """Serve the vendor."""
    with parties(Sample({}, {})) as served:
        yield served


@pytest.fixture
def server(vendor: Parties) -> Iterator[FaultyServer]:
    """Stand before the vendor."""
    port = urlsplit(vendor.url).port
    assert port is not None
    with faulty_server(port) as served:
        yield served
        served.may_end.set()


def answer(url: str, question: Question[object], time: VirtualTime | None = None) -> object:
    """Ask by a new client, which has a second, and times out where it is not heard."""
    clock = (time or VirtualTime()).clock
    with (
        impatience() as impatient,
        closing(aws_client(REKOGNITION, url, prepare=impatient.prepare, clock=clock)) as client,
    ):
        return answer_by(Rekognition(client), question)


def answer_by(vendor: Rekognition, question: Question[object]) -> object:
    """Ask."""
    ask = Ask(question, degradable=False, expires_at=1.0)
    [answered] = vendor.fetch([ask])
    return shown(answered.answer)


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_a_session_is_created_once(vendor: Parties, server: FaultyServer, row: Row) -> None:
    """Whatever goes wrong, asking again with the same token gets the one session."""
    told = SESSION if row.reason is None else shown(Unavailable(REKOGNITION, row.reason))
    server.tell(CREATE_NAME, *row.script)
    assert answer(server.url, CREATE) == told
    assert server.asked == [CREATE_NAME] * row.calls
    server.recover()
    assert answer(server.url, CREATE) == SESSION
    assert vendor.sessions == {SESSION}


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_a_result_is_never_made_up(vendor: Parties, server: FaultyServer, row: Row) -> None:
    """Whatever goes wrong, a result is the vendor's or there is none."""
    vendor.sessions.add(SESSION)
    told = ALIVE if row.reason is None else shown(Unavailable(REKOGNITION, row.reason))
    server.tell(RESULT_NAME, *row.script)
    assert answer(server.url, RESULT) == told
    assert server.asked == [RESULT_NAME] * row.calls


@pytest.mark.parametrize("question", [CREATE, RESULT], ids=["create", "result"])
def test_nobody_listens(question: Question[object]) -> None:
    """A refused connection is tried again, and then the vendor is unavailable."""
    with nobody() as url:
        told = answer(url, question)
    assert told == shown(Unavailable(REKOGNITION, "no answer: EndpointConnectionError"))


def test_a_session_that_is_not_known(server: FaultyServer) -> None:
    """A session that the vendor does not know has expired, at one call."""
    assert answer(server.url, RESULT) == LivenessVerdict(LivenessStatus.EXPIRED)
    assert server.asked == [RESULT_NAME]


@pytest.mark.parametrize(("question", "name"), [(CREATE, CREATE_NAME), (RESULT, RESULT_NAME)])
def test_silence_until_the_deadline(
    server: FaultyServer, question: Question[object], name: str
) -> None:
    """After an attempt that took all the time, no other is started."""
    time = VirtualTime()

    def all_the_time(exchange: Exchange) -> None:
        time.now_s += 1.0
        exchange.pass_on()
        exchange.be_unheard()

    server.tell(name, all_the_time)
    assert answer(server.url, question, time) == shown(DeadlineExceeded(REKOGNITION))
    assert server.asked == [name]
