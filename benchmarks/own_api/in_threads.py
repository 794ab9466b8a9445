"""``presaleGroup`` the ordinary way, with threads: everything is asked at the same time.

Few write it so; it shows what of the difference in time is not the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.event_handler import AppSyncResolver

from benchmarks.own_api import ordinary

app = AppSyncResolver()  # type: ignore[no-untyped-call]  # its own types lack this one
pool = ThreadPoolExecutor(8)


@app.resolver(type_name="VFApi", field_name="presaleGroup")
def presale_group(campaignId: str) -> Mapping[str, object]:  # noqa: N803  # the API's
    """Ask for everything, then decide."""
    fan = ordinary.user_of(app.current_event)
    campaign = ordinary.valid_id(campaignId)
    invitation = pool.submit(ordinary.item, fan, f"invitation#{campaign}")
    asked = (ordinary.is_loyal, ordinary.has_seen_shows, ordinary.has_card)
    findings = [pool.submit(ask, fan) for ask in asked]
    if invitation.result():
        return {"campaignId": campaign, "group": "FIRST", "reasons": ["INVITED"]}
    return ordinary.tier(campaign, *(finding.result() for finding in findings))


def handler(event: Any, context: Any) -> Any:  # noqa: ANN401  # as Powertools has it
    """Answer one AppSync event."""
    return app.resolve(event, context)
