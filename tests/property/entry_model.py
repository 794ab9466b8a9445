"""An entry as a list of all events that there ever were: what the merge is held against.

What shows of a field is what the newest event says that says it, among those after the newest
withdrawal; what comes from the account shows where no event says another. Nothing is forgotten,
so nothing can be merged wrongly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from fanscore_adapters.documents.converter import date_time_text
from fanscore_core.canonical import canonical_json
from fanscore_core.user_events import AnyUserEvent, UserEvent, UserWithdrawal

FIELDS = ("email", "phoneNumber", "locale", "attributes")


def first_of_each_id(events: Iterable[AnyUserEvent]) -> Sequence[AnyUserEvent]:
    """Leave out what has the id of an event before it: a client tried again."""
    first: dict[str, AnyUserEvent] = {}
    for event in events:
        first.setdefault(event.id, event)
    return tuple(first.values())


def shown_entry(events: Iterable[AnyUserEvent]) -> Mapping[str, object] | None:
    """Say what the API shows of an entry, but for its version; ``None`` if the fan withdrew.

    Args:
        events: of one fan and campaign, each with an id of its own, in any order.
    """
    in_time = sorted(events, key=lambda event: (event.occurred_at, event.id))
    entered = [event for event in in_time if isinstance(event, UserEvent)]
    withdrawn = [index for index, each in enumerate(in_time) if isinstance(each, UserWithdrawal)]
    since = in_time[withdrawn[-1] + 1 :] if withdrawn else in_time
    counting = [event for event in since if isinstance(event, UserEvent)]
    if not counting:
        return None
    return {
        "campaignId": counting[0].campaign_id,
        "fanId": counting[0].global_user_id,
        **{name: _shown(name, counting) for name in FIELDS},
        "requestedAt": date_time_text(entered[0].occurred_at),
        "updatedAt": date_time_text(in_time[-1].occurred_at),
    }


def _shown(name: str, oldest_first: Sequence[UserEvent]) -> str | None:
    values = [(name in (event.defaulted or ()), _values(event)[name]) for event in oldest_first]
    said = [value for is_default, value in values if value is not None and not is_default]
    defaults = [value for is_default, value in values if value is not None and is_default]
    shown = said or defaults
    return shown[-1] if shown else None


def _values(event: UserEvent) -> Mapping[str, str | None]:
    attributes = event.attributes and canonical_json(json.loads(event.attributes))
    values = (event.email, event.phone_number, event.locale, attributes)
    return dict(zip(FIELDS, values, strict=True))
