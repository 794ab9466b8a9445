"""The systems that are asked, by the names that the architecture has for them.

Whoever names a system says it from here: declarations, settings, errors, traces
(docs/explanation/architecture.md). What a table or function is called in an account is a setting.
"""

from __future__ import annotations

FAN_IDENTITY = "fan_identity_table"
ACCOUNT_FANSCORE = "account_fanscore_table"
VERIFICATION = "verification_table"
DEMAND = "demand_table"

TABLES = (FAN_IDENTITY, ACCOUNT_FANSCORE, VERIFICATION, DEMAND)
"""The tables."""

PROXY_CAMPAIGN_SERVICE = "proxy_campaign_service"
PROXY_TM_ACCOUNT_SERVICE = "proxy_tm_account_service"
ARM_SCORING = "arm_scoring"
IDV_CHECK_LIVENESS = "idv_check_liveness"
GET_UPDATED_PHONESCORE = "get_updated_phonescore"
CHECK_ELIGIBILITY = "check_eligibility"
EVENT_DETAILS = "event_details"

FUNCTIONS = (
    PROXY_CAMPAIGN_SERVICE,
    PROXY_TM_ACCOUNT_SERVICE,
    ARM_SCORING,
    IDV_CHECK_LIVENESS,
    GET_UPDATED_PHONESCORE,
    CHECK_ELIGIBILITY,
    EVENT_DETAILS,
)
"""The Lambda functions."""

UPSERT_USER = "upsert_user"
"""The event bus."""

LNAA_API = "lnaa_api"
"""The Live Nation Artists & Attractions API."""

NOTIFICATION_ENDPOINT = "notification_endpoint"
SYNC_ENDPOINT = "sync_endpoint"
"""Where the consumers of user events post to."""

REKOGNITION = "rekognition"
"""The vendor of liveness checks."""
