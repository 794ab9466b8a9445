"""A test kit: events as AppSync sends them, GraphQL in process, a check of schema and routing.

Here are the events, which need nothing installed beside the library. ``executor`` and ``routing``
need the extra ``gateway``; ``plugin`` is for pytest. Never deployed.
"""

from fanscore_appsync.testing.events import appsync_batch, appsync_event, unchecked_event
from fanscore_appsync.testing.identities import (
    API_KEY_HEADERS,
    lambda_authorized,
    oidc_user,
    pool_identity,
    service,
    user,
)
from fanscore_appsync.testing.misuse import ExtraMissing, KitMisuse

__all__ = [
    "API_KEY_HEADERS",
    "ExtraMissing",
    "KitMisuse",
    "appsync_batch",
    "appsync_event",
    "lambda_authorized",
    "oidc_user",
    "pool_identity",
    "service",
    "unchecked_event",
    "user",
]
