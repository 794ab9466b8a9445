"""The API: ours on top of fanscore's, in one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources

import attrs

from fanscore_adapters import (
    Adapter,
    Item,
    Key,
    Lookup,
    ProxyCall,
    Put,
    Table,
    Write,
    base_url,
    if_stored,
    put_outcome,
    read_as,
)
from fanscore_appsync import API, LOGIN, Connector, Field, Invocation, Resources, group
from fanscore_core import CampaignId, GlobalUserId, InvalidInput, SignalStep
from presale import pipelines
from presale.questions import (
    CRM_PROXY,
    PARTNER_API,
    PRESALE_TABLE,
    Invitation,
    LoyaltyPoints,
    PartnerCard,
    PutInvitation,
    ShowsAttended,
    StoredInvitation,
)

PARTNER_URL = "PRESALE_PARTNER_URL"
"""The setting that says where the partner answers."""


# What GraphQL gives


@attrs.frozen
class PresaleGroupArguments:
    """The arguments of ``VFApi.presaleGroup``."""

    campaign_id: CampaignId


@attrs.frozen
class PresaleInviteInput:
    """The input of ``Mutation.presaleInvite``."""

    campaign_id: CampaignId
    global_user_id: GlobalUserId


@attrs.frozen
class PresaleInviteArguments:
    """The arguments of ``Mutation.presaleInvite``."""

    input: PresaleInviteInput


def _invitation(given: PresaleInviteArguments, call: Invocation) -> pipelines.PresaleInviteArgs:
    asked = given.input
    return pipelines.PresaleInviteArgs(
        Invitation(asked.campaign_id, asked.global_user_id, invited_by=call.user)
    )


FIELDS = {
    "VFApi.presaleGroup": Field(
        LOGIN,
        PresaleGroupArguments,
        pipelines.presale_group,
        lambda given, call: pipelines.PresaleGroupArgs(call.user, given.campaign_id),
    ),
    "Mutation.presaleInvite": Field(
        group("staff"),
        PresaleInviteArguments,
        pipelines.presale_invite,
        _invitation,
    ),
}


# A table of our own


@attrs.frozen
class _LoyaltyItem:
    points: int


def _fan_key(fan: GlobalUserId) -> str:
    return f"fan:{fan}"


def _invitation_key(fan: GlobalUserId, campaign: CampaignId) -> Key:
    return Key(_fan_key(fan), f"invitation#{campaign}")


def _points(item: Item) -> int:
    points = read_as(_LoyaltyItem, "loyalty")(item).points
    if points < 0:
        raise InvalidInput("loyalty.points", "expected 0 or more")
    return points


def _put_invitation(effect: PutInvitation) -> Sequence[Put]:
    new = effect.invitation
    key = _invitation_key(new.global_user_id, new.campaign_id)
    item = {
        "PK": key.pk,
        "SK": key.sk,
        "campaignId": new.campaign_id,
        "globalUserId": new.global_user_id,
        "invitedBy": new.invited_by,
    }
    return [Put(item, expected=None)]


_read_invitation = read_as(Invitation, "invitation")

ANSWERS = (
    Lookup(
        LoyaltyPoints,
        PRESALE_TABLE,
        lambda asked: Key(_fan_key(asked.global_user_id), "loyalty"),
        if_stored(_points),
    ),
    Lookup(
        StoredInvitation,
        PRESALE_TABLE,
        lambda asked: _invitation_key(asked.global_user_id, asked.campaign_id),
        if_stored(_read_invitation),
    ),
    Write(PutInvitation, PRESALE_TABLE, _put_invitation, put_outcome(_read_invitation)),
)


# A Lambda function of our own


@attrs.frozen
class _AttendedData:
    shows: int


SHOWS_ATTENDED = ProxyCall(
    ShowsAttended,
    CRM_PROXY,
    "attended",
    lambda asked: {"globalUserId": asked.global_user_id},
    lambda data: read_as(_AttendedData)(data).shows,
)


# The partner's system, over HTTP


def _check_partner(environ: Mapping[str, str]) -> None:
    base_url(PARTNER_URL, environ.get(PARTNER_URL, ""))


def _partner(using: Resources) -> Adapter:
    from fanscore_adapters import HttpEndpoint
    from presale.partner import TIMEOUT_S, Partner

    url = base_url(PARTNER_URL, using.environ.get(PARTNER_URL, ""))
    return Partner(url, HttpEndpoint(PARTNER_API, using.http_client(TIMEOUT_S)))


PARTNER = Connector(
    {PartnerCard: PARTNER_API},
    _partner,
    stand_in=[
        ProxyCall(
            PartnerCard,
            PARTNER_API,
            "card",
            lambda asked: {"globalUserId": asked.global_user_id},
            lambda data: data is not None,
            {404: False},
        )
    ],
    check=_check_partner,
)


def _text(name: str) -> str:
    return (resources.files("presale") / name).read_text(encoding="utf-8")


PRESALE = API.extended_by(
    schema=lambda: _text("presale.graphql"),
    fields=FIELDS,
    answers=[*ANSWERS, SHOWS_ATTENDED],
    tables=[Table(PRESALE_TABLE, fan_key=_fan_key)],
    signals=[SignalStep(pipelines.LOYALTY, pipelines.get_loyalty)],
    connectors=[PARTNER],
    sample=lambda: _text("sample.json"),
)
