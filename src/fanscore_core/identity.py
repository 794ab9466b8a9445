"""What is known of a fan across systems."""

from __future__ import annotations

import attrs

from fanscore_core.ids import MemberId, valid_optional_id
from fanscore_core.scoring import StoredScore


@attrs.frozen
class Identity:
    """A fan's identity record.

    Attributes:
        member_id: the fan's id in the account system.
        score: the score kept with the identity, if any.
    """

    member_id: MemberId | None = attrs.field(default=None, validator=valid_optional_id)
    score: StoredScore | None = None
