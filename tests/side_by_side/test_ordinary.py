"""The fields as one tests them the ordinary way: responses queued in the order of the calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import Any

import pytest
import urllib3
from botocore.response import StreamingBody
from botocore.stub import Stubber

from fanscore_appsync.testing import API_KEY_HEADERS, service, unchecked_event, user

FAN = "user123"
KEY = {"PK": "fan:user123", "SK": "invitation#spring"}
INVITED = {"campaignId": "spring", "globalUserId": FAN, "invitedBy": "staff1"}
ENVIRON = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "made-up",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "PRESALE_TABLE": "presale",
    "PRESALE_PARTNER_URL": "https://partner.example",
}


class Partner:
    """Stands in for the partner."""

    def __init__(self, status: int, body: bytes) -> None:
        """Say what it answers."""
        self._answer = urllib3.HTTPResponse(body, status=status)
        self.asked: list[str] = []

    def request(self, method: str, url: str) -> urllib3.HTTPResponse:
        """Answer."""
        self.asked.append(f"{method} {url}")
        return self._answer


class Presale:
    """The module, with stand-ins for all that it calls."""

    def __init__(self, module: Any, closing: ExitStack) -> None:  # noqa: ANN401  # of no type
        """Put them in place."""
        self._module = module
        self._patched = closing.enter_context(pytest.MonkeyPatch.context())
        self.table = closing.enter_context(Stubber(module.presale_table.meta.client))
        self.functions = closing.enter_context(Stubber(module.functions))

    def item(self, sk: str, item: Mapping[str, object] | None) -> None:
        """Queue an item of the fan, which the table is asked for next."""
        asked = {"TableName": "presale", "Key": {"PK": f"fan:{FAN}", "SK": sk}}
        found = {} if item is None else {"Item": item}
        self.table.add_response("get_item", found, asked)

    def crm(self, document: object, error: Mapping[str, str] | None = None) -> None:
        """Queue an answer of the CRM."""
        body = json.dumps(document).encode()
        request = {"operation": "attended", "arguments": {"globalUserId": FAN}}
        self.functions.add_response(
            "invoke",
            {"Payload": StreamingBody(BytesIO(body), len(body)), **(error or {})},
            {"FunctionName": "crm_proxy", "Payload": json.dumps(request)},
        )

    def partner(self, status: int, body: bytes = b"") -> Partner:
        """Put a partner in place."""
        partner = Partner(status, body)
        self._patched.setattr(self._module, "partner", partner)
        return partner

    def ask(self, event: object) -> object:
        """Ask, and check that everything queued was asked for."""
        answered: object = self._module.handler(event, None)
        self.table.assert_no_pending_responses()
        self.functions.assert_no_pending_responses()
        return answered


@pytest.fixture(scope="module")
def module() -> Iterator[ModuleType]:
    """Import the module in its environment."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in ENVIRON.items():
            patched.setenv(name, value)
        sys.modules.pop("benchmarks.own_api.ordinary", None)
        yield import_module("benchmarks.own_api.ordinary")


@pytest.fixture
def presale(module: ModuleType) -> Iterator[Presale]:
    """Lend the module with stand-ins."""
    with ExitStack() as closing:
        yield Presale(module, closing)


def group_event() -> object:
    """Make the event that asks for the fan's group, as the fan."""
    return unchecked_event("VFApi.presaleGroup", {"campaignId": "spring"}, user(FAN))


def invite_event(
    who: Mapping[str, object] | None, headers: Mapping[str, object] | None = None
) -> object:
    """Make the event that invites the fan."""
    given = {"input": {"campaignId": "spring", "globalUserId": FAN}}
    return unchecked_event("Mutation.presaleInvite", given, who, headers=headers)


def group(tier: str, reasons: Sequence[str]) -> Mapping[str, object]:
    """Make an answer."""
    return {"campaignId": "spring", "group": tier, "reasons": reasons}


@pytest.mark.parametrize(
    ("points", "shows", "card", "tier", "reasons"),
    [
        (None, 0, False, "GENERAL", []),
        (999, 2, False, "GENERAL", []),
        (1_000, 0, False, "SECOND", ["LOYAL"]),
        (None, 3, True, "FIRST", ["SHOWS_ATTENDED", "PARTNER_CARD"]),
        (5_000, 9, True, "FIRST", ["LOYAL", "SHOWS_ATTENDED", "PARTNER_CARD"]),
    ],
)
def test_the_more_speaks_for_a_fan_the_earlier(
    presale: Presale,
    points: int | None,
    shows: int,
    card: bool,
    tier: str,
    reasons: list[str],
) -> None:
    """Points, shows and the partner's card each move a fan up by one group."""
    presale.item("invitation#spring", None)
    presale.item("loyalty", None if points is None else {"points": {"N": str(points)}})
    presale.crm({"data": {"shows": shows}})
    presale.partner(200, json.dumps({"active": card}).encode())
    assert presale.ask(group_event()) == group(tier, reasons)


def test_an_invitation_is_enough(presale: Presale) -> None:
    """Whoever is invited buys first, whatever else is known."""
    presale.item("invitation#spring", {name: {"S": value} for name, value in INVITED.items()})
    assert presale.ask(group_event()) == group("FIRST", ["INVITED"])


def test_other_systems_may_be_down(presale: Presale) -> None:
    """Without the CRM and the partner, the fan's own points decide."""
    presale.item("invitation#spring", None)
    presale.item("loyalty", {"points": {"N": "1000"}})
    presale.crm({"errorMessage": "no"}, {"FunctionError": "Unhandled"})
    presale.partner(500)
    assert presale.ask(group_event()) == group("SECOND", ["LOYAL"])


@pytest.mark.parametrize(
    ("status", "body", "reasons"),
    [
        (200, b'{"active": true, "since": 2019}', ["PARTNER_CARD"]),
        (200, b'{"active": false}', []),
        (200, b'{"active": "yes"}', []),
        (404, b"", []),
    ],
)
def test_who_has_a_card(presale: Presale, status: int, body: bytes, reasons: list[str]) -> None:
    """The partner says who has a card; a fan that it does not know has none."""
    presale.item("invitation#spring", None)
    presale.item("loyalty", None)
    presale.crm({"data": {"shows": 0}})
    partner = presale.partner(status, body)
    tier = "SECOND" if reasons else "GENERAL"
    assert presale.ask(group_event()) == group(tier, reasons)
    assert partner.asked == ["GET https://partner.example/cards/user123"]


def test_the_staff_invites(presale: Presale) -> None:
    """A member of the staff invites a fan, and is named in the invitation."""
    put = {
        "TableName": "presale",
        "Item": {**KEY, **INVITED},
        "ConditionExpression": "attribute_not_exists(PK)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    presale.table.add_response("put_item", {}, put)
    assert presale.ask(invite_event(user("staff1", ["staff"]))) == INVITED


def test_an_invitation_stays(presale: Presale) -> None:
    """A second invitation changes nothing: the first one is the answer."""
    presale.table.add_client_error(
        "put_item",
        "ConditionalCheckFailedException",
        modeled_fields={"Item": {name: {"S": value} for name, value in INVITED.items()}},
    )
    assert presale.ask(invite_event(user("staff2", ["staff"]))) == INVITED


@pytest.mark.parametrize(
    ("who", "headers", "error_type"),
    [
        (user(FAN), {}, "403"),
        (user(FAN, ["fans"]), {}, "403"),
        (service(), {}, "401"),
        (None, API_KEY_HEADERS, "401"),
    ],
)
def test_nobody_else_invites(
    presale: Presale,
    who: Mapping[str, object] | None,
    headers: Mapping[str, object],
    error_type: str,
) -> None:
    """Another user is refused with 403, and whoever is no user with 401; nothing is asked."""
    with pytest.raises(Exception, match=r"^(log in first|only the staff may do this)$") as raised:
        presale.ask(invite_event(who, headers))
    assert raised.typename == error_type
