"""Both ways on one table, one function and one partner: the same answers to the same events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from benchmarks.aws.scene import settings
from fanscore_appsync.testing import (
    API_KEY_HEADERS,
    oidc_user,
    pool_identity,
    service,
    unchecked_event,
    user,
)
from fanscore_appsync.testing.identities import Identity
from tests.aws.ministack import Ministack
from tests.aws.tables import typed
from tests.side_by_side.systems import systems
from tests.side_by_side.ways import Handler, Sides, made

GROUP = "VFApi.presaleGroup"
INVITE = "Mutation.presaleInvite"
TABLE = "side-by-side"
ITEMS: list[Mapping[str, object]] = [
    {"PK": "fan:user123", "SK": "loyalty", "points": 1_200},
    {"PK": "fan:three-speak-for", "SK": "loyalty", "points": 1_000},
    {"PK": "fan:user456", "SK": "loyalty", "points": 999},
    {"PK": "fan:negative", "SK": "loyalty", "points": -1},
    {"PK": "fan:no-number", "SK": "loyalty", "points": "1000"},
    {"PK": "fan:no-points", "SK": "loyalty"},
    {
        "PK": "fan:user456",
        "SK": "invitation#camp789",
        "campaignId": "camp789",
        "globalUserId": "user456",
        "invitedBy": "staff1",
    },
]
FANS = (
    *("user123", "user456", "user789", "nobody", "a/b@example.com", "three-speak-for"),
    *("negative", "no-number", "no-points", "no-longer"),
    *("crm-error", "crm-text", "crm-nothing", "crm-fails"),
    *("partner-forbids", "partner-text", "partner-no-json", "partner-list", "partner-fails"),
)
STAFF = user("staff1", ["fans", "staff"])


class Raised(NamedTuple):
    """An error: AppSync takes the name of the class for the errorType."""

    error_type: str


@pytest.fixture(scope="module")
def environ(aws: Ministack) -> Iterator[Mapping[str, str]]:
    """Run everything, and name it to both."""
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "PK", "KeyType": "HASH"},
            {"AttributeName": "SK", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")
        ],
    )
    for item in ITEMS:
        dynamodb.put_item(TableName=TABLE, Item=typed(item))
    with systems() as url:
        yield {
            **aws.environ,
            "AWS_ENDPOINT_URL_LAMBDA": url,
            **settings(),
            "FANSCORE_TABLE_PRESALE_TABLE": TABLE,
            "PRESALE_TABLE": TABLE,
            "PRESALE_PARTNER_URL": url,
        }
    dynamodb.delete_table(TableName=TABLE)


@pytest.fixture(scope="module")
def sides(environ: Mapping[str, str]) -> Iterator[Sides]:
    """Lend both ways."""
    with ExitStack() as closing:
        yield made(environ, closing)


def answer(side: Handler, event: object) -> object:
    """Return what AppSync is answered, without the messages, which are for people."""
    try:
        found = side(event)
    except Exception as error:  # noqa: BLE001  # what AppSync would see
        return Raised(type(error).__name__)
    return [shown(each) for each in found] if isinstance(found, list) else found


def shown(item: dict[str, object]) -> dict[str, object]:
    """Return an item of a batch without its message, and of what a client may act on the code."""
    match item:
        case {"errorInfo": {"code": code}, **others}:
            return {**others, "errorMessage": "", "errorInfo": {"code": code}}
        case _:
            return item


def of_both(sides: Sides, event: object) -> object:
    """Ask both, and return the answer, which is one."""
    ours, ordinary = (answer(side, event) for side in (sides.ours, sides.ordinary))
    assert ours == ordinary
    return ours


def group_event(campaign: str, who: Identity | None, **members: object) -> dict[str, object]:
    """Make the event that asks for a group."""
    return {**unchecked_event(GROUP, {"campaignId": campaign}, who), **members}


def invite_event(campaign: str, fan: str, who: Identity | None) -> dict[str, object]:
    """Make the event that invites a fan."""
    given = {"input": {"campaignId": campaign, "globalUserId": fan}}
    return unchecked_event(INVITE, given, who)


@pytest.mark.parametrize("fan", FANS)
def test_a_group(sides: Sides, fan: str) -> None:
    """Every fan gets the same group for the same reasons, whatever the systems answer of them."""
    of_both(sides, group_event("autumn", user(fan)))


@pytest.mark.parametrize("fan", ["nobody", "user123", "user456", "user789", "partner-fails"])
@pytest.mark.parametrize("campaign", ["autumn", "camp789"])
def test_threads_change_no_answer(sides: Sides, fan: str, campaign: str) -> None:
    """The ordinary way with threads, which is timed, too, gives the same answers."""
    event = group_event(campaign, user(fan))
    assert answer(sides.in_threads, event) == answer(sides.ordinary, event)


def test_both_know_the_groups(sides: Sides) -> None:
    """The answers are what they should be: being the same is not enough."""
    fans = ("nobody", "user123", "three-speak-for", "negative")
    answers = [of_both(sides, group_event("autumn", user(fan))) for fan in fans]
    assert answers == [
        {"campaignId": "autumn", "group": "GENERAL", "reasons": []},
        {"campaignId": "autumn", "group": "FIRST", "reasons": ["LOYAL", "SHOWS_ATTENDED"]},
        {
            "campaignId": "autumn",
            "group": "FIRST",
            "reasons": ["LOYAL", "SHOWS_ATTENDED", "PARTNER_CARD"],
        },
        Raised("503"),
    ]


def test_an_invited_fan(sides: Sides) -> None:
    """An invitation counts for its campaign alone."""
    answers = [
        of_both(sides, group_event(campaign, user("user456"))) for campaign in ("camp789", "spring")
    ]
    assert answers == [
        {"campaignId": "camp789", "group": "FIRST", "reasons": ["INVITED"]},
        {"campaignId": "spring", "group": "GENERAL", "reasons": []},
    ]


@pytest.mark.parametrize("campaign", ["", " autumn", "autumn ", "a\nb", "a\0b", "a" * 129])
def test_an_id_that_is_none(sides: Sides, campaign: str) -> None:
    """An id that cannot be one is refused."""
    answers = [
        of_both(sides, group_event(campaign, user("user123"))),
        of_both(sides, invite_event(campaign, "user123", STAFF)),
        of_both(sides, invite_event("autumn", campaign, STAFF)),
        of_both(sides, group_event("autumn", user(campaign))),
    ]
    assert answers == [Raised("400")] * 4


def test_a_batch(sides: Sides) -> None:
    """Each item of a batch comes to its own data or error."""
    campaigns = ("camp789", "", "autumn", "camp789")
    fans = ("user456", "user456", "negative", "user123")
    events = [
        group_event(campaign, user(fan)) for campaign, fan in zip(campaigns, fans, strict=True)
    ]
    failed = {"data": None, "errorMessage": ""}
    assert of_both(sides, [*events, group_event("autumn", None)]) == [
        {"data": {"campaignId": "camp789", "group": "FIRST", "reasons": ["INVITED"]}},
        {**failed, "errorType": "400", "errorInfo": {"code": "INVALID_ID"}},
        {**failed, "errorType": "503", "errorInfo": {"code": "UNAVAILABLE"}},
        {
            "data": {
                "campaignId": "camp789",
                "group": "FIRST",
                "reasons": ["LOYAL", "SHOWS_ATTENDED"],
            }
        },
        {**failed, "errorType": "401", "errorInfo": {"code": "NOT_LOGGED_IN"}},
    ]


@pytest.mark.parametrize(
    ("who", "group", "invite"),
    [
        (None, "401", "401"),
        (service(), "401", "401"),
        (pool_identity(), "401", "401"),
        (oidc_user("user123"), "403", "403"),
        ({"resolverContext": {"sub": "user123"}}, "403", "403"),
        (user("negative"), "503", "403"),
        (user("negative", ["fans", "staffers"]), "503", "403"),
    ],
)
def test_who_is_refused(sides: Sides, who: Identity | None, group: str, invite: str) -> None:
    """Users alone get in, and to invite only those of the staff."""
    events = [group_event("autumn", who), invite_event("autumn", "user123", who)]
    if who is None:
        events.append(group_event("autumn", who, request={"headers": API_KEY_HEADERS}))
    answers = [of_both(sides, event) for event in events]
    assert answers == [Raised(group), Raised(invite), Raised(group)][: len(events)]


@pytest.mark.parametrize("first", [0, 1])
def test_an_invitation(sides: Sides, first: int) -> None:
    """Whichever way it is stored, both answer with the first invitation, and know of it."""
    campaign = f"winter{first}"
    inviting, other = sides[first], sides[1 - first]
    answers = [
        answer(side, invite_event(campaign, "user456", user(staff, ["staff"])))
        for side, staff in ((inviting, "staff1"), (other, "staff2"), (inviting, "staff3"))
    ]
    stored = {"campaignId": campaign, "globalUserId": "user456", "invitedBy": "staff1"}
    assert answers == [stored] * 3
    assert of_both(sides, group_event(campaign, user("user456"))) == {
        "campaignId": campaign,
        "group": "FIRST",
        "reasons": ["INVITED"],
    }


def test_both_store_the_same(aws: Ministack, sides: Sides) -> None:
    """The items of both are the same but for whom they invite."""
    key = {"PK": {"S": "fan:same"}}
    stored = []
    for index, side in enumerate((sides.ours, sides.ordinary)):
        campaign = f"stored{index}"
        answer(side, invite_event(campaign, "same", STAFF))
        found = aws.client("dynamodb").get_item(
            TableName=TABLE, Key={**key, "SK": {"S": f"invitation#{campaign}"}}
        )
        stored.append(
            {name: value["S"].replace(campaign, "…") for name, value in found["Item"].items()}
        )
    expected = {
        "PK": "fan:same",
        "SK": "invitation#…",
        "campaignId": "…",
        "globalUserId": "same",
        "invitedBy": "staff1",
    }
    assert stored == [expected] * 2


def test_without_the_table(environ: Mapping[str, str]) -> None:
    """Where the table does not answer, both fields are unavailable."""
    missing = {"FANSCORE_TABLE_PRESALE_TABLE": "missing", "PRESALE_TABLE": "missing"}
    with ExitStack() as closing:
        sides = made({**environ, **missing}, closing)
        answers = [
            of_both(sides, group_event("autumn", user("user123"))),
            of_both(sides, invite_event("autumn", "user123", STAFF)),
        ]
    assert answers == [Raised("503")] * 2
