"""LNAA's memberships, as its stand-in answers for them. The real LNAA is asked over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from fanscore_adapters.documents.converter import read_as
from fanscore_adapters.documents.proxies import NOT_FOUND, ProxyCall
from fanscore_core.ports.lnaa import NO_MEMBER, ActivateMembership, LnaaMembership, Membership
from fanscore_core.systems import LNAA_API

ROWS: Sequence[ProxyCall] = (
    ProxyCall(
        Membership,
        LNAA_API,
        "membership",
        lambda asked: {"globalUserId": asked.global_user_id},
        read_as(LnaaMembership),
        {NOT_FOUND: NO_MEMBER},
    ),
    ProxyCall(
        ActivateMembership,
        LNAA_API,
        "activation",
        lambda asked: {"globalUserId": asked.global_user_id},
        read_as(LnaaMembership),
    ),
)
