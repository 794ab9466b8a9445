"""The fields of examples/presale the ordinary way: Powertools' resolver, boto3 and urllib3.

One system is asked after the other.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import boto3
import urllib3
from aws_lambda_powertools.event_handler import AppSyncResolver
from aws_lambda_powertools.utilities.data_classes import AppSyncResolverEvent
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

MANY_POINTS = 1_000
SOME_SHOWS = 3
TIERS = ("GENERAL", "SECOND", "FIRST", "FIRST")

logger = logging.getLogger(__name__)
app = AppSyncResolver()  # type: ignore[no-untyped-call]  # its own types lack this one

config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 3})
presale_table = boto3.resource("dynamodb", config=config).Table(os.environ["PRESALE_TABLE"])
functions = boto3.client("lambda", config=config)
partner = urllib3.PoolManager(
    timeout=2.0,
    retries=urllib3.Retry(
        total=2,
        backoff_factor=0.1,
        status_forcelist=(429, 500, 502, 503, 504),
        raise_on_status=False,
        redirect=False,
    ),
)


class FieldError(Exception):
    """What a client is shown: AppSync's errorType, a code, and a message for people."""

    def __init__(self, error_type: str, code: str, message: str) -> None:
        """Say which."""
        super().__init__(message)
        self.error_type = error_type
        self.code = code


@app.resolver(type_name="VFApi", field_name="presaleGroup")
def presale_group(campaignId: str) -> Mapping[str, object]:  # noqa: N803  # the API's
    """Answer a single event."""
    return group_of(user_of(app.current_event), campaignId)


@app.batch_resolver(type_name="VFApi", field_name="presaleGroup", aggregate=False)
def presale_groups(event: AppSyncResolverEvent, campaignId: str) -> Mapping[str, object]:  # noqa: N803  # the API's
    """Answer one event of a batch, or say what is wrong with it."""
    try:
        return {"data": group_of(user_of(event), campaignId)}
    except FieldError as error:
        return {
            "data": None,
            "errorMessage": str(error),
            "errorType": error.error_type,
            "errorInfo": {"code": error.code},
        }


@app.resolver(type_name="Mutation", field_name="presaleInvite")
def presale_invite(input: Mapping[str, str]) -> Mapping[str, object]:  # noqa: A002  # the API's
    """Invite a fan; an invitation that is there already stays as it is."""
    staff = staff_of(app.current_event)
    invitation = {
        "campaignId": valid_id(input["campaignId"]),
        "globalUserId": valid_id(input["globalUserId"]),
        "invitedBy": staff,
    }
    key = {"PK": f"fan:{input['globalUserId']}", "SK": f"invitation#{input['campaignId']}"}
    try:
        presale_table.put_item(
            Item={**key, **invitation},
            ConditionExpression="attribute_not_exists(PK)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except presale_table.meta.client.exceptions.ConditionalCheckFailedException as error:
        stored = error.response["Item"]  # as DynamoDB has it: the resource converts no errors
        return {name: stored[name]["S"] for name in invitation}
    except (BotoCoreError, ClientError) as error:
        raise unavailable(type(error).__name__) from error
    return invitation


def handler(event: Any, context: Any) -> Any:  # noqa: ANN401  # as Powertools has it
    """Answer AppSync; it takes the name of an exception's class for the errorType."""
    try:
        return app.resolve(event, context)
    except FieldError as error:
        named = type(error.error_type, (Exception,), {})
        raise named(str(error)) from None


def staff_of(event: Any) -> str:  # noqa: ANN401  # Powertools says it may be missing
    """Return the id of the member of the staff who calls."""
    staff = user_of(event)
    if "staff" not in (event["identity"].get("groups") or ()):
        raise FieldError("403", "NOT_ALLOWED", "only the staff may do this")
    return staff


def user_of(event: Any) -> str:  # noqa: ANN401  # (the same)
    """Return the id of the Cognito user who calls."""
    match event["identity"]:
        case {"sub": str(sub), "username": _}:
            return valid_id(sub)
        case None | {"userArn": _}:
            raise FieldError("401", "NOT_LOGGED_IN", "log in first")
        case _:
            raise FieldError("403", "NOT_ALLOWED", "only Cognito users may do this")


def valid_id(text: str) -> str:
    """Check an id."""
    if not 0 < len(text) <= 128 or not text.isprintable() or text != text.strip():
        raise FieldError("400", "INVALID_ID", "expected 1 to 128 printable characters")
    return text


def group_of(fan: str, campaign: str) -> Mapping[str, object]:
    """Tell when a fan may buy, and why."""
    if item(fan, f"invitation#{valid_id(campaign)}"):
        return {"campaignId": campaign, "group": "FIRST", "reasons": ["INVITED"]}
    return tier(campaign, is_loyal(fan), has_seen_shows(fan), has_card(fan))


def tier(campaign: str, *found: str | None) -> Mapping[str, object]:
    """Decide: the more speaks for a fan, the earlier they may buy."""
    reasons: Sequence[str] = [code for code in found if code]
    return {"campaignId": campaign, "group": TIERS[len(reasons)], "reasons": reasons}


def item(fan: str, sk: str) -> Any:  # noqa: ANN401  # boto3 has no types
    """Get an item of a fan, if it is there."""
    try:
        return presale_table.get_item(Key={"PK": f"fan:{fan}", "SK": sk}).get("Item")
    except (BotoCoreError, ClientError) as error:
        raise unavailable(type(error).__name__) from error


def unavailable(reason: object) -> FieldError:
    """Make the error of a table that does not answer."""
    logger.warning("presale_table: %s", reason)
    return FieldError("503", "UNAVAILABLE", "presale_table is not available")


def is_loyal(fan: str) -> str | None:
    """Read the fan's points."""
    match item(fan, "loyalty"):
        case None:
            return None
        case {"points": Decimal() as points} if points >= 0 and points % 1 == 0:
            return "LOYAL" if points >= MANY_POINTS else None
        case _:
            raise unavailable("malformed")


def has_seen_shows(fan: str) -> str | None:
    """Ask the CRM, and go on without it."""
    request = {"operation": "attended", "arguments": {"globalUserId": fan}}
    try:
        answer = functions.invoke(
            FunctionName=os.environ.get("CRM_PROXY", "crm_proxy"), Payload=json.dumps(request)
        )
        has_seen = json.loads(answer["Payload"].read())["data"]["shows"] >= SOME_SHOWS
    except (BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
        logger.warning("crm_proxy: %s", type(error).__name__)
        return None
    return "SHOWS_ATTENDED" if has_seen else None


def has_card(fan: str) -> str | None:
    """Ask the partner, and go on without it."""
    url = f"{os.environ['PRESALE_PARTNER_URL']}/cards/{quote(fan, safe='')}"
    try:
        answer = partner.request("GET", url)
        is_active = answer.status == 200 and answer.json()["active"] is True
    except (urllib3.exceptions.HTTPError, KeyError, TypeError, ValueError) as error:
        logger.warning("partner: %s", type(error).__name__)
        return None
    return "PARTNER_CARD" if is_active else None
