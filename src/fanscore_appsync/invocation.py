"""One call of one field, as its pipeline's arguments are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from fanscore_appsync.authorization import Caller, CallerKind, frozen_object
from fanscore_appsync.wire import Request
from fanscore_core.errors import InvalidInput, NotLoggedIn
from fanscore_core.ids import GlobalUserId, RequestId
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_book import PolicyBook


@attrs.frozen
class Invocation:
    """What a pipeline's arguments are made from, besides those that GraphQL gives.

    Attributes:
        request: what AppSync sent.
        caller: who calls.
        request_id: of the request, as the client gave it or minted for it.
        now: the time, with offset.
        book: has the policy that decides a score.
    """

    request: Request
    caller: Caller
    request_id: RequestId
    now: datetime
    book: PolicyBook

    @property
    def user(self) -> GlobalUserId:
        """The caller's id, of a Cognito user: no other issuer's ``sub`` is a fan's id.

        Raises:
            NotLoggedIn: the caller is no Cognito user.
        """
        if self.caller.sub is None:
            raise NotLoggedIn
        return self.caller.sub

    def fan(self, named: GlobalUserId | None) -> GlobalUserId:
        """Return the fan whose data a field is about: a user's own, or the one a service names.

        Args:
            named: the fan that a service names; of a user it does not count.

        Raises:
            NotLoggedIn: the caller is neither a Cognito user nor a service.
            InvalidInput: a service names none.
        """
        if self.caller.kind is not CallerKind.SERVICE:
            return self.user
        if named is None:
            raise InvalidInput("arguments.globalUserId", "required of a service")
        return named

    @property
    def policy(self) -> ScorePolicy:
        """The policy where no event is asked for; ``book.policy_for`` has that of an event."""
        return self.book.default

    @property
    def headers(self) -> Mapping[str, object]:
        """The headers of the client's request, by their names in small letters. Log none of them.

        Values are strings, or tuples of strings where a header was sent several times.
        """
        return frozen_object({name.lower(): each for name, each in self.request.headers.items()})

    @property
    def selection(self) -> tuple[str, ...]:
        """The fields that the client selected, such as ``boosts/arm``."""
        return self.request.selection

    @property
    def authorization(self) -> str | None:
        """The request's ``Authorization`` header. Never logged."""
        value = self.headers.get("authorization")
        return value if isinstance(value, str) else None
