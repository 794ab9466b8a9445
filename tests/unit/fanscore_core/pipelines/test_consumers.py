from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from fanscore_core.canonical import stable_id
from fanscore_core.consumer_mark import (
    LEASE,
    Consumed,
    Consumer,
    Mark,
    MarkStatus,
    StoredProfile,
    news,
    stamped,
)
from fanscore_core.engine.question import Answered, Ask, Effect, Question
from fanscore_core.engine.rounds import run
from fanscore_core.engine.trace import Fate
from fanscore_core.entry_record import StoredEntry, changed_entry, entry_change
from fanscore_core.errors import (
    Conflict,
    ConflictReason,
    DeadlineExceeded,
    FanscoreError,
    InvalidId,
    Unavailable,
    UnknownQuestion,
)
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId, RequestId
from fanscore_core.merging import LEAST, Stamp, Written
from fanscore_core.pipelines.consumers import CONSUMERS, ConsumeArgs
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
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import AnyUserEvent, UserEvent, UserWithdrawal
from tests.declarations import undeclared_use

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=1)
FAN = GlobalUserId("user123")
EVENT = UserEvent("e-1", EARLIER, FAN, MemberId("member123"), CampaignId("c-1"))

CLAIMED, FREE, FINISHED = MarkStatus.CLAIMED, MarkStatus.FREE, MarkStatus.FINISHED
ID_FIELDS = ("id", "global_user_id", "member_id", "campaign_id")

LEASED = repr(Conflict(ConflictReason.LEASED))
CHANGED = repr(Conflict(ConflictReason.CHANGED))

POSTS: tuple[type, ...] = (PostNotification, PostSync)
WORK: Mapping[Consumer, type] = {
    Consumer.PROFILE: PutProfile,
    Consumer.NOTIFICATION: PostNotification,
    Consumer.SYNC: PostSync,
}

MARKED = tuple(consumer for consumer in Consumer if consumer is not Consumer.ENTRY)
"""Those that keep a mark."""

each_consumer = pytest.mark.parametrize("consumer", MARKED, ids=lambda each: each.value)


def mark(
    owner: str = "me",
    status: MarkStatus = CLAIMED,
    lease_until: datetime = NOW + LEASE,
    consumer: Consumer = Consumer.PROFILE,
) -> Mark:
    """Make a mark on the event."""
    return Mark("e-1", consumer, owner, lease_until, status)


@attrs.define
class World:
    """A store of one mark and one profile, and endpoints.

    Attributes:
        mark: as it is stored.
        profile: as it is stored.
        entry: as it is stored.
        erased_at: when the fan was erased.
        failures: what the work fails with, one after the other; then it succeeds.
        rivals: what others do before each write, one after the other.
        broken: the types of question that fail, and with what.
        asked: everything, in order.
    """

    mark: Mark | None = None
    profile: StoredProfile | None = None
    entry: StoredEntry | None = None
    erased_at: datetime | None = None
    failures: list[FanscoreError] = attrs.field(factory=list)
    rivals: list[Callable[[World], None]] = attrs.field(factory=list)
    broken: dict[type, FanscoreError] = attrs.field(factory=dict)
    asked: list[Question[object]] = attrs.field(factory=list)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        self.asked.extend(ask.question for ask in asks)
        return [Answered(self._answer(ask.question), "world") for ask in asks]

    @property
    def kinds(self) -> list[type]:
        """The types of what was asked."""
        return [type(question) for question in self.asked]

    def _answer(self, question: Question[object]) -> object:
        kind = type(question)
        if kind in self.broken:
            return self.broken[kind]
        if isinstance(question, PutProfile | PutEntry | Post) and self.failures:
            return self.failures.pop(0)
        if isinstance(question, PutMark):
            return self._put_mark(question)
        if isinstance(question, PutProfile):
            return self._put_profile(question)
        if isinstance(question, PutEntry):
            return self._put_entry(question)
        known = {
            ConsumerMark: self.mark,
            ErasedMark: self.erased_at,
            FanEntry: self.entry,
            FanProfile: self.profile,
            **dict.fromkeys(POSTS),
        }
        return known.get(kind, UnknownQuestion())

    def _put_mark(self, effect: PutMark) -> PutOutcome[Mark]:
        self._let_rival_act()
        if self.mark != effect.replaced:
            return PutOutcome(written=False, stored=self.mark)
        self.mark = effect.mark
        return PutOutcome(written=True)

    def _put_profile(self, effect: PutProfile) -> PutOutcome[StoredProfile]:
        self._let_rival_act()
        if self.profile != effect.replaced:
            return PutOutcome(written=False, stored=self.profile)
        at = effect.event.occurred_at
        self.profile = StoredProfile(at, {"by": effect.event.id}, stamped(effect.event))
        return PutOutcome(written=True)

    def _put_entry(self, effect: PutEntry) -> PutOutcome[StoredEntry]:
        self._let_rival_act()
        if (self.entry.version if self.entry else 0) != effect.expected_version:
            return PutOutcome(written=False, stored=self.entry)
        self.entry = effect.new
        return PutOutcome(written=True)

    def _let_rival_act(self) -> None:
        if self.rivals:
            self.rivals.pop(0)(self)

    def consume(
        self, consumer: Consumer = Consumer.PROFILE, event: AnyUserEvent = EVENT, owner: str = "me"
    ) -> Consumed | str:
        """Deliver an event; give what came of it, an error as its ``repr``."""
        outcome = run(CONSUMERS[consumer], ConsumeArgs(event, owner, NOW), self)
        return repr(outcome.error) if outcome.error else outcome.result()


def nothing(_world: World) -> None:
    """Let a rival do nothing."""


@pytest.mark.parametrize("consumer", Consumer, ids=lambda each: each.value)
def test_steps_declare_what_they_use(consumer: Consumer) -> None:
    """Each step declares exactly the fields that it uses."""
    assert [
        undeclared_use(each) for each in CONSUMERS[consumer].steps if undeclared_use(each)
    ] == []


@each_consumer
def test_steps_have_names(consumer: Consumer) -> None:
    """A consumer reads two marks, claims its own, does its work, and finishes the mark."""
    work = {Consumer.PROFILE: "updateProfile", Consumer.NOTIFICATION: "notify"}.get(
        consumer, "sync"
    )
    names = [step.name for step in CONSUMERS[consumer].steps]
    assert names == ["getErasedMark", "getMark", "claimMark", work, "finishMark"]


@each_consumer
def test_the_mark_is_claimed_the_work_done_and_the_mark_finished(consumer: Consumer) -> None:
    """A consumer claims the event for 30 s, does its work, and finishes the mark."""
    world = World()
    assert world.consume(consumer) is Consumed.NOW
    claimed = mark(consumer=consumer)
    finished = attrs.evolve(claimed, status=FINISHED)
    work: list[Question[object]] = [
        question for question in world.asked if isinstance(question, WORK[consumer])
    ]
    assert len(work) == 1
    assert [each for each in world.asked if isinstance(each, PutMark)] == [
        PutMark(claimed, None, 0),
        PutMark(finished, claimed, 0),
    ]
    assert world.kinds.index(WORK[consumer]) == len(world.asked) - 2
    assert world.mark == finished


@pytest.mark.parametrize(
    ("consumer", "kind"), [(Consumer.NOTIFICATION, PostNotification), (Consumer.SYNC, PostSync)]
)
def test_posts_carry_a_key_that_only_this_system_can_make(
    consumer: Consumer, kind: type[Post]
) -> None:
    """What is posted carries an id of consumer, fan and event: the same for every delivery."""
    world = World(failures=[Unavailable("endpoint")])
    world.consume(consumer)
    world.consume(consumer, owner="next")
    key = stable_id(consumer.value, FAN, RequestId("e-1"))
    assert [each for each in world.asked if isinstance(each, kind)] == [kind(EVENT, key)] * 2


def test_the_keys_of_two_consumers_differ() -> None:
    """Notification and sync have keys of their own for one event."""
    keys = []
    for consumer in (Consumer.NOTIFICATION, Consumer.SYNC):
        world = World()
        world.consume(consumer)
        keys += [each.idempotency_key for each in world.asked if isinstance(each, Post)]
    assert len(set(keys)) == 2


@each_consumer
def test_a_finished_event_is_left_alone(consumer: Consumer) -> None:
    """What is delivered again after it was finished is success, and nothing is done."""
    world = World(mark("other", FINISHED, consumer=consumer))
    assert world.consume(consumer) is Consumed.BEFORE
    assert world.kinds == [ErasedMark, ConsumerMark]


def test_the_trace_shows_where_it_ended() -> None:
    """A delivery of a finished event ends where the mark would be claimed."""
    outcome = run(
        CONSUMERS[Consumer.SYNC], ConsumeArgs(EVENT, "me", NOW), World(mark("other", FINISHED))
    )
    assert outcome.trace.fates == (Fate.RAN, Fate.RAN, Fate.ENDED, *[Fate.NOT_REACHED] * 2)


@each_consumer
def test_a_live_lease_of_another_owner_raises(consumer: Consumer) -> None:
    """While another owner is at work the delivery fails, so that the event comes again."""
    other = mark("other", consumer=consumer, lease_until=NOW + timedelta(microseconds=1))
    world = World(other)
    assert world.consume(consumer) == LEASED
    assert world.kinds == [ErasedMark, ConsumerMark]
    assert world.mark == other


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(mark("other", lease_until=NOW), id="expired"),
        pytest.param(mark("other", FREE), id="free"),
        pytest.param(mark("me"), id="own"),
    ],
)
def test_an_event_nobody_works_on_is_taken_over(stored: Mark) -> None:
    """A mark that is free, whose lease is over, or that is one's own is claimed."""
    world = World(stored)
    assert world.consume() is Consumed.NOW
    assert PutMark(mark(), stored, 0) in world.asked
    assert world.mark == mark(status=FINISHED)


def test_a_rival_who_claims_first_wins() -> None:
    """Of two that claim at the same time, one works and the other is told to come again."""

    def claim(world: World) -> None:
        world.mark = mark("rival")

    world = World(rivals=[claim])
    assert world.consume() == LEASED
    assert world.mark == mark("rival")
    assert world.kinds == [ErasedMark, ConsumerMark, PutMark]


def test_a_rival_who_finishes_first_has_done_the_work() -> None:
    """If another finishes between reading and claiming, there is nothing to do."""

    def finish(world: World) -> None:
        world.mark = mark("rival", FINISHED)

    world = World(rivals=[finish])
    assert world.consume() is Consumed.BEFORE


def test_a_claim_whose_reply_was_lost_counts() -> None:
    """A claim that was written although its reply did not come is one's own."""

    def write(world: World) -> None:
        world.mark = mark("me")

    world = World(rivals=[write])
    assert world.consume() is Consumed.NOW


def test_claiming_gives_up_after_some_attempts() -> None:
    """A mark that keeps changing is a conflict, after six attempts."""

    def free_it(world: World) -> None:
        world.mark = mark(f"rival-{len(world.rivals)}", FREE)

    world = World(rivals=[free_it] * 9)
    assert world.consume() == CHANGED
    puts = [each for each in world.asked if isinstance(each, PutMark)]
    assert [put.attempt for put in puts] == [0, 1, 2, 3, 4, 5]


def test_finishing_by_a_former_owner_is_refused() -> None:
    """An owner whose lease ended, and whose event another has taken over, cannot finish it."""

    def take_over(world: World) -> None:
        world.mark = mark("rival")

    world = World(rivals=[nothing, nothing, take_over])
    assert world.consume() == LEASED
    assert world.mark == mark("rival")


def test_finishing_whose_reply_was_lost_counts() -> None:
    """Finishing that was written although its reply did not come is success."""

    def finish(world: World) -> None:
        world.mark = mark("me", FINISHED)

    world = World(rivals=[nothing, nothing, finish])
    assert world.consume() is Consumed.NOW


@each_consumer
@pytest.mark.parametrize("failure", [Unavailable("x", "why"), DeadlineExceeded("x")])
def test_a_failure_frees_the_mark(consumer: Consumer, failure: FanscoreError) -> None:
    """Where the work fails that is told, and the mark is free for the next delivery."""
    world = World(failures=[failure])
    assert world.consume(consumer) == repr(failure)
    assert world.mark == mark(status=FREE, consumer=consumer)


@each_consumer
def test_a_consumer_that_fails_twice_succeeds_on_the_third(consumer: Consumer) -> None:
    """Each delivery is a new attempt at the work."""
    world = World(failures=[Unavailable("x"), Unavailable("x")])
    results = [world.consume(consumer, owner=owner) for owner in ("a", "b", "c", "d")]
    assert results == [repr(Unavailable("x"))] * 2 + [Consumed.NOW, Consumed.BEFORE]


def test_the_first_failure_is_told_where_freeing_fails_too() -> None:
    """What is told is why the work failed; the mark then frees itself as its lease ends."""

    def break_table(world: World) -> None:
        world.broken[PutMark] = Unavailable("fan_identity_table")

    world = World(failures=[Unavailable("endpoint")], rivals=[break_table])
    assert world.consume(Consumer.SYNC) == repr(Unavailable("endpoint"))
    assert world.mark == mark(consumer=Consumer.SYNC)


@pytest.mark.parametrize("question", [ConsumerMark, PutMark])
def test_without_marks_nothing_is_done(question: type) -> None:
    """Where the mark cannot be read or claimed, the work is not begun."""
    world = World(broken={question: Unavailable("fan_identity_table")})
    assert world.consume() == repr(Unavailable("fan_identity_table"))
    assert PutProfile not in world.kinds


@pytest.mark.parametrize(
    "stored",
    [
        None,
        StoredProfile(None, {"score": 75}),
        StoredProfile(EARLIER - timedelta(microseconds=1), {"score": 75}),
    ],
)
def test_a_profile_takes_news(stored: StoredProfile | None) -> None:
    """A profile that is missing or older than the event is written, over what was read."""
    world = World(profile=stored)
    assert world.consume() is Consumed.NOW
    assert PutProfile(EVENT, stored, 0) in world.asked
    assert world.profile == StoredProfile(EARLIER, {"by": "e-1"}, stamped(EVENT))


NEWER = attrs.evolve(EVENT, id="e-2", occurred_at=NOW)


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(StoredProfile(NOW, {}, stamped(NEWER)), id="newer"),
        pytest.param(StoredProfile(EARLIER, {}, stamped(attrs.evolve(EVENT, id="e-2"))), id="id"),
        pytest.param(StoredProfile(EARLIER, {}, stamped(EVENT)), id="the same"),
    ],
)
def test_a_profile_never_goes_back_in_time(stored: StoredProfile) -> None:
    """An event of which no field is newer than the profile changes nothing, and is finished."""
    world = World(profile=stored)
    assert world.consume() is Consumed.NOW
    assert PutProfile not in world.kinds
    assert world.profile == stored
    assert world.mark == mark(status=FINISHED)


def test_a_late_event_fills_what_nobody_has_said() -> None:
    """An older event is news where it says something that no newer one did."""
    stored, late = StoredProfile(NOW, {}, stamped(NEWER)), attrs.evolve(EVENT, locale=Locale("fr"))
    world = World(profile=stored)
    assert world.consume(event=late) is Consumed.NOW
    assert PutProfile(late, stored, 0) in world.asked
    assert news(late, stored) == {"locale": Written(Stamp(EARLIER, "e-1"), '"fr"')}


def test_a_profile_that_others_change_is_read_again() -> None:
    """After a conflict the rule is applied to what lies there then."""
    scored, newer = StoredProfile(None, {"score": 75}), StoredProfile(NOW, {}, stamped(NEWER))

    def put(profile: StoredProfile) -> Callable[[World], None]:
        return lambda world: setattr(world, "profile", profile)

    world = World(rivals=[nothing, put(scored)])
    assert world.consume() is Consumed.NOW
    assert [each for each in world.asked if isinstance(each, PutProfile)] == [
        PutProfile(EVENT, None, 0),
        PutProfile(EVENT, scored, 1),
    ]

    late = World(rivals=[nothing, put(newer)])
    assert late.consume() is Consumed.NOW
    assert late.profile == newer


def test_a_profile_that_keeps_changing_is_a_conflict() -> None:
    """After six attempts the delivery fails, and the mark is free."""

    def change(world: World) -> None:
        world.profile = StoredProfile(None, {"score": len(world.rivals)})

    world = World(rivals=[nothing, *[change] * 9])
    assert world.consume() == CHANGED
    assert world.kinds.count(PutProfile) == 6
    assert world.mark == mark(status=FREE)


@pytest.mark.parametrize("field", ID_FIELDS)
def test_an_event_has_valid_ids(field: str) -> None:
    """An event whose ids could not stand in keys cannot be made."""
    ids = {name: "a\nb" if name == field else "a" for name in ID_FIELDS}
    with pytest.raises(InvalidId) as refused:
        UserEvent(
            ids["id"],
            NOW,
            GlobalUserId(ids["global_user_id"]),
            MemberId(ids["member_id"]),
            CampaignId(ids["campaign_id"]),
        )
    assert refused.value.where == field


def test_what_a_fan_said_is_in_no_repr() -> None:
    """Events, profiles and what is done with them can be shown without personal data."""
    event = attrs.evolve(
        EVENT,
        email=Email("canary@example.com"),
        phone_number=PhoneNumber("+15550100"),
        attributes='{"a":"canary"}',
    )
    shown = repr([PutProfile(event, StoredProfile(NOW, {"email": "canary"}), 0), Post(event, "k")])
    assert "canary" not in shown
    assert "+15550100" not in shown


WITHDRAWAL = UserWithdrawal("w-1", NOW, FAN, CampaignId("c-1"))
DEFAULTED = attrs.evolve(EVENT, email=Email("account@example.com"), defaulted=("email",))


def test_what_comes_from_the_account_gives_way() -> None:
    """A profile never takes what is defaulted over what a fan said, however old that is."""
    long_ago = attrs.evolve(
        EVENT, id="e-0", occurred_at=NOW - timedelta(days=9), email=Email("fan@example.com")
    )
    stored = StoredProfile(long_ago.occurred_at, {}, stamped(long_ago))
    stamp = Stamp(EARLIER, "e-1")
    assert news(DEFAULTED, stored) == {"memberId": Written(stamp, '"member123"')}
    assert news(DEFAULTED, None) == {
        "memberId": Written(stamp, '"member123"'),
        "email": Written(LEAST, '"account@example.com"'),
    }


def test_a_withdrawal_says_nothing_of_a_profile() -> None:
    """A withdrawal is consumed, and the profile is not even read."""
    world = World()
    assert world.consume(event=WITHDRAWAL) is Consumed.NOW
    assert {FanProfile, PutProfile}.isdisjoint(world.kinds)
    assert world.mark is not None
    assert world.mark.status is FINISHED


@pytest.mark.parametrize(
    ("consumer", "kind"), [(Consumer.NOTIFICATION, PostNotification), (Consumer.SYNC, PostSync)]
)
def test_a_withdrawal_is_posted(consumer: Consumer, kind: type[Post]) -> None:
    """The endpoints are told that a fan withdrew, under a key of its own."""
    world = World()
    assert world.consume(consumer, WITHDRAWAL) is Consumed.NOW
    assert kind(WITHDRAWAL, stable_id(consumer.value, FAN, RequestId("w-1"))) in world.asked


@pytest.mark.parametrize("event", [EVENT, WITHDRAWAL], ids=["entry", "withdrawal"])
@pytest.mark.parametrize("consumer", Consumer, ids=lambda each: each.value)
def test_events_of_an_erased_fan_are_dropped(consumer: Consumer, event: AnyUserEvent) -> None:
    """What occurred until a fan was erased leaves nothing, whatever lies there, not even a mark."""
    world = World(erased_at=event.occurred_at)
    assert world.consume(consumer, event) is Consumed.ERASED
    reads = {ErasedMark, FanEntry if consumer is Consumer.ENTRY else ConsumerMark}
    assert set(world.kinds) == reads


@pytest.mark.parametrize("consumer", Consumer, ids=lambda each: each.value)
def test_a_fan_who_was_erased_may_come_again(consumer: Consumer) -> None:
    """What occurs after a fan was erased is consumed as ever."""
    world = World(erased_at=EARLIER - timedelta(microseconds=1))
    assert world.consume(consumer) is Consumed.NOW


@pytest.mark.parametrize("consumer", Consumer, ids=lambda each: each.value)
def test_who_was_erased_is_asked_in_the_first_round(consumer: Consumer) -> None:
    """To ask for the mark of an erased fan takes no round of its own."""
    outcome = run(CONSUMERS[consumer], ConsumeArgs(EVENT, "me", NOW), World())
    first = [each.question for each in outcome.trace.asked if each.round == 0]
    own = FanEntry(FAN, EVENT.campaign_id)
    mark_of = ConsumerMark("e-1", consumer)
    assert first == [ErasedMark(FAN), own if consumer is Consumer.ENTRY else mark_of]


@pytest.mark.parametrize("consumer", Consumer, ids=lambda each: each.value)
def test_nothing_is_done_where_nobody_can_tell_who_was_erased(consumer: Consumer) -> None:
    """Without the answer, whether a fan was erased, the event is delivered again later."""
    world = World(broken={ErasedMark: Unavailable("fan_identity_table")})
    assert world.consume(consumer) == repr(Unavailable("fan_identity_table"))
    assert not any(isinstance(each, Effect) for each in world.asked)


def test_an_event_is_merged_into_the_entry() -> None:
    """An entry is written once, over what was read, and known by the id of its event."""
    world = World()
    assert world.consume(Consumer.ENTRY) is Consumed.NOW
    entered = changed_entry(None, entry_change(EVENT))
    assert world.consume(Consumer.ENTRY) is Consumed.BEFORE
    assert world.consume(Consumer.ENTRY, WITHDRAWAL) is Consumed.NOW
    withdrawn = changed_entry(entered, entry_change(WITHDRAWAL))
    assert [each for each in world.asked if isinstance(each, PutEntry)] == [
        PutEntry(entered, 0, 0),
        PutEntry(withdrawn, 1, 0),
    ]
    assert world.entry == withdrawn


def test_an_event_that_counts_for_nothing_is_remembered() -> None:
    """An entry that arrives after its withdrawal changes nothing, nor does its retry later."""
    world = World()
    retried = attrs.evolve(EVENT, occurred_at=NOW + timedelta(minutes=1))
    for event in (WITHDRAWAL, EVENT, retried):
        world.consume(Consumer.ENTRY, event)
    assert world.entry is not None
    assert not world.entry.record.is_live
    assert [name for name, _ in world.entry.requests] == ["w-1", "e-1"]


def test_an_entry_that_others_change_is_merged_again() -> None:
    """After a conflict the event is merged into what lies there then."""
    other = attrs.evolve(EVENT, id="e-2", locale=Locale("fr"))
    theirs = changed_entry(None, entry_change(other))
    world = World(rivals=[lambda world: setattr(world, "entry", theirs)])
    assert world.consume(Consumer.ENTRY) is Consumed.NOW
    assert [each for each in world.asked if isinstance(each, PutEntry)] == [
        PutEntry(changed_entry(None, entry_change(EVENT)), 0, 0),
        PutEntry(changed_entry(theirs, entry_change(EVENT)), 1, 1),
    ]


def test_an_entry_whose_reply_was_lost_is_written_once() -> None:
    """A write that was made although its reply did not come is found to be there."""

    def write(world: World) -> None:
        world.entry = changed_entry(None, entry_change(EVENT))

    world = World(rivals=[write])
    assert world.consume(Consumer.ENTRY) is Consumed.BEFORE
    assert world.entry == changed_entry(None, entry_change(EVENT))


def test_an_entry_that_keeps_changing_is_a_conflict() -> None:
    """After six attempts the delivery fails."""

    def change(world: World) -> None:
        other = attrs.evolve(EVENT, id=f"other-{len(world.rivals)}")
        world.entry = changed_entry(world.entry, entry_change(other))

    world = World(rivals=[change] * 9)
    assert world.consume(Consumer.ENTRY) == CHANGED
    assert world.kinds.count(PutEntry) == 6
