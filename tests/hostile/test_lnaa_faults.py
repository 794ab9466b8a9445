from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import TypeAlias, cast

import attrs
import pytest

from fanscore_adapters.http.client import MAX_BODY
from fanscore_adapters.http.lnaa import MAX_ATTEMPTS, MAX_WAIT_S, Lnaa, lnaa_client
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.lnaa import NO_MEMBER, ActivateMembership, LnaaMembership, Membership
from tests.aws.lnaa_server import (
    TOKEN,
    Fault,
    LnaaServer,
    Reply,
    Request,
    json_reply,
    lnaa_server,
    nobody,
)
from tests.contracts.asking import shown
from tests.impatience import impatient_client
from tests.patience import AMPLE_S
from tests.virtual_time import VirtualTime

FAN = GlobalUserId("user123")
KEY = "key-1"
GET: Question[object] = cast("Question[object]", Membership(FAN))
POST: Question[object] = cast("Question[object]", ActivateMembership(FAN, KEY))
ASKED = Request("GET", "/members/user123", f"Bearer {TOKEN}", None)
POSTED = Request("POST", "/members/user123/activation", f"Bearer {TOKEN}", KEY)

GOLD = LnaaMembership(is_member=True, tier="gold")
GOLD_REPLY = json_reply({"isMember": True, "tier": "gold"})
GOLD_TEXT = GOLD_REPLY.body

Script: TypeAlias = Sequence[Reply | Fault]
Asking: TypeAlias = Callable[[str, Question[object], VirtualTime], Answered]


def unavailable(reason: str) -> str:
    """Spell LNAA's error."""
    return repr(Unavailable("lnaa_api", reason))


def unreachable(error: str) -> str:
    """Spell LNAA's error where there was no HTTP answer."""
    return unavailable(f"could not be reached: {error}")


def refused(status: int) -> str:
    """Spell LNAA's error where there was another status than expected."""
    return unavailable(f"answered with status {status}")


def ask_again(after: str, status: int = 429) -> Reply:
    """Make a reply that says when to come back."""
    return Reply(status, b"canary", {"Retry-After": after})


MALFORMED = unavailable("malformed answer")
NOT_GOLD = "malformed answer: data.isMember: "
ELSEWHERE = {"Location": "/members/canary"}


@attrs.frozen
class Row:
    """What LNAA does, and what comes of it.

    Attributes:
        fault: what it does, one after the other; then it answers well.
        got: the answer to asking for a membership.
        calls: how many calls that took.
        posted: the answer to an activation, which takes one call.
        waits_s: the least that was waited before each call but the first.
    """

    fault: Script
    got: object
    calls: int
    posted: object
    waits_s: Sequence[float] = ()


ROWS: Mapping[str, Row] = {
    "no fault": Row([GOLD_REPLY], GOLD, 1, GOLD),
    "not a member": Row([Reply(404, b"canary")], NO_MEMBER, 1, refused(404)),
    "reset": Row([Fault.RESET], GOLD, 2, unreachable("ReadError"), [0]),
    "reset each time": Row(
        [Fault.RESET] * 3, unreachable("ReadError"), 3, unreachable("ReadError"), [0, 0]
    ),
    "silence": Row([Fault.UNHEARD], GOLD, 2, unreachable("ReadTimeout"), [0]),
    "silence each time": Row(
        [Fault.UNHEARD] * 3, unreachable("ReadTimeout"), 3, unreachable("ReadTimeout"), [0, 0]
    ),
    "garbage": Row([Fault.GARBAGE], GOLD, 2, unreachable("RemoteProtocolError"), [0]),
    "body cut": Row([Fault.CUT], GOLD, 2, unreachable("RemoteProtocolError"), [0]),
    "body stalls": Row([Fault.HALF_HEARD], GOLD, 2, unreachable("ReadTimeout"), [0]),
    "body without end": Row([Fault.FLOOD], MALFORMED, 1, MALFORMED),
    "body too long": Row([Reply(200, b" " * MAX_BODY + GOLD_TEXT)], MALFORMED, 1, MALFORMED),
    "body as long as may be": Row([Reply(200, GOLD_TEXT.ljust(MAX_BODY))], GOLD, 1, GOLD),
    "body empty": Row([Reply(200)], MALFORMED, 1, MALFORMED),
    "no content": Row([Reply(204)], MALFORMED, 1, MALFORMED),
    "body no JSON": Row([Reply(200, b"canary")], MALFORMED, 1, MALFORMED),
    "body no text": Row([Reply(200, b"\xff\xfe{}")], MALFORMED, 1, MALFORMED),
    "body nested deep": Row([Reply(200, b"[" * 60_000)], MALFORMED, 1, MALFORMED),
    "body compressed": Row(
        [Reply(200, GOLD_TEXT, {"Content-Encoding": "gzip"})], MALFORMED, 1, MALFORMED
    ),
    "no object": Row(
        [json_reply(["canary"])],
        unavailable("malformed answer: data: expected an object"),
        1,
        unavailable("malformed answer: data: expected an object"),
    ),
    "nothing in it": Row(
        [json_reply({"error": {"code": 404}})],
        unavailable(NOT_GOLD + "required"),
        1,
        unavailable(NOT_GOLD + "required"),
    ),
    "of a wrong type": Row(
        [json_reply({"isMember": "canary"})],
        unavailable(NOT_GOLD + "expected true or false"),
        1,
        unavailable(NOT_GOLD + "expected true or false"),
    ),
    "a page of HTML": Row(
        [Reply(200, b"<html>canary", {"Content-Type": "text/html"})], MALFORMED, 1, MALFORMED
    ),
    "JSON by another name": Row(
        [Reply(200, GOLD_TEXT, {"Content-Type": "text/plain"})], GOLD, 1, GOLD
    ),
    "redirect": Row([Reply(302, b"", ELSEWHERE)], refused(302), 1, refused(302)),
    "redirect that keeps the method": Row(
        [Reply(307, b"", ELSEWHERE)], refused(307), 1, refused(307)
    ),
    "token refused": Row([Reply(401, b"canary")], refused(401), 1, refused(401)),
    "500": Row([Reply(500, b"canary")], GOLD, 2, refused(500), [0]),
    "500, 502": Row([Reply(500), Reply(502)], GOLD, 3, refused(500), [0, 0]),
    "500, 502, 503": Row(
        [Reply(500), Reply(502), Reply(503)], refused(503), 3, refused(500), [0, 0]
    ),
    "429": Row([Reply(429, b"canary")], GOLD, 2, refused(429), [0]),
    "429 for a second": Row([ask_again("1")], GOLD, 2, refused(429), [1]),
    "503 for two": Row([ask_again("2", 503)], GOLD, 2, refused(503), [2]),
    "429 for an hour": Row([ask_again("3600")], refused(429), 1, refused(429)),
    "429 for ever": Row([ask_again("9" * 400)], refused(429), 1, refused(429)),
    "429 until soon": Row([ask_again("Sun, 01 Nov 2026 08:00:01 GMT")], GOLD, 2, refused(429), [1]),
    "429 until later": Row(
        [ask_again("Sun, 01 Nov 2026 08:00:03 GMT")], refused(429), 1, refused(429)
    ),
    "429 until the past": Row(
        [ask_again("Sun, 01 Nov 2026 07:00:00 GMT")], GOLD, 2, refused(429), [0]
    ),
    "429 for less than nothing": Row([ask_again("-1")], GOLD, 2, refused(429), [0]),
    "429 for nonsense": Row([ask_again("canary")], GOLD, 2, refused(429), [0]),
    "429 until nonsense": Row(
        [ask_again("Sun, 99 Nov 2026 08:00:01 GMT")], GOLD, 2, refused(429), [0]
    ),
}
"""By what goes wrong."""


@pytest.fixture
def server() -> Iterator[LnaaServer]:
    """Serve LNAA, of which the fan is a member."""
    with lnaa_server() as served:
        served.members[FAN] = {"isMember": True, "tier": "gold"}
        yield served


@pytest.fixture
def asked_of(
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Asking]:
    """Give what asks, and see that the token and what LNAA says is not logged by us, or raised."""
    caplog.set_level(logging.DEBUG)

    def ask(url: str, question: Question[object], time: VirtualTime) -> Answered:
        with impatient_client() as client:
            lnaa = Lnaa(url, TOKEN, client, time.wait, time.clock, time.now)
            [answered] = lnaa.fetch([Ask(question)])
        assert TOKEN not in repr(lnaa)
        return attrs.evolve(answered, answer=shown(answered.answer), took_s=0.0)

    yield ask
    assert TOKEN not in caplog.text
    ours = [each for each in caplog.records if each.name.partition(".")[0] not in VENDORS]
    assert ours == []


VENDORS = {"httpx", "httpcore"}
"""Who may log at a level that is turned off."""


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_asking_for_a_membership(
    server: LnaaServer,
    asked_of: Asking,
    row: Row,
) -> None:
    """Whatever goes wrong is asked again only where that may help, and never without end."""
    time = VirtualTime()
    server.script = list(row.fault)
    assert asked_of(server.url, GET, time) == Answered(row.got, "lnaa_api", calls=row.calls)
    assert server.requests == [ASKED] * row.calls
    assert row.calls <= MAX_ATTEMPTS
    assert len(time.waits_s) == len(row.waits_s) == row.calls - 1
    for waited_s, least_s in zip(time.waits_s, row.waits_s, strict=True):
        assert least_s <= waited_s <= MAX_WAIT_S


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_activating_a_membership(
    server: LnaaServer,
    asked_of: Asking,
    row: Row,
) -> None:
    """Whatever goes wrong, an activation is sent once, and not waited for."""
    time = VirtualTime()
    server.script = list(row.fault)
    assert asked_of(server.url, POST, time) == Answered(row.posted, "lnaa_api", calls=1)
    assert (server.requests, time.waits_s) == ([POSTED], [])


def test_a_lost_reply_to_an_activation(server: LnaaServer, asked_of: Asking) -> None:
    """An activation whose reply is lost is unavailable; the same key again makes no second one."""
    server.members.clear()
    server.script = [Fault.LOST]
    time = VirtualTime()
    assert asked_of(server.url, POST, time).answer == unreachable("ReadError")
    retried = asked_of(server.url, POST, time)
    assert (retried.answer, server.activated) == (
        asked_of(server.url, GET, time).answer,
        {KEY: FAN},
    )
    assert server.requests == [POSTED, POSTED, ASKED]


@pytest.mark.parametrize(("question", "calls"), [(GET, MAX_ATTEMPTS), (POST, 1)])
def test_nobody_listens(
    asked_of: Asking,
    question: Question[object],
    calls: int,
) -> None:
    """A refused connection is tried again for a membership alone."""
    with nobody() as url:
        answered = asked_of(url, question, VirtualTime())
    assert answered == Answered(unreachable("ConnectError"), "lnaa_api", calls=calls)


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.STALL])
@pytest.mark.parametrize("question", [GET, POST], ids=["membership", "activation"])
def test_a_hanging_server_at_the_deadline(
    server: LnaaServer, fault: Fault, question: Question[object]
) -> None:
    """A server that hangs is given up at the deadline, however long the client would wait."""
    server.script = [fault]
    with lnaa_client(timeout_s=AMPLE_S) as client:
        ask = Ask(question, degradable=False, expires_at=monotonic() + 0.25)
        [answered] = Lnaa(server.url, TOKEN, client).fetch([ask])
    late = repr(DeadlineExceeded("lnaa_api"))
    assert (repr(answered.answer), answered.calls) == (late, 1)
