"""A module of routes with a mistake that shows when its row is loaded."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fanscore_appsync.fields import FIELDS, Field

ROWS: Mapping[str, Field] = {
    "VFApi.own": attrs.evolve(FIELDS["VFApi.campaign"], service_only=frozenset({"memberId"}))
}
