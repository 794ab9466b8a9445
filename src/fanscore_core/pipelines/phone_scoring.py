"""The field ``phoneScore``."""

from __future__ import annotations

import attrs

from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, NoStash, step
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.phone_scoring import PhoneNumberScore, PhoneScore
from fanscore_core.scalars import PhoneNumber, e164


@attrs.frozen
class PhoneScoreArgs:
    """Which number, and for which fan, if one asks.

    However a number is spelled, its arguments and the question about it are equal.
    """

    phone_number: PhoneNumber = attrs.field(converter=e164, repr=False)
    caller: GlobalUserId | None


@step("getUpdatedPhoneScore")
async def get_updated_phone_score(ctx: Context[PhoneScoreArgs, NoStash]) -> PhoneScore:
    """Ask how risky a phone number is."""
    return await PhoneNumberScore(ctx.args.phone_number, ctx.args.caller)


phone_score = pipeline("phoneScore", NoStash, (get_updated_phone_score,))
