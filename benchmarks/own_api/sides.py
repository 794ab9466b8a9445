"""The sides, called in a process with the scene's environment, and what they are asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import count

from benchmarks.aws.sides import Side
from benchmarks.fans import TIME_LEFT_S
from fanscore_appsync.settings import read_settings
from fanscore_appsync.testing import unchecked_event, user
from fanscore_appsync.wiring.apps import connect

BATCH = 10

_campaigns = (f"campaign{number}" for number in count())


def our_side() -> Side:
    """Wire our app as the handler does; nothing is cached from one event to the next."""
    app = connect(read_settings(os.environ))
    return lambda event: app.answer(event, TIME_LEFT_S).response


def ordinary_side() -> Side:
    """Return what answers an event the ordinary way."""
    # Not before the environment names the table: the module reads it when it is imported.
    from benchmarks.own_api import ordinary  # noqa: PLC0415

    return lambda event: ordinary.handler(event, None)


def threads_side() -> Side:
    """Return what answers an event the ordinary way, with threads."""
    from benchmarks.own_api import in_threads  # noqa: PLC0415  # (the same)

    return lambda event: in_threads.handler(event, None)


def group_event(fan: str = "user123", campaign: str = "spring") -> dict[str, object]:
    """Make the event that asks for a fan's group."""
    return unchecked_event("VFApi.presaleGroup", {"campaignId": campaign}, user(fan))


def invited_event() -> object:
    """Make the event that asks for the group of a fan who is invited."""
    return group_event("user456")


def batch_event() -> object:
    """Make the event that asks for a fan's group in some campaigns."""
    return [group_event(campaign=f"campaign{number}") for number in range(BATCH)]


def invite_event() -> object:
    """Make the event that invites a fan, to another campaign each time."""
    return _invite(next(_campaigns))


def again_event() -> object:
    """Make the event that invites a fan who is invited already."""
    return _invite("spring")


def _invite(campaign: str) -> object:
    given = {"input": {"campaignId": campaign, "globalUserId": "user456"}}
    return unchecked_event("Mutation.presaleInvite", given, user("staff2", ["staff"]))


EVENTS: Mapping[str, Callable[[], object]] = {
    "presaleGroup": group_event,
    "presaleGroup, invited": invited_event,
    f"presaleGroup, a batch of {BATCH} campaigns": batch_event,
    "presaleInvite": invite_event,
    "presaleInvite, again": again_event,
}
"""What is asked."""


def check(response: object) -> None:
    """Check that a response is the group of the fan who is not invited."""
    reasons = ["LOYAL", "SHOWS_ATTENDED", "PARTNER_CARD"]
    expected = {"campaignId": "spring", "group": "FIRST", "reasons": reasons}
    assert response == expected, response
