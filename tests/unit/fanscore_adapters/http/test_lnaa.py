from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import cast

import attrs
import httpx
import pytest

from fanscore_adapters.http.circuit_breaker import MAX_FAILURES, OPEN_S
from fanscore_adapters.http.lnaa import (
    MAX_ATTEMPTS,
    TIMEOUT_S,
    Lnaa,
    lnaa_client,
)
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.lnaa import NO_MEMBER, ActivateMembership, LnaaMembership, Membership
from tests.aws.lnaa_server import (
    NEW_MEMBER,
    TOKEN,
    LnaaServer,
    Reply,
    Request,
    json_reply,
    lnaa_server,
)
from tests.contracts.asking import said
from tests.plain_http import patient_client
from tests.virtual_time import VirtualTime

FAN = GlobalUserId("user123")
MEMBERSHIP = Membership(FAN)
ACTIVATION = ActivateMembership(FAN, "key-1")
ACTIVATED = LnaaMembership(is_member=True, tier="basic", since=date(2026, 11, 1))
DOWN = repr(Unavailable("lnaa_api", "answered with status 503"))
LEFT_ALONE = repr(Unavailable("lnaa_api", "not asked after repeated failures"))


@attrs.frozen
class Desk:
    """LNAA on loopback, the adapter that asks it, and the time by which that works."""

    server: LnaaServer
    time: VirtualTime
    lnaa: Lnaa


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Serve LNAA, and connect to it."""
    time = VirtualTime()
    with lnaa_server() as server, patient_client() as client:
        yield Desk(server, time, Lnaa(server.url, TOKEN, client, time.wait, time.clock, time.now))


def test_a_membership_is_asked_for(desk: Desk) -> None:
    """A membership is a GET with the bearer token, and nothing else that tells who asks."""
    desk.server.members[FAN] = NEW_MEMBER
    assert said(desk.lnaa, MEMBERSHIP) == [(ACTIVATED, "lnaa_api")]
    assert desk.server.requests == [
        Request("GET", "/members/user123", f"Bearer {TOKEN}", None),
    ]


def test_who_is_unknown_is_no_member(desk: Desk) -> None:
    """A 404 says that the fan is no member."""
    assert said(desk.lnaa, MEMBERSHIP) == [(NO_MEMBER, "lnaa_api")]


def test_a_membership_is_activated(desk: Desk) -> None:
    """An activation is a POST with the idempotency key of the request."""
    assert said(desk.lnaa, ACTIVATION) == [(ACTIVATED, "lnaa_api")]
    assert desk.server.requests == [
        Request("POST", "/members/user123/activation", f"Bearer {TOKEN}", "key-1"),
    ]
    assert desk.server.activated == {"key-1": FAN}


@pytest.mark.parametrize(
    ("fan", "segment"),
    [
        ("user123", "user123"),
        ("eu-west-1:0af1", "eu-west-1%3A0af1"),
        ("a:b~c=d.e_f-g", "a%3Ab~c%3Dd.e_f-g"),
        ("..a", "..a"),
        ("...", "..."),
        ("=" * 128, "%3D" * 128),
        ("auth0|5f7c", "auth0%7C5f7c"),
        ("fan@example.com", "fan%40example.com"),
        ("a/../b", "a%2F..%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("%2E%2E", "%252E%252E"),
        ("a b+c\\", "a%20b%2Bc%5C"),
        ("\u00fc", "%C3%BC"),
        ("u\u0308", "u%CC%88"),
        ("\U0001f600", "%F0%9F%98%80"),
        ("\U0001f600" * 100, "%F0%9F%98%80" * 100),
    ],
)
def test_ids_stand_in_the_path(desk: Desk, fan: str, segment: str) -> None:
    """An id is one segment of the path, its special characters encoded."""
    said(desk.lnaa, Membership(GlobalUserId(fan)))
    said(desk.lnaa, ActivateMembership(GlobalUserId(fan), "key-1"))
    paths = [request.path for request in desk.server.requests]
    assert paths == [f"/members/{segment}", f"/members/{segment}/activation"]


def test_one_circuit_for_both_questions(desk: Desk) -> None:
    """Failures of either question open the circuit; while it is open, neither is sent."""
    desk.server.script = [Reply(503)] * MAX_FAILURES
    assert said(desk.lnaa, ACTIVATION, ACTIVATION) == [(DOWN, "lnaa_api")] * 2
    assert said(desk.lnaa, MEMBERSHIP) == [(DOWN, "lnaa_api")]
    assert len(desk.server.requests) == 2 + MAX_ATTEMPTS == MAX_FAILURES
    assert said(desk.lnaa, MEMBERSHIP, ACTIVATION) == [(LEFT_ALONE, "lnaa_api")] * 2
    assert len(desk.server.requests) == MAX_FAILURES
    desk.time.now_s += OPEN_S
    assert said(desk.lnaa, MEMBERSHIP, ACTIVATION) == [
        (NO_MEMBER, "lnaa_api"),
        (ACTIVATED, "lnaa_api"),
    ]


def test_what_is_out_of_time_is_not_sent(desk: Desk) -> None:
    """An activation for which there is no time is not begun."""
    ask = Ask(cast("Question[object]", ACTIVATION), degradable=False, expires_at=0.05)
    [answered] = desk.lnaa.fetch([ask])
    assert repr(answered) == repr(Answered(DeadlineExceeded("lnaa_api"), "lnaa_api"))
    assert desk.server.requests == []


def test_connections_are_kept(desk: Desk) -> None:
    """A connection serves one request after the other, those to which the answer is no included."""
    assert said(desk.lnaa, *[MEMBERSHIP] * 5) == [(NO_MEMBER, "lnaa_api")] * 5
    assert desk.server.connections == 1


def test_an_answer_may_grow(desk: Desk) -> None:
    """Members of an answer that are not known here are passed over."""
    desk.server.script = [json_reply({"isMember": False, "waiting": [1]}, 201)]
    assert said(desk.lnaa, ACTIVATION) == [(NO_MEMBER, "lnaa_api")]


def test_each_question_is_a_call_of_its_own(desk: Desk) -> None:
    """Questions of one round are asked at the same time."""
    asks = [Ask(cast("Question[object]", MEMBERSHIP))] * 3
    assert desk.lnaa.split(asks) == [[0], [1], [2]]
    assert desk.lnaa.systems == {Membership: "lnaa_api", ActivateMembership: "lnaa_api"}


def test_the_client() -> None:
    """The client has timeouts, and takes the token nowhere else."""
    with lnaa_client() as client:
        assert client.timeout == httpx.Timeout(TIMEOUT_S)
        assert client.follow_redirects is False
        assert TOKEN not in repr(Lnaa("http://a", TOKEN, client))
