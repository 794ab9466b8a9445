"""The laws of the consumers: marks, profiles, posts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import attrs

from fanscore_adapters.documents.converter import date_time_text
from fanscore_adapters.documents.user_event import ENDPOINTS
from fanscore_adapters.items import keys
from fanscore_adapters.items.consumers import read_mark, read_profile
from fanscore_adapters.items.operations import Item
from fanscore_core.canonical import canonical_json, stable_id
from fanscore_core.consumer_mark import Consumed, Consumer, Mark, MarkStatus
from fanscore_core.ids import GlobalUserId, RequestId
from fanscore_core.merging import LEAST, Stamp
from fanscore_core.merging import Written as WrittenField
from fanscore_core.pipelines.consumers import ConsumeArgs
from fanscore_core.ports.consumers import Post
from fanscore_core.systems import FAN_IDENTITY
from fanscore_core.user_events import AnyUserEvent, UserEvent
from tests.event_ids import entry_id, withdrawal_id
from tests.simulation.law import parsed, require
from tests.simulation.requests import FANS, WITHDRAW, Request
from tests.simulation.tables import ModelTables, Written

FIELDS = ("memberId", "email", "phoneNumber", "locale", "attributes")
OF_PROFILES = (*FIELDS, "profileAt", "stamps")
"""What a consumer may write into an identity record."""

_NOT_SAID = {"campaignId", "requestId"}

LEAST_WRITTEN = WrittenField(LEAST, "")


@attrs.frozen
class ConsumerLaws:
    """Watches what consumers do.

    Attributes:
        tables: what is stored.
        claims: the owners that have claimed an event, by event and consumer.
        posts: the idempotency keys of what was posted, by event and consumer.
        profiles: the events that were written into each fan's identity record.
        scores: all scores that each fan has had; the last one is the fan's.
    """

    tables: ModelTables
    claims: dict[tuple[str, str], list[str]] = attrs.field(factory=dict)
    posts: dict[tuple[str, str], list[str]] = attrs.field(factory=dict)
    profiles: dict[GlobalUserId, list[UserEvent]] = attrs.field(factory=dict)
    scores: dict[GlobalUserId, list[int]] = attrs.field(factory=dict)

    def published(self, event: AnyUserEvent, request: Request) -> None:
        """Check that a request makes one event, however often it is tried."""
        require(event.id == _event_id(request), "all tries of a request publish one event")

    def marked(self, written: Written, args: ConsumeArgs) -> None:
        """Check that a mark goes from claimed to finished or free, by the hand that claimed it."""
        after = parsed(read_mark, written.after)
        before = None if written.before is None else read_mark(written.before)
        require(after.owner == args.owner, "a mark is written by its owner")
        if after.status is MarkStatus.CLAIMED:
            require(
                _may_be_claimed(before, args), "a live claim and a finished mark are left alone"
            )
            self.claims.setdefault((after.event_id, after.consumer.value), []).append(args.owner)
            return
        claimed = attrs.evolve(after, status=MarkStatus.CLAIMED)
        require(before == claimed, "a mark is finished or freed only by the owner who has it")

    def profiled(self, written: Written, event: UserEvent) -> None:
        """Check that no field goes back in time, and that nothing else is touched."""
        after = parsed(read_profile, written.after)
        nothing = {"PK": written.after["PK"], "SK": written.after["SK"]}
        before = _others(written.before or nothing)
        require(_others(written.after) == before, "consumers write profiles and nothing else")
        last = read_profile(written.before or nothing)
        forward = all(
            after.fields.get(name, LEAST_WRITTEN) >= old for name, old in last.fields.items()
        )
        require(forward, "no profile goes back in time")
        newest = max(filter(None, (last.profile_at, event.occurred_at)))
        require(after.profile_at == newest, "a profile says of when it is")
        self.profiles.setdefault(event.global_user_id, []).append(event)

    def posted(self, post: Post, owner: str) -> None:
        """Check that only who has claimed an event posts it, and always under the same key."""
        event, consumer = post.event, ENDPOINTS[type(post)].removesuffix("_endpoint")
        what = event.id, consumer
        require(owner in self.claims.get(what, []), "only who has claimed an event posts it")
        key = stable_id(consumer, event.global_user_id, RequestId(event.id))
        require(post.idempotency_key == key, "an event is posted under one idempotency key")
        self.posts.setdefault(what, []).append(key)

    def consumed(self, args: ConsumeArgs, consumer: Consumer, said: object) -> None:
        """Check that what a consumer says to have finished is finished, by itself or before."""
        key = keys.consumer_mark(args.event.id, consumer.value)
        mark = parsed(read_mark, self.tables.item(FAN_IDENTITY, key))
        holds = said is Consumed.BEFORE or mark.owner == args.owner
        require(
            holds and mark.status is MarkStatus.FINISHED, "who says to have consumed an event has"
        )

    def settled(self, events: Sequence[AnyUserEvent]) -> None:
        """Check that every event was consumed, by each consumer that keeps a mark."""
        for event in events:
            for consumer in set(Consumer) - {Consumer.ENTRY}:
                self._check_consumed(event, consumer)
        entries = [each for each in events if isinstance(each, UserEvent)]
        for fan in FANS:
            self._check_profile(fan, [each for each in entries if each.global_user_id == fan])

    def _check_consumed(self, event: AnyUserEvent, consumer: Consumer) -> None:
        key = keys.consumer_mark(event.id, consumer.value)
        mark = parsed(read_mark, self.tables.item(FAN_IDENTITY, key))
        require(mark.status is MarkStatus.FINISHED, "every mark is finished in the end")
        if consumer is not Consumer.PROFILE:
            require(self.posts.get((event.id, consumer.value)), "every event is posted")

    def _check_profile(self, fan: GlobalUserId, events: Sequence[UserEvent]) -> None:
        item = self.tables.item(FAN_IDENTITY, keys.identity(fan)) or {}
        require(
            item.get("score") == self.scores.get(fan, [None])[-1], "a score is the last one stored"
        )
        profile = {name: item.get(name) for name in OF_PROFILES}
        require(profile == _profile(self.profiles.get(fan, [])), "a profile is what events say")
        first: dict[str, UserEvent] = {}
        for event in events:  # a request that is tried again makes its event again, of that time
            known = first.setdefault(event.id, event)
            first[event.id] = min(known, event, key=lambda each: each.occurred_at)
        fields = read_profile(item).fields if first else {}
        for event in first.values():
            for name in _said(event):
                stamp = Stamp(event.occurred_at, event.id)
                require(fields[name].stamp >= stamp, "the newest event counts")


def _may_be_claimed(before: Mark | None, args: ConsumeArgs) -> bool:
    if before is None or before.status is MarkStatus.FREE:
        return True
    return before.status is MarkStatus.CLAIMED and before.lease_until <= args.now


def _others(item: Item) -> Mapping[str, object]:
    return {name: value for name, value in item.items() if name not in OF_PROFILES}


def _profile(events: Sequence[UserEvent]) -> Mapping[str, object]:
    """Say what an identity record holds of events: of each field, the value of the newest."""
    oldest_first = sorted(events, key=lambda event: (event.occurred_at, event.id))
    values: dict[str, object] = dict.fromkeys(OF_PROFILES)
    values |= {"email": max((_default(event) for event in events), default="") or None}
    stamps: dict[str, object] = {}
    for event in oldest_first:
        values |= _said(event)
        at = date_time_text(event.occurred_at)
        stamps |= {name: [at, event.id] for name in _said(event)}
        values |= {"profileAt": at, "stamps": stamps}
    return values


def _event_id(request: Request) -> str:
    given = request.given
    campaign = str(given["campaignId"])
    if request.field == WITHDRAW:
        return withdrawal_id(request.fan, request.request_id, campaign)
    said = {name: str(each) for name, each in given.items() if name not in _NOT_SAID}
    attributes = given.get("attributes")
    if attributes is not None:
        said["attributes"] = canonical_json(attributes)
    return entry_id(request.fan, request.request_id, campaign, **said)


def _default(event: UserEvent) -> str:
    """Give the mail address that comes from the account; none if the fan said one."""
    return str(event.email) if "email" in (event.defaulted or ()) else ""


def _said(event: UserEvent) -> Mapping[str, object]:
    """Give what an event says, as it lies in an identity record."""
    members = None if event.attributes is None else json.loads(event.attributes)
    said = {
        "memberId": event.member_id,
        "email": None if _default(event) else event.email,
        "phoneNumber": event.phone_number,
        "locale": event.locale,
        "attributes": members and {name: canonical_json(each) for name, each in members.items()},
    }
    return {name: value for name, value in said.items() if value is not None}
