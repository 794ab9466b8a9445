"""One call of one field, as its pipeline's arguments are made from it."""

from __future__ import annotations

from datetime import datetime

import attrs

from fanscore_appsync.authorization import Caller
from fanscore_appsync.wire import Request
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId, RequestId
from fanscore_core.policy import ScorePolicy


@attrs.frozen
class Invocation:
    """What a pipeline's arguments are made from, besides those that GraphQL gives.

    Attributes:
        request: what AppSync sent.
        caller: who calls.
        request_id: of the request, as the client gave it or minted for it.
        now: the time, with offset.
        policy: decides scores.
    """

    request: Request
    caller: Caller
    request_id: RequestId
    now: datetime
    policy: ScorePolicy

    @property
    def user(self) -> GlobalUserId:
        """The caller, of a field that only users may call."""
        assert self.caller.sub is not None  # noqa: S101  # authorization has seen to it
        return self.caller.sub

    def fan(self, named: GlobalUserId | None) -> GlobalUserId:
        """Return whose data a field is about that users call for their own, services for any fan.

        Args:
            named: the fan that a service names; a user names none.

        Raises:
            InvalidInput: a service names none.
        """
        fan = self.caller.sub or named
        if fan is None:
            raise InvalidInput("arguments.globalUserId", "required of a service")
        return fan

    @property
    def authorization(self) -> str | None:
        """The request's ``Authorization`` header. Never logged."""
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        value = headers.get("authorization")
        return value if isinstance(value, str) else None
