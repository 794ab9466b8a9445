"""The fields, asked by GraphQL in process: the schema, the resolver, and answers of the test's."""

from __future__ import annotations

import pytest
from presale.api import PRESALE
from presale.questions import (
    Invitation,
    LoyaltyPoints,
    PartnerCard,
    PutInvitation,
    ShowsAttended,
    StoredInvitation,
)

from fanscore_appsync.testing import API_KEY_HEADERS, service, user
from fanscore_appsync.testing.executor import Executed, Fanscore
from fanscore_core import CampaignId, GivenAnswer, GlobalUserId, Unavailable, answer
from fanscore_core.ports import (
    ArmScore,
    BotOrNotCursor,
    FanIdentity,
    PutOutcome,
)

FAN = GlobalUserId("user123")
SPRING = CampaignId("spring")
INVITED = Invitation(SPRING, FAN, GlobalUserId("staff1"))
GROUP = '{ api { presaleGroup(campaignId: "spring") { group reasons } } }'
INVITE = """mutation {
  presaleInvite(input: {campaignId: "spring", globalUserId: "user123"}) { globalUserId invitedBy }
}"""
SCORE = """{ api { accountFanscore(globalUserId: "user123") {
  score boosts { arm event model } reasons { code points }
} } }"""

presale = Fanscore(api=PRESALE)


def ask_group(*answers: GivenAnswer) -> Executed:
    """Ask for the fan's group, as the fan."""
    return presale.graphql(GROUP, as_=user(FAN), answers=answers)


@pytest.mark.parametrize(
    ("points", "shows", "card", "group", "reasons"),
    [
        (None, 0, False, "GENERAL", []),
        (999, 2, False, "GENERAL", []),
        (1_000, 0, False, "SECOND", ["LOYAL"]),
        (None, 3, True, "FIRST", ["SHOWS_ATTENDED", "PARTNER_CARD"]),
        (5_000, 9, True, "FIRST", ["LOYAL", "SHOWS_ATTENDED", "PARTNER_CARD"]),
    ],
)
def test_the_more_speaks_for_a_fan_the_earlier(
    points: int | None, shows: int, card: bool, group: str, reasons: list[str]
) -> None:
    """Points, shows and the partner's card each move a fan up by one group."""
    executed = ask_group(
        answer(StoredInvitation(FAN, SPRING), None),
        answer(LoyaltyPoints(FAN), points),
        answer(ShowsAttended(FAN), shows),
        answer(PartnerCard(FAN), card),
    )
    assert (executed.data, executed.errors) == (
        {"api": {"presaleGroup": {"group": group, "reasons": reasons}}},
        [],
    )


def test_an_invitation_is_enough() -> None:
    """Whoever is invited buys first, whatever else is known."""
    executed = ask_group(
        answer(StoredInvitation(FAN, SPRING), INVITED),
        answer(LoyaltyPoints(FAN), None),
        answer(ShowsAttended(FAN), 0),
        answer(PartnerCard(FAN), False),
    )
    assert executed.data == {"api": {"presaleGroup": {"group": "FIRST", "reasons": ["INVITED"]}}}


def test_other_systems_may_be_down() -> None:
    """Without the CRM and the partner, the fan's own points decide."""
    executed = ask_group(
        answer(StoredInvitation(FAN, SPRING), None),
        answer(LoyaltyPoints(FAN), 1_000),
        answer(ShowsAttended(FAN), Unavailable("crm_proxy")),
        answer(PartnerCard(FAN), Unavailable("partner_api")),
    )
    assert executed.data == {"api": {"presaleGroup": {"group": "SECOND", "reasons": ["LOYAL"]}}}


def test_everything_is_asked_at_once() -> None:
    """All four systems are asked in one round."""
    executed = ask_group(
        answer(StoredInvitation(FAN, SPRING), None),
        answer(LoyaltyPoints(FAN), 1_000),
        answer(ShowsAttended(FAN), 0),
        answer(PartnerCard(FAN), False),
    )
    trace = executed.trace("api/presaleGroup")
    assert (trace.rounds, trace.questions) == (1, 4)


def test_the_staff_invites() -> None:
    """A member of the staff invites a fan, and is named in the invitation."""
    new = Invitation(SPRING, FAN, GlobalUserId("staff1"))
    executed = presale.graphql(
        INVITE,
        as_=user("staff1", ["staff"]),
        answers=[answer(PutInvitation(new), PutOutcome(written=True))],
    )
    assert executed.data == {"presaleInvite": {"globalUserId": "user123", "invitedBy": "staff1"}}


def test_an_invitation_stays() -> None:
    """A second invitation changes nothing: the first one is the answer."""
    new = Invitation(SPRING, FAN, GlobalUserId("staff2"))
    executed = presale.graphql(
        INVITE,
        as_=user("staff2", ["staff"]),
        answers=[answer(PutInvitation(new), PutOutcome(written=False, stored=INVITED))],
    )
    assert executed.data == {"presaleInvite": {"globalUserId": "user123", "invitedBy": "staff1"}}


def test_nobody_else_invites() -> None:
    """Another user is refused with 403, and whoever is no user with 401; nothing is asked."""
    refused = [
        presale.graphql(INVITE, as_=user(FAN)),
        presale.graphql(INVITE, as_=user(FAN, ["fans"])),
        presale.graphql(INVITE, as_=service()),
        presale.graphql(INVITE, headers=API_KEY_HEADERS),
    ]
    assert [each.errors[0]["errorType"] for each in refused] == ["403", "403", "401", "401"]


def test_points_raise_the_score() -> None:
    """Many points are worth 2 points of the score, with a reason of its own."""
    executed = presale.graphql(
        SCORE,
        as_=user(FAN),
        answers=[
            answer(FanIdentity(FAN), None),
            answer(ArmScore(FAN), None),
            answer(BotOrNotCursor(), None),
            answer(LoyaltyPoints(FAN), 1_200),
        ],
    )
    assert executed.data == {
        "api": {
            "accountFanscore": {
                "score": 52,
                "boosts": {"arm": 0, "event": 0, "model": 0},
                "reasons": [
                    {"code": "NO_HISTORY", "points": 50},
                    {"code": "ARM_NO_SCORE", "points": 0},
                    {"code": "EVENT_NOT_ASKED", "points": 0},
                    {"code": "MODEL_NOT_ASKED", "points": 0},
                    {"code": "LOYALTY_MANY_POINTS", "points": 2},
                ],
            }
        }
    }


def test_a_score_without_the_table() -> None:
    """Where our table does not answer, the score says so and goes on."""
    executed = presale.graphql(
        '{ api { accountFanscore(globalUserId: "user123") { score degraded } } }',
        as_=user(FAN),
        answers=[
            answer(FanIdentity(FAN), None),
            answer(ArmScore(FAN), None),
            answer(BotOrNotCursor(), None),
            answer(LoyaltyPoints(FAN), Unavailable("presale_table")),
        ],
    )
    assert executed.data == {"api": {"accountFanscore": {"score": 50, "degraded": ["loyalty"]}}}
