"""Questions to ``account_fanscore_table``: the scores of accounts."""

from __future__ import annotations

import attrs

from fanscore_core.engine.question import Query
from fanscore_core.findings import StoredScore
from fanscore_core.ids import MemberId, valid_id


@attrs.frozen
class AccountScore(Query[StoredScore | None]):
    """The score of an account; ``None`` if it has none."""

    member_id: MemberId = attrs.field(validator=valid_id)
