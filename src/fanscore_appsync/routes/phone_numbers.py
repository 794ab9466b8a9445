"""How risky a phone number is."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fanscore_appsync.fields import LOGIN_OR_SERVICE, Field
from fanscore_core.pipelines.phone_scoring import PhoneScoreArgs, phone_score
from fanscore_core.scalars import PhoneNumber


@attrs.frozen
class PhoneScoreArguments:
    """``VFApi.phoneScore``."""

    phone_number: PhoneNumber


ROWS: Mapping[str, Field] = {
    "VFApi.phoneScore": Field(
        LOGIN_OR_SERVICE,
        PhoneScoreArguments,
        phone_score,
        lambda asked, call: PhoneScoreArgs(asked.phone_number, call.caller.sub),
    ),
}
