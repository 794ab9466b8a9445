"""The consumers of user events: claim the mark, do the work, finish the mark.

Each is called at least once for each event, in any order and by rivals at the same time; the mark
makes that once. What fails is called again later, and finds the mark free. ``entry`` merges what
an event says, which may be done twice: it has no mark.

All read first whether the fan was erased: what occurred until then is dropped, so that no late
delivery and no replay brings anything back.

See docs/reference/events.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

import attrs

from fanscore_core.canonical import stable_id
from fanscore_core.consumer_mark import LEASE, Consumed, Consumer, Mark, MarkStatus, is_news
from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Effect
from fanscore_core.engine.steps import (
    Context,
    EarlyReturn,
    EffectContext,
    SkipTo,
    Step,
    effect_step,
    step,
)
from fanscore_core.entry_record import StoredEntry, changed_entry, entry_change
from fanscore_core.errors import Conflict, ConflictReason, FanscoreError
from fanscore_core.ids import RequestId
from fanscore_core.merging import applied_before
from fanscore_core.ports.consumers import (
    ConsumerMark,
    ErasedMark,
    FanProfile,
    Post,
    PostNotification,
    PostSync,
    PutMark,
    PutProfile,
)
from fanscore_core.ports.entries import FanEntry, PutEntry
from fanscore_core.user_events import AnyUserEvent, UserEvent

AnswerT = TypeVar("AnswerT")

MAX_ATTEMPTS = 6
"""To write what others write too: as many as for a demand record."""


@attrs.frozen
class ConsumeArgs:
    """A delivery of an event.

    Attributes:
        event: what is delivered.
        owner: of this invocation alone.
        now: with offset.
        replay: the name of the replay that delivers the event again, if one does.
    """

    event: AnyUserEvent
    owner: str
    now: datetime
    replay: str | None = None

    @property
    def marked(self) -> str:
        """What the mark is on: the event's id; of a replay another one, so that it begins anew."""
        if self.replay is None:
            return self.event.id
        return stable_id(self.replay, self.event.global_user_id, RequestId(self.event.id))


@attrs.define
class ConsumeStash:
    """What the steps leave for one another.

    Attributes:
        stored_mark: what lies there of the consumer's mark.
        mark: the claim of this invocation.
        stored_entry: what lies there of the fan's entry.
    """

    stored_mark: Mark | None = None
    mark: Mark | None = None
    stored_entry: StoredEntry | None = None


Ctx: TypeAlias = Context[ConsumeArgs, ConsumeStash]
EffectCtx: TypeAlias = EffectContext[ConsumeArgs, ConsumeStash]


class Perform(Protocol):
    """``EffectContext.perform``."""

    def __call__(self, effect: Effect[AnswerT], /) -> Awaitable[AnswerT]:
        """Perform an effect."""
        ...


@step("getErasedMark")
async def get_erased_mark(ctx: Ctx) -> EarlyReturn[Consumed] | None:
    """Drop the event if the fan was erased after it."""
    erased_at = await ErasedMark(ctx.args.event.global_user_id)
    if erased_at is not None and ctx.args.event.occurred_at <= erased_at:
        return EarlyReturn(Consumed.ERASED, SkipTo.END)
    return None


def _get_mark(consumer: Consumer) -> Step[ConsumeArgs, ConsumeStash, None]:
    @step("getMark", writes=["stored_mark"])
    async def get_mark(ctx: Ctx) -> None:
        """Read the consumer's mark on the event."""
        ctx.stash.stored_mark = await ConsumerMark(ctx.args.marked, consumer)

    return get_mark


def _claim_mark(consumer: Consumer) -> Step[ConsumeArgs, ConsumeStash, None]:
    @effect_step("claimMark", reads=["stored_mark"], writes=["mark"])
    async def claim_mark(ctx: EffectCtx) -> EarlyReturn[Consumed] | None:
        """Claim the event, unless it is finished or another owner is at work on it."""
        marked, owner, now = ctx.args.marked, ctx.args.owner, ctx.args.now
        mark = Mark(marked, consumer, owner, now + LEASE)
        stored = ctx.stash.stored_mark
        for attempt in range(MAX_ATTEMPTS):
            if stored and stored.status is MarkStatus.FINISHED:
                return EarlyReturn(Consumed.BEFORE, SkipTo.END)
            if stored and stored.holds_off(owner, now):
                raise Conflict(ConflictReason.LEASED)
            result = await ctx.perform(PutMark(mark, stored, attempt))
            if result.written:
                ctx.stash.mark = mark
                return None
            stored = result.stored
        raise Conflict(ConflictReason.CHANGED)

    return claim_mark


@step("getEntry", writes=["stored_entry"])
async def get_entry(ctx: Ctx) -> None:
    """Read the fan's entry of the campaign."""
    event = ctx.args.event
    ctx.stash.stored_entry = await FanEntry(event.global_user_id, event.campaign_id)


@effect_step("mergeEntry", reads=["stored_entry"])
async def merge_entry(ctx: EffectCtx) -> Consumed:
    """Merge the event into the entry, unless one of its id was; again where others were faster."""
    change, stored = entry_change(ctx.args.event), ctx.stash.stored_entry
    for attempt in range(MAX_ATTEMPTS):
        if applied_before(stored, change):
            return Consumed.BEFORE
        new = changed_entry(stored, change)
        result = await ctx.perform(PutEntry(new, stored.version if stored else 0, attempt))
        if result.written:
            return Consumed.NOW
        stored = result.stored
    raise Conflict(ConflictReason.CHANGED)


@effect_step("updateProfile", reads=["mark"])
async def update_profile(ctx: EffectCtx) -> None:
    """Write what the event says of the fan into the identity record, unless that is newer.

    A withdrawal says nothing of the fan.
    """
    event = ctx.args.event
    if isinstance(event, UserEvent):
        await _or_free(ctx.perform, ctx.stash.mark, _update_profile(ctx.perform, event))


def _post(name: str, consumer: Consumer, make: type[Post]) -> Step[ConsumeArgs, ConsumeStash, None]:
    @effect_step(name, reads=["mark"])
    async def post(ctx: EffectCtx) -> None:
        """Post the event, with the same idempotency key each time."""
        event = ctx.args.event
        key = stable_id(consumer.value, event.global_user_id, RequestId(event.id))
        await _or_free(ctx.perform, ctx.stash.mark, ctx.perform(make(event, key)))

    return post


@effect_step("finishMark", reads=["mark"])
async def finish_mark(ctx: EffectCtx) -> Consumed:
    """Finish the mark, if it is still this owner's."""
    mark = _claimed(ctx.stash.mark)
    finished = attrs.evolve(mark, status=MarkStatus.FINISHED)
    result = await ctx.perform(PutMark(finished, mark, 0))
    if not result.written and result.stored != finished:
        raise Conflict(ConflictReason.LEASED)
    return Consumed.NOW


async def _or_free(perform: Perform, mark: Mark | None, work: Awaitable[None]) -> None:
    """Do the work; if that fails, free the mark, so that the next delivery need not wait."""
    try:
        await work
    except FanscoreError:
        claimed = _claimed(mark)
        with suppress(FanscoreError):  # the lease ends by itself, and the first failure counts
            await perform(PutMark(attrs.evolve(claimed, status=MarkStatus.FREE), claimed, 0))
        raise


async def _update_profile(perform: Perform, event: UserEvent) -> None:
    stored = await FanProfile(event.global_user_id)
    for attempt in range(MAX_ATTEMPTS):
        if not is_news(event, stored):
            return
        result = await perform(PutProfile(event, stored, attempt))
        if result.written:
            return
        stored = result.stored
    raise Conflict(ConflictReason.CHANGED)


def _claimed(mark: Mark | None) -> Mark:
    assert mark is not None  # noqa: S101  # claimMark is a gate: what follows it has one
    return mark


def _consumer(
    consumer: Consumer, work: Step[ConsumeArgs, ConsumeStash, None]
) -> Pipeline[ConsumeArgs, ConsumeStash, Consumed]:
    return pipeline(
        consumer.value,
        ConsumeStash,
        (get_erased_mark, _get_mark(consumer), _claim_mark(consumer), work, finish_mark),
    )


CONSUMERS: Mapping[Consumer, Pipeline[ConsumeArgs, ConsumeStash, Consumed]] = {
    Consumer.ENTRY: pipeline(
        Consumer.ENTRY.value, ConsumeStash, (get_erased_mark, get_entry, merge_entry)
    ),
    Consumer.PROFILE: _consumer(Consumer.PROFILE, update_profile),
    Consumer.NOTIFICATION: _consumer(
        Consumer.NOTIFICATION, _post("notify", Consumer.NOTIFICATION, PostNotification)
    ),
    Consumer.SYNC: _consumer(Consumer.SYNC, _post("sync", Consumer.SYNC, PostSync)),
}
"""The pipeline of each consumer."""
