"""The consumers of user events: claim the mark, do the work, finish the mark.

Each is called at least once for each event, in any order and by rivals at the same time; the mark
makes that once. What fails is called again later, and finds the mark free.

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
from fanscore_core.engine.steps import EarlyReturn, EffectContext, SkipTo, Step, effect_step
from fanscore_core.errors import Conflict, ConflictReason, FanscoreError
from fanscore_core.ids import RequestId
from fanscore_core.ports.consumers import (
    ConsumerMark,
    FanProfile,
    Post,
    PostNotification,
    PostSync,
    PutMark,
    PutProfile,
)
from fanscore_core.user_events import UserEvent

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

    event: UserEvent
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
        mark: the claim of this invocation.
    """

    mark: Mark | None = None


EffectCtx: TypeAlias = EffectContext[ConsumeArgs, ConsumeStash]


class Perform(Protocol):
    """``EffectContext.perform``."""

    def __call__(self, effect: Effect[AnswerT], /) -> Awaitable[AnswerT]:
        """Perform an effect."""
        ...


def _claim_mark(consumer: Consumer) -> Step[ConsumeArgs, ConsumeStash, None]:
    @effect_step("claimMark", writes=["mark"])
    async def claim_mark(ctx: EffectCtx) -> EarlyReturn[Consumed] | None:
        """Claim the event, unless it is finished or another owner is at work on it."""
        marked, owner, now = ctx.args.marked, ctx.args.owner, ctx.args.now
        mark = Mark(marked, consumer, owner, now + LEASE)
        stored = await ConsumerMark(marked, consumer)
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


@effect_step("updateProfile", reads=["mark"])
async def update_profile(ctx: EffectCtx) -> None:
    """Write what the event says of the fan into the identity record, unless that is newer."""
    await _or_free(ctx.perform, ctx.stash.mark, _update_profile(ctx.perform, ctx.args.event))


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
    return pipeline(consumer.value, ConsumeStash, (_claim_mark(consumer), work, finish_mark))


CONSUMERS: Mapping[Consumer, Pipeline[ConsumeArgs, ConsumeStash, Consumed]] = {
    Consumer.PROFILE: _consumer(Consumer.PROFILE, update_profile),
    Consumer.NOTIFICATION: _consumer(
        Consumer.NOTIFICATION, _post("notify", Consumer.NOTIFICATION, PostNotification)
    ),
    Consumer.SYNC: _consumer(Consumer.SYNC, _post("sync", Consumer.SYNC, PostSync)),
}
"""The pipeline of each consumer."""
