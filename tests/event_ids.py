"""The ids of the events that are published, as docs/reference/events.md says how to make them."""

from __future__ import annotations

from fanscore_core.canonical import digest_of, stable_id
from fanscore_core.ids import GlobalUserId, RequestId


def entry_id(fan: str, request: str, campaign: str = "camp1", **said: str | None) -> str:
    """Make the id of the event of an entry.

    Args:
        fan: who enters.
        request: the id of the client's request.
        campaign: what is entered.
        said: what the client said, as in the API; ``attributes`` as canonical JSON.
    """
    nothing = dict.fromkeys(("email", "phoneNumber", "locale", "attributes"))
    given = digest_of({**nothing, **said})
    return stable_id("upsertEntry", GlobalUserId(fan), RequestId(request), campaign, given)


def withdrawal_id(fan: str, request: str, campaign: str = "camp1") -> str:
    """Make the id of the event of a withdrawal."""
    given = digest_of({})
    return stable_id("entryWithdraw", GlobalUserId(fan), RequestId(request), campaign, given)
