from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings

from fanscore_core.errors import InvalidId, Unavailable
from fanscore_core.ids import PATH_RULE, GlobalUserId
from fanscore_core.ports.lnaa import NO_MEMBER, ActivateMembership, LnaaMembership, Membership
from tests.contracts.asking import said
from tests.contracts.generated import legal_ids
from tests.contracts.lnaa import ADAPTERS, Open

LNAA = "lnaa_api"
FAN = GlobalUserId("user123")
VENDOR_TEXT = "jdbc:oracle:thin:scott/tiger@10.0.0.7"
DOTS = (".", "..")
"""Ids that no URL can name."""


@pytest.fixture(params=ADAPTERS.values(), ids=list(ADAPTERS))
def open_lnaa(request: pytest.FixtureRequest) -> Open:
    """Give each adapter in turn."""
    made: Open = request.param
    return made


def data(document: object) -> Mapping[str, object]:
    """Make the response that gives an answer."""
    return {"data": document}


def error(code: int) -> Mapping[str, object]:
    """Make the response that gives an error."""
    return {"error": {"code": code, "message": VENDOR_TEXT}}


def test_an_adapter_names_lnaa_behind_each_question(open_lnaa: Open) -> None:
    """Both questions are the adapter's, under the document's name."""
    with open_lnaa({}) as adapter:
        systems = {kind: adapter.systems[kind] for kind in (Membership, ActivateMembership)}
    assert set(systems.values()) == {LNAA}


@pytest.mark.parametrize(
    ("document", "membership"),
    [
        ({"isMember": False}, NO_MEMBER),
        ({"isMember": True}, LnaaMembership(is_member=True)),
        ({"isMember": True, "tier": None, "since": None}, LnaaMembership(is_member=True)),
        (
            {"isMember": True, "tier": "gold", "since": "2024-02-29", "points": 7},
            LnaaMembership(is_member=True, tier="gold", since=date(2024, 2, 29)),
        ),
    ],
)
def test_a_good_response_is_the_answer(
    open_lnaa: Open, document: object, membership: LnaaMembership
) -> None:
    """What LNAA says of a fan is the answer to both questions."""
    with open_lnaa({FAN: data(document)}) as adapter:
        assert said(adapter, Membership(FAN)) == [(membership, LNAA)]
        assert said(adapter, ActivateMembership(FAN, "key-1")) == [(membership, LNAA)]


def test_whom_lnaa_does_not_know_is_no_member(open_lnaa: Open) -> None:
    """A 404 says that a fan is no member; who is no member cannot be activated by it."""
    with open_lnaa({FAN: error(404)}) as adapter:
        assert said(adapter, Membership(FAN)) == [(NO_MEMBER, LNAA)]
        [(answer, source)] = said(adapter, ActivateMembership(FAN, "key-1"))
    assert (type_of(answer), source) == (Unavailable.__name__, LNAA)


@pytest.mark.parametrize(
    "response",
    [
        *map(error, (400, 401, 403, 409, 429, 500, 503)),
        data(None),
        data([]),
        data(VENDOR_TEXT),
        data({}),
        data({"isMember": None}),
        data({"isMember": 1}),
        data({"isMember": "true"}),
        data({"isMember": True, "tier": 7}),
        data({"isMember": True, "since": "2023-02-29"}),
        data({"isMember": True, "since": "2024-02-29T08:00:00Z"}),
        data({"isMember": True, "since": VENDOR_TEXT}),
    ],
    ids=repr,
)
def test_any_other_response_is_unavailable(open_lnaa: Open, response: Mapping[str, object]) -> None:
    """An error and a malformed answer make LNAA unavailable, in our words alone."""
    with open_lnaa({FAN: response}) as adapter:
        answers = [
            *said(adapter, Membership(FAN)),
            *said(adapter, ActivateMembership(FAN, "key-1")),
        ]
    assert [(type_of(answer), source) for answer, source in answers] == [
        (Unavailable.__name__, LNAA)
    ] * 2
    assert VENDOR_TEXT not in str(answers)


@pytest.mark.parametrize("name", ADAPTERS)
def test_any_fan_may_be_asked_for(name: str) -> None:
    """Whatever id a fan has, LNAA is asked for that fan and for nobody else."""

    @given(legal_ids.filter(lambda fan: fan not in DOTS))
    @settings(deadline=None, max_examples=25)
    def ask(fan: str) -> None:
        with ADAPTERS[name]({fan: data({"isMember": True, "tier": fan})}) as adapter:
            member = LnaaMembership(is_member=True, tier=fan)
            other = "b" if fan == "a" else "a"
            assert said(adapter, Membership(GlobalUserId(fan))) == [(member, LNAA)]
            assert said(adapter, Membership(GlobalUserId(other))) == [(NO_MEMBER, LNAA)]

    ask()


@pytest.mark.parametrize("fan", DOTS)
def test_nobody_asks_for_whom_no_url_can_name(fan: str) -> None:
    """An id that a URL takes for a folder makes no question, since it would ask for another."""
    for ask in (Membership, partial(ActivateMembership, idempotency_key="key-1")):
        with pytest.raises(InvalidId) as raised:
            ask(GlobalUserId(fan))
        assert str(raised.value) == f"global_user_id: {PATH_RULE}"


def test_no_questions_are_answered_too(open_lnaa: Open) -> None:
    """An adapter that is asked nothing answers nothing."""
    with open_lnaa({}) as adapter:
        assert said(adapter) == []


def test_one_fetch_of_many_is_many_fetches_of_one(open_lnaa: Open) -> None:
    """Questions asked together get the answers that each gets alone, a failing one included."""
    responses = {
        "a": data({"isMember": True}),
        "b": error(403),
        "c": error(404),
        "d": data({"isMember": False, "tier": "lapsed"}),
    }
    questions = [Membership(GlobalUserId(fan)) for fan in "dbcabd"]
    with open_lnaa(responses) as adapter:
        together = said(adapter, *questions)
        assert together == [said(adapter, question)[0] for question in questions]
    assert [together[0], together[2], together[3]] == [
        (LnaaMembership(is_member=False, tier="lapsed"), LNAA),
        (NO_MEMBER, LNAA),
        (LnaaMembership(is_member=True), LNAA),
    ]


def type_of(answer: object) -> str:
    """Give the type of an error as ``said`` shows it."""
    return str(answer).partition("(")[0]
