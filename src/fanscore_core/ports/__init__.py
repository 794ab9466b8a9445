"""The questions that pipelines ask, and the values that answer them: a module for each system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fanscore_core.lazy_face import lazy_face

if TYPE_CHECKING:
    from fanscore_core.ports.account_fanscore import AccountScore
    from fanscore_core.ports.account_service import AccountInfo, UserInfo
    from fanscore_core.ports.arm_scoring import ArmScore, ArmScores
    from fanscore_core.ports.campaign_service import (
        Campaign,
        CampaignById,
        CampaignStatus,
        Eligibility,
    )
    from fanscore_core.ports.consumers import (
        ConsumerMark,
        ErasedMark,
        FanProfile,
        Post,
        PostNotification,
        PostSync,
        PutMark,
        PutProfile,
    )
    from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
    from fanscore_core.ports.demand_records import (
        DemandRecords,
        DemandRecordsPage,
        DemandSaleRecord,
        PutDemandRecord,
    )
    from fanscore_core.ports.eligibility_service import FanEligibility
    from fanscore_core.ports.entries import EntriesPage, FanEntry, PutEntry
    from fanscore_core.ports.event_bus import PublishUserEvent
    from fanscore_core.ports.event_details import EventById, EventDetails, Sale, Venue
    from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
    from fanscore_core.ports.idv_check_liveness import LivenessResult, StartLivenessSession
    from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
    from fanscore_core.ports.lnaa import NO_MEMBER, ActivateMembership, LnaaMembership, Membership
    from fanscore_core.ports.phone_scoring import PhoneNumberScore, PhoneScore, RiskRecommendation
    from fanscore_core.ports.put_outcome import PutOutcome
    from fanscore_core.ports.receipts import FanReceipts, NewestReceipt, PutReceipt
    from fanscore_core.ports.verification import (
        FinishLivenessSession,
        LastLivenessSession,
        PutLivenessSession,
        StoredLivenessSession,
    )
else:
    __getattr__, __dir__ = lazy_face(
        __name__,
        {
            "account_fanscore": ("AccountScore",),
            "account_service": ("AccountInfo", "UserInfo"),
            "arm_scoring": ("ArmScore", "ArmScores"),
            "campaign_service": ("Campaign", "CampaignById", "CampaignStatus", "Eligibility"),
            "consumers": (
                "ConsumerMark",
                "ErasedMark",
                "FanProfile",
                "Post",
                "PostNotification",
                "PostSync",
                "PutMark",
                "PutProfile",
            ),
            "demand": ("DiscoEventId", "EventDemandCount"),
            "demand_records": (
                "DemandRecords",
                "DemandRecordsPage",
                "DemandSaleRecord",
                "PutDemandRecord",
            ),
            "eligibility_service": ("FanEligibility",),
            "entries": ("EntriesPage", "FanEntry", "PutEntry"),
            "event_bus": ("PublishUserEvent",),
            "event_details": ("EventById", "EventDetails", "Sale", "Venue"),
            "fan_identity": ("BotOrNot", "BotOrNotCursor", "FanIdentity", "Identity"),
            "idv_check_liveness": ("LivenessResult", "StartLivenessSession"),
            "liveness_vendor": ("CreateVendorSession", "VendorSessionResult"),
            "lnaa": ("ActivateMembership", "LnaaMembership", "Membership", "NO_MEMBER"),
            "phone_scoring": ("PhoneNumberScore", "PhoneScore", "RiskRecommendation"),
            "put_outcome": ("PutOutcome",),
            "receipts": ("FanReceipts", "NewestReceipt", "PutReceipt"),
            "verification": (
                "FinishLivenessSession",
                "LastLivenessSession",
                "PutLivenessSession",
                "StoredLivenessSession",
            ),
        },
    )

__all__ = [
    "NO_MEMBER",
    "AccountInfo",
    "AccountScore",
    "ActivateMembership",
    "ArmScore",
    "ArmScores",
    "BotOrNot",
    "BotOrNotCursor",
    "Campaign",
    "CampaignById",
    "CampaignStatus",
    "ConsumerMark",
    "CreateVendorSession",
    "DemandRecords",
    "DemandRecordsPage",
    "DemandSaleRecord",
    "DiscoEventId",
    "Eligibility",
    "EntriesPage",
    "ErasedMark",
    "EventById",
    "EventDemandCount",
    "EventDetails",
    "FanEligibility",
    "FanEntry",
    "FanIdentity",
    "FanProfile",
    "FanReceipts",
    "FinishLivenessSession",
    "Identity",
    "LastLivenessSession",
    "LivenessResult",
    "LnaaMembership",
    "Membership",
    "NewestReceipt",
    "PhoneNumberScore",
    "PhoneScore",
    "Post",
    "PostNotification",
    "PostSync",
    "PublishUserEvent",
    "PutDemandRecord",
    "PutEntry",
    "PutLivenessSession",
    "PutMark",
    "PutOutcome",
    "PutProfile",
    "PutReceipt",
    "RiskRecommendation",
    "Sale",
    "StartLivenessSession",
    "StoredLivenessSession",
    "UserInfo",
    "VendorSessionResult",
    "Venue",
]
