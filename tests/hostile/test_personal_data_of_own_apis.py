"""An API of one's own that uses claims, headers and arguments: none of it is seen again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import pytest

from fanscore_adapters import Item
from fanscore_appsync import Api, App, Settings, connect
from fanscore_appsync.cli.picture import draw_trace
from fanscore_appsync.local.graphql.trace_extension import write_run
from fanscore_appsync.testing.routing import check
from fanscore_core import Unavailable
from tests.hostile.canaries import (
    CANARY,
    OWNER,
    REASON,
    TIME_LEFT_S,
    Watch,
    fan_identity,
    tells,
)
from tests.hostile.canary_world import EMAIL, call
from tests.hostile.own_api import FIELDS, PLACES, Fails, own_api
from tests.hostile.test_personal_data_of_fields import BAD_VALUES, CALLERS

ITEM: Item = {"PK": f"fan:{EMAIL}", "SK": "points", "points": 7}
BADGE: Item = {"PK": f"fan:{EMAIL}", "SK": "badge#canary"}
NOTE = {"note": "canary-note"}
PLACES_OF_FIELDS = [(field, place) for place, fields in PLACES.items() for field in fields]


@contextmanager
def app_on(api: Api, *outages: str) -> Iterator[App]:
    """Wire an API as a process on one machine does."""
    with ExitStack() as closing:
        yield connect(Settings(outages=frozenset(outages)), closing, api=api)


def own_call(
    field: str,
    identity: Mapping[str, object] | None = OWNER,
    arguments: Mapping[str, object] = NOTE,
) -> Mapping[str, object]:
    """Make a call that is full of canaries."""
    return call(field, arguments, identity)


def traces_tell_nothing(app: App, event: Mapping[str, object]) -> None:
    """Check what console and command line show of a run."""
    outcome = app.answer({**event, "envelope": True}, TIME_LEFT_S).outcome
    assert outcome is not None
    assert not tells(json.dumps(write_run(outcome.trace)))
    assert not tells(draw_trace(outcome.trace, 80))


def test_the_api_holds_together() -> None:
    """The API of these tests is one that would be served."""
    assert check(own_api(Fails())) == []


@pytest.mark.parametrize("field", FIELDS)
def test_successes(watch: Watch, field: str) -> None:
    """A call that succeeds took claims, headers and arguments, and shows them nowhere."""
    with app_on(own_api(Fails(), [ITEM, BADGE])) as app:
        answer = app.answer({**own_call(field), "envelope": True}, TIME_LEFT_S).response
        assert answer == {"data": "7 1 3 True" if field == "VFApi.ownTier" else "written"}
        assert watch.answers(app, own_call(field), TIME_LEFT_S) == ["data"] * 4
        traces_tell_nothing(app, own_call(field))
    assert watch.reports == 0


RAISED = (
    ValueError(f"canary {EMAIL}"),
    KeyError(CANARY, EMAIL),
    TypeError("canary() takes no canary"),
    UnicodeDecodeError("utf-8", b"canary", 0, 1, CANARY),
    Unavailable("own_proxy", REASON),
)


@pytest.mark.parametrize("error", RAISED, ids=range(len(RAISED)))
@pytest.mark.parametrize(("field", "place"), PLACES_OF_FIELDS)
def test_failures(watch: Watch, field: str, place: str, error: Exception) -> None:
    """Wherever code of one's own raises what quotes the caller, nobody sees the quotation."""
    with app_on(own_api(Fails(place, error), [ITEM, BADGE])) as app:
        found = watch.answers(app, own_call(field), TIME_LEFT_S)
        assert set(found) <= {"500", "503"}
        if place != "make_args":
            traces_tell_nothing(app, own_call(field))


@pytest.mark.parametrize("answer", [CANARY, [CANARY], {EMAIL: CANARY}, None])
@pytest.mark.parametrize("field", FIELDS)
def test_answers_of_another_type(watch: Watch, field: str, answer: object) -> None:
    """What an adapter of one's own answers instead of a value is not quoted."""
    with app_on(own_api(Fails("fetch", answer))) as app:
        found = watch.answers(app, own_call(field), TIME_LEFT_S)
        assert len(set(found)) == 1
        traces_tell_nothing(app, own_call(field))


@pytest.mark.parametrize(
    "members",
    [
        {"points": CANARY},
        {"points": [CANARY]},
        {"points": {EMAIL: CANARY}},
        {"stamps": {EMAIL: CANARY}},
        {"stamps": {"canary stamp": 1.5}},
        {"stamps": [CANARY]},
    ],
    ids=repr,
)
@pytest.mark.parametrize("field", FIELDS)
def test_malformed_items(watch: Watch, field: str, members: Mapping[str, object]) -> None:
    """A malformed item of a table of one's own is not quoted."""
    with app_on(own_api(Fails(), [{**ITEM, **members}])) as app:
        assert watch.answers(app, own_call(field), TIME_LEFT_S) == ["503"] * 4
        traces_tell_nothing(app, own_call(field))


@pytest.mark.parametrize("shows", [CANARY, [CANARY], {EMAIL: CANARY}, None, 1.5])
@pytest.mark.parametrize("field", FIELDS)
def test_vendors_texts(watch: Watch, field: str, shows: object) -> None:
    """What a function of one's own answers instead of a number is not passed on."""
    with app_on(own_api(Fails(), [ITEM], shows)) as app:
        assert watch.answers(app, own_call(field), TIME_LEFT_S) == ["503"] * 4
        traces_tell_nothing(app, own_call(field))


@pytest.mark.parametrize("field", FIELDS)
def test_outages(watch: Watch, field: str) -> None:
    """The outage of a function of one's own names the function, and nothing of the caller."""
    with app_on(own_api(Fails(), [ITEM]), "own_proxy") as app:
        assert watch.answers(app, own_call(field), TIME_LEFT_S) == ["503"] * 4
        traces_tell_nothing(app, own_call(field))


@pytest.mark.parametrize("field", FIELDS)
def test_no_time_left(watch: Watch, field: str) -> None:
    """Running out of time says of which system, and nothing of the caller."""
    with app_on(own_api(Fails(), [ITEM])) as app:
        assert watch.answers(app, own_call(field), 0.0) == ["504"] * 4


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("field", FIELDS)
def test_callers(watch: Watch, field: str, caller: str) -> None:
    """Whoever is refused, nothing of them is told."""
    with app_on(own_api(Fails(), [ITEM])) as app:
        found = watch.answers(app, own_call(field, CALLERS[caller]), TIME_LEFT_S)
    assert len(set(found)) == 1
    assert found[0] in {"data", "400", "401", "403"}


def test_who_is_not_of_the_group(watch: Watch) -> None:
    """A user of other groups is refused without a word of their groups, or of the group asked for.

    The group's name would tell what to steal.
    """
    other = {**OWNER, "groups": ["canary-other"]}
    with app_on(own_api(Fails(), [ITEM])) as app:
        assert watch.answers(app, own_call(FIELDS[1], other), TIME_LEFT_S) == ["403"] * 4


def test_claims_that_are_missing(watch: Watch) -> None:
    """A claim that the token lacks ends the call as our own mistake, and tells of no other."""
    without = {**OWNER, "claims": {"sub": OWNER["sub"], "canary@example.com": CANARY}}
    with app_on(own_api(Fails(), [ITEM])) as app:
        assert watch.answers(app, own_call(FIELDS[0], without), TIME_LEFT_S) == ["500"] * 4
    assert watch.reports == 4


@pytest.mark.parametrize("value", BAD_VALUES, ids=range(len(BAD_VALUES)))
@pytest.mark.parametrize("field", FIELDS)
def test_bad_arguments(watch: Watch, field: str, value: object) -> None:
    """No argument is quoted in the error that says what is wrong with it."""
    with app_on(own_api(Fails(), [ITEM])) as app:
        for arguments in ({"note": value}, {**NOTE, EMAIL: CANARY}, {EMAIL: value}):
            found = watch.answers(app, own_call(field, OWNER, arguments), TIME_LEFT_S)
            assert set(found) <= {"data", "400"}


def test_what_a_pipeline_is_given_has_no_repr() -> None:
    """Who logs or raises the whole call shows nothing of the caller and the client."""
    seen: list[str] = []
    fails = Fails(look=lambda call: seen.append(f"{call!r} {call.caller!r} {call.request!r}"))
    with app_on(own_api(fails, [ITEM])) as app:
        for identity in (OWNER, fan_identity("canary-other")):
            app.answer({**own_call(FIELDS[0], identity), "envelope": True}, TIME_LEFT_S)
    assert len(seen) == 2
    assert [each for each in seen if tells(each)] == []
