"""How risky a phone number is."""

from __future__ import annotations

from collections.abc import Sequence

from fanscore_adapters.documents.converter import read_as
from fanscore_adapters.documents.proxies import ProxyCall
from fanscore_core.ports.phone_scoring import PhoneNumberScore, PhoneScore
from fanscore_core.systems import GET_UPDATED_PHONESCORE

ROWS: Sequence[ProxyCall] = (
    ProxyCall(
        PhoneNumberScore,
        GET_UPDATED_PHONESCORE,
        "phoneScore",
        lambda asked: {
            "phoneNumber": asked.phone_number,
            "globalUserId": asked.global_user_id,
        },
        read_as(PhoneScore),
    ),
)
