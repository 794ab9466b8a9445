"""The pipelines: for each field of the API its steps, and the arguments that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fanscore_core.lazy_face import lazy_face

if TYPE_CHECKING:
    from fanscore_core.pipelines.account_scoring import (
        AccountFanscoreArgs,
        AccountFanscoreStash,
        account_fanscore,
    )
    from fanscore_core.pipelines.campaigns import (
        CampaignArgs,
        EligibilityArgs,
        campaign,
        eligibility,
    )
    from fanscore_core.pipelines.consumers import CONSUMERS, ConsumeArgs
    from fanscore_core.pipelines.decision_receipts import DecisionReceiptArgs, newest_receipt
    from fanscore_core.pipelines.demand_record import (
        DemandChangeArgs,
        DemandRecordResult,
        demand_record_delete,
        demand_record_save,
    )
    from fanscore_core.pipelines.demand_records import RecordsArgs, records
    from fanscore_core.pipelines.entries import (
        EntryWithdrawArgs,
        UpsertEntryArgs,
        entry_withdraw,
        upsert_entry,
    )
    from fanscore_core.pipelines.entry_records import EntriesArgs, fan_entries
    from fanscore_core.pipelines.events import EventDetailsArgs, event_details
    from fanscore_core.pipelines.liveness_checks import (
        CheckLivenessArgs,
        LivenessSessionArgs,
        check_liveness,
        liveness_session,
    )
    from fanscore_core.pipelines.memberships import (
        ActivationArgs,
        MembershipArgs,
        lnaa_activate,
        lnaa_membership,
    )
    from fanscore_core.pipelines.phone_scoring import PhoneScoreArgs, phone_score
    from fanscore_core.pipelines.receipts import receipt_of
else:
    __getattr__, __dir__ = lazy_face(
        __name__,
        {
            "account_scoring": ("AccountFanscoreArgs", "AccountFanscoreStash", "account_fanscore"),
            "campaigns": ("CampaignArgs", "EligibilityArgs", "campaign", "eligibility"),
            "consumers": ("CONSUMERS", "ConsumeArgs"),
            "decision_receipts": ("DecisionReceiptArgs", "newest_receipt"),
            "demand_record": (
                "DemandChangeArgs",
                "DemandRecordResult",
                "demand_record_delete",
                "demand_record_save",
            ),
            "demand_records": ("RecordsArgs", "records"),
            "entries": (
                "EntryWithdrawArgs",
                "UpsertEntryArgs",
                "entry_withdraw",
                "upsert_entry",
            ),
            "entry_records": ("EntriesArgs", "fan_entries"),
            "events": ("EventDetailsArgs", "event_details"),
            "liveness_checks": (
                "CheckLivenessArgs",
                "LivenessSessionArgs",
                "check_liveness",
                "liveness_session",
            ),
            "memberships": ("ActivationArgs", "MembershipArgs", "lnaa_activate", "lnaa_membership"),
            "phone_scoring": ("PhoneScoreArgs", "phone_score"),
            "receipts": ("receipt_of",),
        },
    )

__all__ = [
    "CONSUMERS",
    "AccountFanscoreArgs",
    "AccountFanscoreStash",
    "ActivationArgs",
    "CampaignArgs",
    "CheckLivenessArgs",
    "ConsumeArgs",
    "DecisionReceiptArgs",
    "DemandChangeArgs",
    "DemandRecordResult",
    "EligibilityArgs",
    "EntriesArgs",
    "EntryWithdrawArgs",
    "EventDetailsArgs",
    "LivenessSessionArgs",
    "MembershipArgs",
    "PhoneScoreArgs",
    "RecordsArgs",
    "UpsertEntryArgs",
    "account_fanscore",
    "campaign",
    "check_liveness",
    "demand_record_delete",
    "demand_record_save",
    "eligibility",
    "entry_withdraw",
    "event_details",
    "fan_entries",
    "liveness_session",
    "lnaa_activate",
    "lnaa_membership",
    "newest_receipt",
    "phone_score",
    "receipt_of",
    "records",
    "upsert_entry",
]
