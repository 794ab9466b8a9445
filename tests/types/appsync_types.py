"""What the type checker must see in the rows of fields and operations. Never run; mypy checks it.

A line with ``type: ignore`` is wrong on purpose, as in ``engine_types``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fanscore_appsync.fields import API_KEY, FIELDS, Field
from fanscore_appsync.idv_app import Operation, SessionResultArguments, StartSessionArguments
from fanscore_appsync.invocation import Invocation
from fanscore_appsync.routes.campaigns import CampaignArguments
from fanscore_appsync.routes.events import EventArguments
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.pipelines.campaigns import CampaignArgs, campaign
from fanscore_core.pipelines.events import EventDetailsArgs
from fanscore_core.pipelines.idv import SessionResultArgs, StartSessionArgs, start_session
from fanscore_core.ports.campaign_service import Campaign


def of_campaign(given: CampaignArguments, _: Invocation) -> CampaignArgs:
    """Make the pipeline's arguments."""
    return CampaignArgs(given.campaign_id)


def of_event(given: EventArguments, _: Invocation) -> CampaignArgs:
    """Make them of what another field is given."""
    raise NotImplementedError


def for_event(given: CampaignArguments, _: Invocation) -> EventDetailsArgs:
    """Make the arguments of another pipeline."""
    raise NotImplementedError


def owner(_: CampaignArguments) -> GlobalUserId:
    """Say whose it is."""
    return GlobalUserId("fan")


def owner_of_event(_: EventArguments) -> GlobalUserId:
    """Say whose it is, of what another field is given."""
    return GlobalUserId("fan")


def text(_: Campaign) -> str:
    """Write the pipeline's result."""
    return ""


def text_of_event(_: EventDetailsArgs) -> str:
    """Write something else."""
    return ""


# Fields

ROWS: Mapping[str, Field] = {
    "right": Field(API_KEY, CampaignArguments, campaign, of_campaign, text, owner=owner),
    "lambdas": Field(
        API_KEY,
        CampaignArguments,
        campaign,
        lambda asked, _: CampaignArgs(asked.campaign_id),
        lambda found: found.id,
        owner=lambda _: GlobalUserId("fan"),
    ),
    "make_args of other given": Field(API_KEY, CampaignArguments, campaign, of_event),  # type: ignore[arg-type]
    "make_args for another pipeline": Field(API_KEY, CampaignArguments, campaign, for_event),  # type: ignore[arg-type]
    "an attribute that is none": Field(
        API_KEY,
        CampaignArguments,
        campaign,
        lambda asked, _: CampaignArgs(asked.event_id),  # type: ignore[attr-defined]
    ),
    "arguments of another pipeline": Field(
        API_KEY,
        CampaignArguments,
        campaign,
        lambda _, __: EventDetailsArgs(EventId("e")),  # type: ignore[arg-type, return-value]
    ),
    "write": Field(API_KEY, CampaignArguments, campaign, of_campaign, text_of_event),  # type: ignore[arg-type]
    "owner": Field(API_KEY, CampaignArguments, campaign, of_campaign, owner=owner_of_event),  # type: ignore[arg-type]
    "owner is no fan": Field(API_KEY, CampaignArguments, campaign, of_campaign, owner=lambda _: 1),  # type: ignore[arg-type, return-value]
    "given": Field(API_KEY, EventArguments, campaign, of_campaign),  # type: ignore[arg-type]
    "given is no class": Field(API_KEY, "CampaignArguments", campaign, of_campaign),  # type: ignore[arg-type]
    "patterns": Field({"API_KEY"}, CampaignArguments, campaign, of_campaign),  # type: ignore[arg-type]
}
"""Written inline: each row is checked for itself."""


def rows() -> None:
    """A row made on its own is checked as well; a mapping holds fields and nothing else."""
    Field(API_KEY, CampaignArguments, campaign, of_event)  # type: ignore[arg-type]
    table: Mapping[str, Field] = {**FIELDS, "none": campaign}  # type: ignore[dict-item]
    del table


def start(given: StartSessionArguments, now: datetime) -> StartSessionArgs:
    """Make the arguments of the pipeline."""
    return StartSessionArgs(given.global_user_id, given.token, now)


# Operations

OPERATIONS: Mapping[str, Operation] = {
    "right": Operation(
        StartSessionArguments,
        start_session,
        lambda given, now: StartSessionArgs(given.global_user_id, given.token, now),
    ),
    "make_args": Operation(
        StartSessionArguments,
        start_session,
        lambda given, now: SessionResultArgs(given.global_user_id, given.session_id, now),  # type: ignore[arg-type, attr-defined, return-value]
    ),
    "given": Operation(SessionResultArguments, start_session, start),  # type: ignore[arg-type]
    "result": Operation(
        CampaignArguments,
        campaign,  # type: ignore[arg-type]
        lambda given, _: CampaignArgs(given.campaign_id),
    ),
}
