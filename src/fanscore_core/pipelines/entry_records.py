"""The field ``entries``: the campaigns that a fan has entered, page by page."""

from __future__ import annotations

import attrs

from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, NoStash, step
from fanscore_core.entry_record import StoredEntry
from fanscore_core.ids import GlobalUserId
from fanscore_core.pages import ListPage, Page, PageRequest
from fanscore_core.ports.entries import EntriesPage


@attrs.frozen
class EntriesArgs:
    """Whose entries, and which page of them."""

    fan_id: GlobalUserId
    page: PageRequest


@step("getEntries")
async def get_entries(ctx: Context[EntriesArgs, NoStash]) -> ListPage[StoredEntry]:
    """Read a page of the fan's entries, without those that were withdrawn."""
    asked = ctx.args.page
    found = await EntriesPage(ctx.args.fan_id, asked.limit, asked.after)
    live = tuple(each for each in found.items if each.record.is_live)
    return ListPage(asked.list_id, Page(live, found.next))


fan_entries = pipeline("entries", NoStash, (get_entries,))
