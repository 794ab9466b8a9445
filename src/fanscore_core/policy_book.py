"""A policy book: which policy decides which event (docs/reference/score-policy.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

import attrs

from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.ids import RULE, EventId, is_id
from fanscore_core.policy import ScorePolicy


def _read_only(events: Mapping[EventId, ScorePolicy]) -> Mapping[EventId, ScorePolicy]:
    return MappingProxyType(dict(events))


@attrs.frozen
class PolicyBook:
    """A default policy, and others for the events that have one of their own.

    Attributes:
        default: decides without an event, and for every event that is not in the book.
        events: other policies, by event id. An id counts as it is asked, and is not mapped to the
            event's other one: an outage must not change which policy decides.

    Raises:
        InvalidInput: two different policies have one version, or a part is no policy (``InvalidId``
            if an event id is not valid); names its path.
    """

    default: ScorePolicy
    events: Mapping[EventId, ScorePolicy] = attrs.field(
        factory=dict, converter=_read_only, hash=False
    )

    def __attrs_post_init__(self) -> None:
        """Check what no policy can check alone."""
        _check_kind("default", self.default)
        check_event_ids(self.events)
        by_version = {self.default.version: self.default}
        for event_id, policy in self.events.items():
            where = path_of(event_id)
            _check_kind(where, policy)
            if by_version.setdefault(policy.version, policy) != policy:
                problem = "another policy of this book has this version"
                raise InvalidInput(f"{where}.version", problem)

    def policy_for(self, event_id: EventId | None) -> ScorePolicy:
        """Return the policy that decides for an event.

        Args:
            event_id: by either kind of event id, as it is asked; ``None`` without an event.
        """
        return self.default if event_id is None else self.events.get(event_id, self.default)


def as_book(policy: ScorePolicy | PolicyBook) -> PolicyBook:
    """Return a book; a plain policy is a book with a default alone."""
    return policy if isinstance(policy, PolicyBook) else PolicyBook(policy)


def valid_policy(_instance: object, attribute: attrs.Attribute[ScorePolicy], value: object) -> None:
    """Validate an attrs field that holds one policy.

    Raises:
        InvalidInput: naming the field; of a book, how to get a policy.
    """
    if isinstance(value, PolicyBook):
        problem = "expected one policy of the book: book.policy_for(event_id)"
        raise InvalidInput(attribute.name, problem)
    _check_kind(attribute.name, value)


def path_of(event_id: str) -> str:
    """Return the path of an event's policy in a book."""
    return f"events['{event_id}']"


def check_event_ids(names: Collection[object]) -> None:
    """Check the names under which a book has its policies.

    Raises:
        InvalidId: one is not a valid id.
    """
    for number, name in enumerate(names, 1):
        if not is_id(name):
            raise InvalidId("events", f"key {number} of {len(names)}: {RULE}")


def _check_kind(where: str, policy: object) -> None:
    if not isinstance(policy, ScorePolicy):
        raise InvalidInput(where, f"expected a ScorePolicy, got {type(policy).__name__}")
