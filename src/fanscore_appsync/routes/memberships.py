"""Memberships of LNAA."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fanscore_appsync.fields import LOGIN, Field
from fanscore_core.pipelines import memberships


@attrs.frozen
class NoArguments:
    """The field takes none."""


ROWS: Mapping[str, Field] = {
    "VFApi.lnaaMembership": Field(
        LOGIN,
        NoArguments,
        memberships.lnaa_membership,
        lambda _, call: memberships.MembershipArgs(call.user),
    ),
    "Mutation.lnaaActivate": Field(
        LOGIN,
        NoArguments,
        memberships.lnaa_activate,
        lambda _, call: memberships.ActivationArgs(call.user, call.request_id),
        request_id=lambda _: None,
    ),
}
