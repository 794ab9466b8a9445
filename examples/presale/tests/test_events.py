"""The handler: AppSync's events, single and in a batch, answered from a database and the sample."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from presale.api import PRESALE

from fanscore_appsync import App, Settings, connect
from fanscore_appsync.testing import appsync_batch, appsync_event, user

GROUP = "VFApi.presaleGroup"
INVITE = "Mutation.presaleInvite"
INVITATION = {"campaignId": "autumn", "globalUserId": "user789"}


@pytest.fixture
def app() -> Iterator[App]:
    """Lend the app, on the sample data."""
    with ExitStack() as closing:
        yield connect(Settings(), closing, api=PRESALE)


def ask(app: App, event: object) -> object:
    """Return what AppSync is answered."""
    return app.answer(event, time_left_s=10.0).response


def test_a_single_event(app: App) -> None:
    """A fan asks for their group."""
    event = appsync_event(GROUP, {"campaignId": "camp789"}, user("user123"), api=PRESALE)
    assert ask(app, event) == {
        "campaignId": "camp789",
        "group": "FIRST",
        "reasons": ["LOYAL", "SHOWS_ATTENDED"],
    }


def test_a_batch(app: App) -> None:
    """Each item of a batch gets its own answer or error."""
    asked = [{"campaignId": "camp789"}, {"campaignId": ""}, {"campaignId": "autumn"}]
    answers = ask(app, appsync_batch(GROUP, asked, user("user456"), api=PRESALE))
    assert isinstance(answers, list)
    first, bad, other = answers
    assert first == {"data": {"campaignId": "camp789", "group": "FIRST", "reasons": ["INVITED"]}}
    assert (bad["errorType"], bad["errorInfo"]) == ("400", {"code": "INVALID_ID"})
    assert other == {"data": {"campaignId": "autumn", "group": "GENERAL", "reasons": []}}


def test_an_invitation_is_stored(app: App) -> None:
    """Whoever was invited is in the first group from then on; a second one changes nothing."""
    answers = [
        ask(app, appsync_event(INVITE, {"input": INVITATION}, user(staff, ["staff"]), api=PRESALE))
        for staff in ("staff1", "staff2")
    ]
    assert answers == [{**INVITATION, "invitedBy": "staff1"}] * 2
    event = appsync_event(GROUP, {"campaignId": "autumn"}, user("user789"), api=PRESALE)
    assert ask(app, event) == {"campaignId": "autumn", "group": "FIRST", "reasons": ["INVITED"]}


def test_invitations_outlive_the_process(tmp_path: Path) -> None:
    """In a file, our table lies beside those of fanscore."""
    settings = Settings(database=str(tmp_path / "presale.db"))
    event = appsync_event(INVITE, {"input": INVITATION}, user("staff1", ["staff"]), api=PRESALE)
    for _ in range(2):
        with ExitStack() as closing:
            answer = ask(connect(settings, closing, api=PRESALE), event)
        assert answer == {**INVITATION, "invitedBy": "staff1"}
