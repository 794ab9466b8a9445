"""Deliberate breaks of the protocol, each of which the simulation must catch.

Each is another piece in the place of a sound one, such as one who broke the protocol by mistake
might have written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

import attrs

from fanscore_adapters.items.consumers import profile_item
from fanscore_adapters.items.operations import Item, Put
from fanscore_core.consumer_mark import Consumer, Mark, MarkStatus, StoredProfile
from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.question import Question
from fanscore_core.entry_record import StoredEntry
from fanscore_core.pipelines.consumers import CONSUMERS, ConsumeArgs, ConsumeStash
from fanscore_core.ports.consumers import (
    Post,
    PutMark,
    PutProfile,
)
from fanscore_core.ports.demand_records import PutDemandRecord
from fanscore_core.ports.entries import PutEntry
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.ports.verification import (
    FinishLivenessSession,
    LastLivenessSession,
    PutLivenessSession,
    StoredLivenessSession,
)
from tests.simulation.pieces import SOUND, ConsumerPipeline, Pieces

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

Kind = type[Question[object]]


@attrs.frozen
class Anyway(Put):
    """A put without a condition."""

    def met_by(self, _stored: Item | None) -> bool:
        """Whatever is stored."""
        return True


@attrs.frozen
class Break:
    """One rule broken.

    Attributes:
        name: what the broken protocol does wrong.
        law: that is broken then, in some schedules.
        pieces: with the broken one among them.
    """

    name: str
    law: str
    pieces: Pieces


def _puts(kind: Kind, change: Callable[[object, Put], Put]) -> Pieces:
    """Change what an effect puts."""
    sound = SOUND.writes[kind]

    def puts(effect: Question[object]) -> Sequence[Put]:
        return [change(effect, put) for put in sound.puts(effect)]

    return Pieces(writes={**SOUND.writes, kind: attrs.evolve(sound, puts=puts)})


def _anyway(_effect: object, put: Put) -> Put:
    return Anyway(put.item, put.expected)


def _expecting(*names: str) -> Callable[[object, Put], Put]:
    """Make the condition on some attributes only."""

    def change(_effect: object, put: Put) -> Put:
        expected = put.expected
        if expected is None:
            return put
        return attrs.evolve(put, expected={n: expected[n] for n in names if n in expected})

    return change


def _any_version(_effect: object, put: Put) -> Put:
    """Make the condition on what never changes."""
    return attrs.evolve(put, expected=put.expected and {"fanId": put.item["fanId"]})


def _frees_anyway(effect: object, put: Put) -> Put:
    free = cast("PutMark", effect).mark.status is MarkStatus.FREE
    return _anyway(effect, put) if free else put


def _finishes_anyway(effect: object, put: Put) -> Put:
    finished = cast("PutMark", effect).mark.status is MarkStatus.FINISHED
    return _anyway(effect, put) if finished else put


def _replaces_last(_effect: object, put: Put) -> Put:
    """Leave the fan's last session out of the condition."""
    return put if "status" in put.item else Anyway(put.item, put.expected)


def _forgets_what_it_replaces(effect: object, put: Put) -> Put:
    return attrs.evolve(put, item=profile_item(cast("PutProfile", effect).event, None))


def _asks(change: Callable[[Question[object], object], Question[object]]) -> Pieces:
    return Pieces(ask=change)


def _key_of_the_owner(question: Question[object], args: object) -> Question[object]:
    if not isinstance(question, Post):
        return question
    return attrs.evolve(question, idempotency_key=cast("ConsumeArgs", args).owner)


def _event_of_its_own(question: Question[object], _args: object) -> Question[object]:
    if not isinstance(question, PublishUserEvent):
        return question
    event = question.event
    own = f"{event.id}-{event.occurred_at.timestamp():.0f}"
    return attrs.evolve(question, event=attrs.evolve(event, id=own))


def _hears(change: Callable[[Question[object], object], object]) -> Pieces:
    return Pieces(hear=change)


def _remembers(forget: Callable[[StoredDemandRecord], StoredDemandRecord]) -> Pieces:
    """Let something of a stored record be forgotten, whenever it is read."""

    def hear(_question: Question[object], answer: object) -> object:
        match answer:
            case StoredDemandRecord():
                return forget(answer)
            case PutOutcome(stored=StoredDemandRecord() as stored):
                return attrs.evolve(answer, stored=forget(stored))
            case _:
                return answer

    return Pieces(hear=hear)


def _forget_requests(stored: StoredDemandRecord) -> StoredDemandRecord:
    return attrs.evolve(stored, requests=())


def _forget_delete(stored: StoredDemandRecord) -> StoredDemandRecord:
    return attrs.evolve(stored, record=attrs.evolve(stored.record, deleted=None))


def _forget_values(stored: StoredDemandRecord) -> StoredDemandRecord:
    return attrs.evolve(stored, record=attrs.evolve(stored.record, fields={}))


def _of_entries(forget: Callable[[StoredEntry], StoredEntry]) -> Pieces:
    """Let something of a stored entry be forgotten, whenever it is read."""

    def hear(_question: Question[object], answer: object) -> object:
        match answer:
            case StoredEntry():
                return forget(answer)
            case PutOutcome(stored=StoredEntry() as stored):
                return attrs.evolve(answer, stored=forget(stored))
            case _:
                return answer

    return Pieces(hear=hear)


def _forget_events(stored: StoredEntry) -> StoredEntry:
    return attrs.evolve(stored, requests=())


def _forget_withdrawal(stored: StoredEntry) -> StoredEntry:
    return attrs.evolve(stored, record=attrs.evolve(stored.record, deleted=None))


def _takes_refused_for_written(question: Question[object], answer: object) -> object:
    refused = isinstance(question, PutDemandRecord) and isinstance(answer, PutOutcome)
    return PutOutcome(written=True) if refused else answer


def _takes_refused_for_claimed(question: Question[object], answer: object) -> object:
    refused = isinstance(question, PutMark) and isinstance(answer, PutOutcome)
    return PutOutcome(written=True) if refused else answer


def _takes_refused_for_finished(question: Question[object], answer: object) -> object:
    finishing = isinstance(question, PutMark) and question.mark.status is MarkStatus.FINISHED
    refused = finishing and isinstance(answer, PutOutcome)
    return PutOutcome(written=True) if refused else answer


def _takes_failed_for_posted(question: Question[object], answer: object) -> object:
    return None if isinstance(question, Post) else answer


def _sees_no_lease(_question: Question[object], answer: object) -> object:
    return attrs.evolve(answer, lease_until=LONG_AGO) if isinstance(answer, Mark) else answer


def _takes_all_for_news(_question: Question[object], answer: object) -> object:
    match answer:
        case StoredProfile():
            return attrs.evolve(answer, fields={})
        case PutOutcome(stored=StoredProfile() as stored):
            return attrs.evolve(answer, stored=attrs.evolve(stored, fields={}))
        case _:
            return answer


def _stale(*kinds: Kind) -> Pieces:
    stale = {kind: attrs.evolve(SOUND.lookups[kind], consistent=False) for kind in kinds}
    return Pieces(lookups={**SOUND.lookups, **stale})


def _consumers(order: Callable[[ConsumerPipeline], ConsumerPipeline]) -> Pieces:
    reordered: Mapping[Consumer, ConsumerPipeline] = {
        consumer: sound if consumer is Consumer.ENTRY else order(sound)
        for consumer, sound in CONSUMERS.items()
    }
    return Pieces(consumers=reordered)


def _finishing_first(sound: ConsumerPipeline) -> ConsumerPipeline:
    erased, mark, claim, work, finish = sound.steps
    steps = (erased, mark, claim, finish, work)
    return cast("ConsumerPipeline", pipeline(sound.name, ConsumeStash, steps))


def _finishing_never(sound: ConsumerPipeline) -> ConsumerPipeline:
    erased, mark, claim, work, _finish = sound.steps
    steps = (erased, mark, claim, work)
    return cast("ConsumerPipeline", pipeline(sound.name, ConsumeStash, steps))


BREAKS = (
    # Demand records.
    Break(
        "a record is put without a condition",
        "a version is one more than the last",
        _puts(PutDemandRecord, _anyway),
    ),
    Break(
        "a record is put over any version",
        "a version is one more than the last",
        _puts(PutDemandRecord, _any_version),
    ),
    Break(
        "the request ids of a record are forgotten",
        "no request is applied twice",
        _remembers(_forget_requests),
    ),
    Break(
        "the last writer of a record wins",
        "a record is what the merge law makes of its changes, deletes included",
        _remembers(_forget_values),
    ),
    Break(
        "a record forgets its delete",
        "a record is what the merge law makes of its changes, deletes included",
        _remembers(_forget_delete),
    ),
    Break(
        "a refused put is taken for written",
        "a change that is answered is in the record",
        _hears(_takes_refused_for_written),
    ),
    # Entries.
    Break(
        "an entry is put without a condition",
        "an entry's version is one more than the last",
        _puts(PutEntry, _anyway),
    ),
    Break(
        "an entry forgets its events",
        "of several events with one id the first counts",
        _of_entries(_forget_events),
    ),
    Break(
        "an entry forgets that the fan withdrew",
        "an entry is what the merge law makes of its events, withdrawals included",
        _of_entries(_forget_withdrawal),
    ),
    # Marks.
    Break(
        "a mark is put whoever owns it",
        "a mark is finished or freed only by the owner who has it",
        _puts(PutMark, _expecting("status")),
    ),
    Break(
        "a mark is claimed without a condition",
        "a live claim and a finished mark are left alone",
        _puts(PutMark, _anyway),
    ),
    Break(
        "another's mark is freed",
        "a mark is finished or freed only by the owner who has it",
        _puts(PutMark, _frees_anyway),
    ),
    Break(
        "another's mark is finished",
        "a mark is finished or freed only by the owner who has it",
        _puts(PutMark, _finishes_anyway),
    ),
    Break(
        "a refused claim is taken for a claim",
        "only who has claimed an event posts it",
        _hears(_takes_refused_for_claimed),
    ),
    Break(
        "a refused finish is taken for finished",
        "who says to have consumed an event has",
        _hears(_takes_refused_for_finished),
    ),
    Break(
        "a lease holds nobody off",
        "a live claim and a finished mark are left alone",
        _hears(_sees_no_lease),
    ),
    Break(
        "a mark is finished before the work is done",
        "every event is posted",
        _consumers(_finishing_first),
    ),
    Break(
        "a mark is never finished",
        "who says to have consumed an event has",
        _consumers(_finishing_never),
    ),
    # Profiles and posts.
    Break(
        "a profile goes back in time", "no profile goes back in time", _hears(_takes_all_for_news)
    ),
    Break(
        "a profile is put if only its time is the same",
        "consumers write profiles and nothing else",
        _puts(PutProfile, _expecting("profileAt")),
    ),
    Break(
        "a profile is put over the whole identity",
        "consumers write profiles and nothing else",
        _puts(PutProfile, _forgets_what_it_replaces),
    ),
    Break(
        "each delivery has a key of its own",
        "an event is posted under one idempotency key",
        _asks(_key_of_the_owner),
    ),
    Break(
        "a failed post is taken for posted",
        "every event is posted",
        _hears(_takes_failed_for_posted),
    ),
    Break(
        "each try has an event of its own",
        "all tries of a request publish one event",
        _asks(_event_of_its_own),
    ),
    # Liveness sessions.
    Break(
        "a session is stored whatever the last one is",
        "a fan has one open session",
        _puts(PutLivenessSession, _replaces_last),
    ),
    Break(
        "sessions are read stale",
        "a fan has one open session",
        _stale(StoredLivenessSession, LastLivenessSession),
    ),
    Break(
        "a final status is put without a condition",
        "a final status is written once",
        _puts(FinishLivenessSession, _anyway),
    ),
)
"""The breaks."""
