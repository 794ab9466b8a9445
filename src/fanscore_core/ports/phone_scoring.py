"""Questions to ``get_updated_phonescore``: the risk of phone numbers."""

from __future__ import annotations

import attrs

from fanscore_core.ids import GlobalUserId, valid_optional_id
from fanscore_core.phone import PhoneScore
from fanscore_core.query import Query, exactly
from fanscore_core.scalars import PhoneNumber


@attrs.frozen
class PhoneNumberScore(Query[PhoneScore]):
    """The risk of a phone number, for a fan if one asks."""

    phone_number: PhoneNumber = attrs.field(validator=exactly(str), repr=False)
    global_user_id: GlobalUserId | None = attrs.field(default=None, validator=valid_optional_id)
