"""Whose data a call is about."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fanscore_appsync.authorization import Caller, CallerKind
from fanscore_appsync.invocation import Invocation
from fanscore_appsync.wire import Request
from fanscore_core.errors import InvalidInput, NotLoggedIn
from fanscore_core.ids import GlobalUserId, RequestId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook

FAN = GlobalUserId("fan1")
OTHER = GlobalUserId("fan2")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def call_by(kind: CallerKind, sub: GlobalUserId | None = None) -> Invocation:
    """Make a call by somebody."""
    request = Request("VFApi.own", {}, None, {}, {})
    book = PolicyBook(DEFAULT_POLICY)
    return Invocation(request, Caller(kind, sub), RequestId("request-1"), NOW, book)


def test_a_users_fan_is_the_user() -> None:
    """A user calls for their own data, whomever they name."""
    call = call_by(CallerKind.USER, FAN)
    assert (call.user, call.fan(None), call.fan(OTHER)) == (FAN, FAN, FAN)


def test_a_services_fan_is_named() -> None:
    """A service says for which fan it calls, and is no user."""
    call = call_by(CallerKind.SERVICE)
    assert call.fan(OTHER) == OTHER
    with pytest.raises(InvalidInput, match=r"^arguments\.globalUserId: required of a service$"):
        call.fan(None)
    with pytest.raises(NotLoggedIn):
        _ = call.user


@pytest.mark.parametrize(
    "kind", sorted({*CallerKind} - {CallerKind.USER, CallerKind.SERVICE}, key=str)
)
def test_nobody_else_names_a_fan(kind: CallerKind) -> None:
    """Whoever is neither a user nor a service, such as one with an API key, has no fan's data."""
    for named in (None, OTHER):
        with pytest.raises(NotLoggedIn):
            call_by(kind).fan(named)
