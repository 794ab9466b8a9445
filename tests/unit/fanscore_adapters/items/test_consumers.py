from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import attrs
import pytest

from fanscore_adapters.items.consumers import (
    erased_item,
    mark_item,
    profile_item,
    read_mark,
    read_profile,
)
from fanscore_adapters.items.keys import Key, consumer_mark, erased_mark, identity
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.consumer_mark import Consumer, Mark, MarkStatus, StoredProfile, stamped
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.merging import LEAST, Stamp, Written
from fanscore_core.ports.consumers import (
    ConsumerMark,
    ErasedMark,
    FanProfile,
    PutMark,
    PutProfile,
)
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import UserEvent

TABLE = "fan_identity_table"
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN = GlobalUserId("user123")

CLAIM = Mark("e-1", Consumer.SYNC, "me", NOW + timedelta(seconds=30))
CLAIM_ITEM: Mapping[str, object] = {
    "PK": "event:e-1",
    "SK": "consumer#sync",
    "status": "CLAIMED",
    "owner": "me",
    "leaseUntil": "2026-11-01T08:00:30Z",
    "ttl": 1796112030,
}

EVENT = UserEvent("e-1", NOW, FAN, MemberId("member123"), CampaignId("c-1"))
FULL_EVENT = attrs.evolve(
    EVENT,
    email=Email("fan@example.com"),
    phone_number=PhoneNumber("+15550100123"),
    locale=Locale("en-GB"),
    attributes='{"age":42,"seats":[1.5,null],"vip":true}',
)
FULL_ITEM: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "identity",
    "memberId": "member123",
    "email": "fan@example.com",
    "phoneNumber": "+15550100123",
    "locale": "en-GB",
    "attributes": {"age": "42", "seats": "[1.5,null]", "vip": "true"},
    "profileAt": "2026-11-01T08:00:00Z",
    "stamps": {
        name: ["2026-11-01T08:00:00Z", "e-1"]
        for name in ("attributes", "email", "locale", "memberId", "phoneNumber")
    },
}
SCORED: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "identity",
    "memberId": "member1",
    "email": "old@example.com",
    "locale": "de-DE",
    "attributes": {"age": "41"},
    "score": Decimal("75.5"),
    "rawScore": 70,
    "updatedAt": "2026-10-01T08:00:00Z",
    "profileAt": "2026-10-01T08:00:00+00:00",
    "somethingNew": {"list": [1, Decimal("2.5"), None]},
}


@pytest.fixture
def tables() -> Iterator[SqliteTables]:
    """Open tables in memory."""
    with SqliteTables(":memory:") as opened:
        yield opened


def ask(tables: SqliteTables, question: object) -> object:
    """Ask one question, or perform one effect."""
    (answered,) = Sqlite(tables).fetch([Ask(cast("Question[object]", question))])
    assert answered.source == TABLE
    return answered.answer


def stored(tables: SqliteTables, key: Key) -> str | None:
    """Give the text of an item."""
    (text,) = tables.look_up(TABLE, [key])
    return text


def test_marks_stand_under_event_and_consumer() -> None:
    """A mark's keys are its event and its consumer; two of either have two keys."""
    assert consumer_mark("e-1", "sync") == ("event:e-1", "consumer#sync")


@pytest.mark.parametrize("status", MarkStatus)
@pytest.mark.parametrize("consumer", Consumer)
def test_marks_survive(consumer: Consumer, status: MarkStatus) -> None:
    """A mark is read back from its item as it was written."""
    written = Mark("a:b~c", consumer, "o", NOW + timedelta(microseconds=1), status)
    assert read_mark(mark_item(written)) == written


def test_a_mark_lives_for_30_days() -> None:
    """A mark's item holds status, owner, lease and, in epoch seconds, when it may be deleted."""
    assert mark_item(CLAIM) == CLAIM_ITEM
    in_30_days = datetime(2026, 12, 1, 8, 0, 30, tzinfo=UTC)
    assert CLAIM_ITEM["ttl"] == int(in_30_days.timestamp())


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"status": "DONE"}, "mark.status"),
        ({"owner": 5}, "mark.owner"),
        ({"leaseUntil": "today"}, "mark.leaseUntil"),
    ],
)
def test_malformed_marks_are_refused(change: Mapping[str, object], path: str) -> None:
    """A mark that cannot be read is refused, with the path of what is wrong."""
    with pytest.raises(InvalidInput) as refused:
        read_mark({**CLAIM_ITEM, **change})
    assert refused.value.where == path


def test_a_malformed_mark_makes_the_table_unavailable(tables: SqliteTables) -> None:
    """Nobody works on an event whose mark cannot be read, neither in asking nor in claiming."""
    tables.put(TABLE, {**CLAIM_ITEM, "owner": None})
    expected = repr(Unavailable(TABLE, "malformed item: mark.owner: expected a string"))
    assert repr(ask(tables, ConsumerMark("e-1", Consumer.SYNC))) == expected
    assert repr(ask(tables, PutMark(CLAIM, None, 0))) == expected


def test_an_event_is_claimed_finished_and_found(tables: SqliteTables) -> None:
    """A mark is written where there is none, written over by its owner, and found again."""
    question = ConsumerMark("e-1", Consumer.SYNC)
    finished = attrs.evolve(CLAIM, status=MarkStatus.FINISHED)
    assert ask(tables, question) is None
    assert ask(tables, PutMark(CLAIM, None, 0)) == PutOutcome[Mark](written=True)
    assert ask(tables, question) == CLAIM
    assert ask(tables, PutMark(finished, CLAIM, 0)) == PutOutcome[Mark](written=True)
    assert ask(tables, question) == finished
    assert ask(tables, ConsumerMark("e-1", Consumer.PROFILE)) is None


@pytest.mark.parametrize(
    "replaced",
    [
        pytest.param(None, id="none"),
        pytest.param(attrs.evolve(CLAIM, owner="former"), id="another owner's"),
        pytest.param(attrs.evolve(CLAIM, status=MarkStatus.FREE), id="of another status"),
    ],
)
def test_a_mark_that_changed_is_not_written_over(
    tables: SqliteTables, replaced: Mark | None
) -> None:
    """A write is refused unless the mark is what was read; what lies there is told."""
    ask(tables, PutMark(CLAIM, None, 0))
    new = attrs.evolve(CLAIM, status=MarkStatus.FINISHED)
    refused = PutOutcome(written=False, stored=CLAIM)
    assert ask(tables, PutMark(new, replaced, 0)) == refused
    assert ask(tables, ConsumerMark("e-1", Consumer.SYNC)) == CLAIM


def test_a_mark_that_is_gone_is_not_written_over(tables: SqliteTables) -> None:
    """A write over a mark that has been deleted since is refused, and nothing is told to lie."""
    assert ask(tables, PutMark(CLAIM, CLAIM, 0)) == PutOutcome[Mark](written=False)


ERASED_ITEM: Mapping[str, object] = {
    # printf user123 | sha256sum
    "PK": "erased:e606e38b0d8c19b24cf0ee3808183162ea7cd63ff7912dbb22b5e803286b4446",
    "SK": "erased",
    "erasedAt": "2026-11-01T08:00:00Z",
    "ttl": 1796112000,
}


def test_an_erased_fan_leaves_a_digest_and_a_time() -> None:
    """The mark of an erased fan says when that was, and not who; it goes when the events do."""
    assert erased_item(FAN, NOW, NOW + timedelta(days=30)) == ERASED_ITEM
    assert erased_mark(FAN) == (ERASED_ITEM["PK"], "erased")


def test_who_was_erased_can_be_asked(tables: SqliteTables) -> None:
    """The answer is when a fan was erased; none for a fan who was not."""
    assert ask(tables, ErasedMark(FAN)) is None
    tables.put(TABLE, ERASED_ITEM)
    assert ask(tables, ErasedMark(FAN)) == NOW
    assert ask(tables, ErasedMark(GlobalUserId("user1"))) is None


def test_a_malformed_mark_of_an_erased_fan_lets_nothing_through(tables: SqliteTables) -> None:
    """Where nobody can tell when a fan was erased, the table is unavailable."""
    tables.put(TABLE, {**ERASED_ITEM, "erasedAt": "long ago"})
    where = "erased.erasedAt"
    problem = "expected a date and time with offset, such as 2026-11-01T08:00:00Z"
    expected = repr(Unavailable(TABLE, f"malformed item: {where}: {problem}"))
    assert repr(ask(tables, ErasedMark(FAN))) == expected


def test_a_profile_is_made_where_there_is_none(tables: SqliteTables) -> None:
    """A fan without an identity record gets one, with what the event says and nothing else."""
    assert ask(tables, FanProfile(FAN)) is None
    assert ask(tables, PutProfile(FULL_EVENT, None, 0)) == PutOutcome[StoredProfile](written=True)
    assert ask(tables, FanProfile(FAN)) == StoredProfile(NOW, FULL_ITEM, stamped(FULL_EVENT))


def test_a_profile_keeps_what_is_not_the_events(tables: SqliteTables) -> None:
    """Scores, their time and attributes that nobody here knows stay as they are stored."""
    tables.put(TABLE, SCORED)
    profile = ask(tables, FanProfile(FAN))
    assert profile == read_profile(SCORED)
    put = PutProfile(FULL_EVENT, profile, 0)
    assert ask(tables, put) == PutOutcome[StoredProfile](written=True)
    assert ask(tables, FanProfile(FAN)) == read_profile({**SCORED, **FULL_ITEM})


OLD_STAMP = ["2026-10-01T08:00:00Z", ""]
NEW_STAMP = ["2026-11-01T08:00:00Z", "e-1"]


def test_an_item_without_stamps_counts_as_stamped_when_its_profile_was() -> None:
    """Where only ``profileAt`` is stored, each field that is there has that stamp, and no id."""
    stamp = Stamp(datetime(2026, 10, 1, 8, tzinfo=UTC), "")
    texts = {
        "memberId": '"member1"',
        "email": '"old@example.com"',
        "locale": '"de-DE"',
        "attributes": '{"age":41}',
    }
    fields = {name: Written(stamp, text) for name, text in texts.items()}
    assert read_profile(SCORED) == StoredProfile(stamp.written_at, SCORED, fields)


def test_an_item_that_no_event_wrote_gives_way_to_any() -> None:
    """Without ``profileAt`` and stamps, each field that is there has the least stamp."""
    item = {"PK": "fan:user123", "SK": "identity", "memberId": "member1", "score": 5}
    fields = {"memberId": Written(LEAST, '"member1"')}
    assert read_profile(item) == StoredProfile(None, item, fields)
    long_ago = attrs.evolve(EVENT, occurred_at=datetime(1970, 1, 1, tzinfo=UTC))
    assert profile_item(long_ago, read_profile(item)) == {
        **item,
        "memberId": "member123",
        "profileAt": "1970-01-01T00:00:00Z",
        "stamps": {"memberId": ["1970-01-01T00:00:00Z", "e-1"]},
    }


def test_what_an_event_leaves_out_stays() -> None:
    """A null field of an event leaves what is stored untouched, with its stamp."""
    said_now = {"memberId": "member123", "profileAt": "2026-11-01T08:00:00Z"}
    old = dict.fromkeys(("attributes", "email", "locale"), OLD_STAMP)
    assert profile_item(EVENT, read_profile(SCORED)) == {
        **SCORED,
        **said_now,
        "stamps": {**old, "memberId": NEW_STAMP},
    }
    assert profile_item(EVENT, None) == {
        "PK": "fan:user123",
        "SK": "identity",
        **said_now,
        "stamps": {"memberId": NEW_STAMP},
    }


def test_what_is_newer_stays() -> None:
    """A late event fills what nobody has said, and changes nothing that was said after it."""
    late = attrs.evolve(FULL_EVENT, occurred_at=datetime(2026, 9, 1, tzinfo=UTC))
    old = dict.fromkeys(("attributes", "email", "locale", "memberId"), OLD_STAMP)
    assert profile_item(late, read_profile(SCORED)) == {
        **SCORED,
        "phoneNumber": "+15550100123",
        "profileAt": "2026-10-01T08:00:00Z",
        "stamps": {**old, "phoneNumber": ["2026-09-01T00:00:00Z", "e-1"]},
    }


def test_of_events_of_one_moment_the_greater_id_counts() -> None:
    """Whichever comes first, the event with the greater id has the last word."""
    one = attrs.evolve(EVENT, locale=Locale("en-GB"))
    two = attrs.evolve(one, id="e-2", locale=Locale("de-DE"))
    items = [
        profile_item(later, read_profile(profile_item(first, None)))
        for first, later in ((one, two), (two, one))
    ]
    assert items[0] == items[1]
    assert items[0]["locale"] == "de-DE"


def test_attributes_are_replaced_as_a_whole() -> None:
    """The attributes of the newest event are the fan's; keys of an older one are gone."""
    event = attrs.evolve(EVENT, attributes="{}")
    assert profile_item(event, read_profile(SCORED))["attributes"] == {}


@pytest.mark.parametrize(
    ("stamps", "path"),
    [
        ("now", "identity.stamps"),
        ({"email": "now"}, "identity.stamps.email"),
        ({"email": ["now", "e-1"]}, "identity.stamps.email"),
        ({"locale": ["2026-11-01T08:00:00Z", 1]}, "identity.stamps.locale"),
    ],
)
def test_malformed_stamps_are_refused(stamps: object, path: str) -> None:
    """A record whose stamps cannot be read is refused, with the path of what is wrong."""
    with pytest.raises(InvalidInput) as refused:
        read_profile({**SCORED, "stamps": stamps})
    assert refused.value.where == path


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"score": 20}, id="score"),
        pytest.param({"profileAt": "2026-10-02T08:00:00Z"}, id="profile"),
        pytest.param({"stamps": {"email": NEW_STAMP}}, id="stamps"),
        pytest.param({"somethingNew": None}, id="unknown attribute"),
    ],
)
def test_a_record_that_changed_is_not_written_over(
    tables: SqliteTables, change: Mapping[str, object]
) -> None:
    """A write is refused if anything in the record has changed since it was read."""
    changed = {**SCORED, **change}
    tables.put(TABLE, changed)
    put = PutProfile(EVENT, read_profile(SCORED), 0)
    refused = PutOutcome(written=False, stored=read_profile(changed))
    assert ask(tables, put) == refused
    assert ask(tables, FanProfile(FAN)) == read_profile(changed)


def test_a_score_that_came_meanwhile_is_not_written_over(tables: SqliteTables) -> None:
    """An attribute that the record did not have when it was read must still not be there."""
    before = {name: value for name, value in SCORED.items() if name not in {"score", "rawScore"}}
    tables.put(TABLE, SCORED)
    put = PutProfile(EVENT, read_profile(before), 0)
    assert ask(tables, put) == PutOutcome(written=False, stored=read_profile(SCORED))


def test_a_record_that_came_or_went_meanwhile_is_not_written_over(tables: SqliteTables) -> None:
    """A write is refused where a record is and none was, and where none is and one was."""
    gone = PutProfile(EVENT, read_profile(SCORED), 0)
    assert ask(tables, gone) == PutOutcome[StoredProfile](written=False)
    tables.put(TABLE, SCORED)
    came = PutProfile(EVENT, None, 0)
    assert ask(tables, came) == PutOutcome(written=False, stored=read_profile(SCORED))


@pytest.mark.parametrize("at", [5, "yesterday", "2026-11-01"])
def test_a_malformed_profile_makes_the_table_unavailable(tables: SqliteTables, at: object) -> None:
    """A record whose ``profileAt`` cannot be read is not written over."""
    tables.put(TABLE, {**SCORED, "profileAt": at})
    rule = "expected a date and time with offset, such as 2026-11-01T08:00:00Z"
    expected = repr(Unavailable(TABLE, f"malformed item: identity.profileAt: {rule}"))
    assert repr(ask(tables, FanProfile(FAN))) == expected
    assert repr(ask(tables, PutProfile(EVENT, None, 0))) == expected
    assert '"memberId":"member1"' in (stored(tables, identity(FAN)) or "")
