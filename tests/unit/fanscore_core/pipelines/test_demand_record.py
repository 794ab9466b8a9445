from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, cast

import attrs
import pytest

from fanscore_core.demand import DemandChange, DemandRecord, StoredDemandRecord, deletion, fill
from fanscore_core.engine.definition import Pipeline
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.rounds import run
from fanscore_core.engine.state import Outcome
from fanscore_core.engine.steps import Step, StepKind
from fanscore_core.engine.stubs import Answers, answer
from fanscore_core.errors import (
    Conflict,
    ConflictReason,
    DeadlineExceeded,
    InvalidInput,
    NotLoggedIn,
    NotOwner,
    Unavailable,
)
from fanscore_core.ids import EventId, GlobalUserId, MemberId, RequestId
from fanscore_core.merging import Written, merge
from fanscore_core.pages import ListPage, Page, PageRequest
from fanscore_core.pipelines.demand_record import (
    DemandChangeArgs,
    DemandChangeStash,
    DemandRecordResult,
    DemandRecordStatus,
    demand_record_delete,
    demand_record_save,
)
from fanscore_core.pipelines.demand_records import RecordsArgs, records
from fanscore_core.ports.account_service import AccountInfo, UserInfo
from fanscore_core.ports.demand_records import (
    DemandRecords,
    DemandRecordsPage,
    DemandSaleRecord,
    PutDemandRecord,
)
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.scalars import Email
from tests.declarations import undeclared_use
from tests.demand_samples import (
    EVENT,
    FAN,
    KEY,
    SALE,
    at,
    change,
    deleted,
    sale,
    saved,
    stamp,
    stored,
)

Changed: TypeAlias = Outcome[DemandChangeStash, DemandRecordResult]
ChangePipeline: TypeAlias = Pipeline[DemandChangeArgs, DemandChangeStash, DemandRecordResult]

HEADER = "Bearer token"
ACCOUNT = UserInfo(FAN, MemberId("member123"), Email("fan@example.com"))
NO_MAIL = attrs.evolve(ACCOUNT, email=None)

ACCOUNT_INFO = AccountInfo(FAN, HEADER)
SALE_RECORD = DemandSaleRecord(FAN, EVENT, SALE)
EVENT_RECORDS = DemandRecords(FAN, EVENT)

SAVE = saved(9, locale="en-GB")


class Desk:
    """A source that says what is stored, and answers puts as it is told; then it writes them.

    Attributes:
        asked: every question, by round.
    """

    def __init__(
        self,
        existing: object = None,
        *,
        account: object = NO_MAIL,
        others: object = (),
        puts: Iterable[object] = (),
    ) -> None:
        self.asked: list[list[Question[object]]] = []
        self._answers = {ACCOUNT_INFO: account, SALE_RECORD: existing, EVENT_RECORDS: others}
        self._puts = iter(puts)

    @property
    def puts(self) -> list[PutDemandRecord]:
        """The puts that it was asked for."""
        every = [question for asked in self.asked for question in asked]
        return [question for question in every if isinstance(question, PutDemandRecord)]

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        self.asked.append([ask.question for ask in asks])
        return [Answered(self._answer(ask.question), "desk") for ask in asks]

    def _answer(self, question: Question[object]) -> object:
        if isinstance(question, PutDemandRecord):
            return next(self._puts, PutOutcome(written=True))
        return cast("Mapping[Question[object], object]", self._answers)[question]

    def change(
        self, asked_for: DemandChange, pipeline: ChangePipeline = demand_record_save
    ) -> Changed:
        """Ask for a change."""
        return run(pipeline, DemandChangeArgs(FAN, HEADER, asked_for), self)

    def save(self, record: DemandRecord = SAVE) -> Changed:
        """Ask for a save."""
        return self.change(change(record))

    def delete(self, record: DemandRecord) -> Changed:
        """Ask for a delete."""
        return self.change(change(record), demand_record_delete)


def refused(record: DemandRecord, version: int, **requests: str) -> PutOutcome[StoredDemandRecord]:
    """Make the answer to a put for which another was faster."""
    return PutOutcome(written=False, stored=stored(record, version, requests))


def succeeded(record: DemandRecord, version: int, requests: Mapping[str, str]) -> object:
    """Make the result of a save."""
    return DemandRecordResult(DemandRecordStatus.SUCCESS, stored(record, version, requests))


DELETED = DemandRecordResult(DemandRecordStatus.DELETED, None)
ONE_REQUEST = {"request-1": "digest-1"}


@pytest.mark.parametrize(
    "each", [*demand_record_save.steps, *records.steps], ids=lambda each: each.name
)
def test_steps_declare_what_they_use(each: Step[object, object, object]) -> None:
    """Every step reads and writes exactly what it declares."""
    assert undeclared_use(each) == ()


def test_the_steps_of_the_users_document() -> None:
    """Save and delete are the four steps of the user's document, by name; only the last writes."""
    steps = [(each.name, each.kind) for each in demand_record_save.steps]
    assert steps == [
        ("tmAccountInfo", StepKind.GATE),
        ("getDemandSaleRecord", StepKind.PLAIN),
        ("getDemandEventRecord", StepKind.PLAIN),
        ("saveDemandRecord", StepKind.EFFECT),
    ]
    assert demand_record_delete.steps == demand_record_save.steps
    assert [demand_record_save.name, demand_record_delete.name] == [
        "demandRecordSave",
        "demandRecordDelete",
    ]


def test_an_uncontended_save_is_three_rounds() -> None:
    """A save asks for the account, then reads twice at once, then writes once."""
    desk = Desk()
    outcome = desk.save()
    new = stored(SAVE)
    assert outcome.result() == succeeded(SAVE, 1, ONE_REQUEST)
    assert desk.asked == [
        [ACCOUNT_INFO],
        [SALE_RECORD, EVENT_RECORDS],
        [PutDemandRecord(new, expected_version=0, attempt=0)],
    ]
    assert outcome.trace.rounds == 3
    assert outcome.stash == DemandChangeStash(NO_MAIL, None, ())


def test_a_save_merges_with_what_is_stored() -> None:
    """A save changes what it names, and continues the stored version and requests."""
    before = stored(saved(1, "r-0", email="old@example.com"), 6, {"r-0": "digest-0"})
    desk = Desk(before)
    merged = merge(before.record, SAVE)
    requests = {"r-0": "digest-0", **ONE_REQUEST}
    assert desk.save().result() == succeeded(merged, 7, requests)
    assert desk.puts == [PutDemandRecord(stored(merged, 7, requests), 6, 0)]
    assert (merged.value_of("email"), merged.value_of("locale")) == ("old@example.com", "en-GB")


def test_no_login() -> None:
    """Without a login nothing but the account is asked, and nothing written."""
    desk = Desk(account=NotLoggedIn())
    assert repr(desk.save().error) == repr(NotLoggedIn())
    assert desk.asked == [[ACCOUNT_INFO]]


def test_the_account_of_somebody_else() -> None:
    """An account of another fan than the caller is not the owner's, and ends the request."""
    desk = Desk(account=attrs.evolve(ACCOUNT, global_user_id=GlobalUserId("user124")))
    assert repr(desk.save().error) == repr(NotOwner())
    assert desk.asked == [[ACCOUNT_INFO]]


def test_defaults() -> None:
    """Holes are filled from the newest other record of the event, then from the account."""
    own = stored(saved(1, locale="nl"), 4)
    older = stored(saved(2, key=sale("s2"), contactMethod="SMS", locale="fr"))
    newer = stored(saved(3, key=sale("s1"), contactMethod="EMAIL", locale="de"))
    desk = Desk(account=ACCOUNT, others=(newer, older, own))
    outcome = desk.save()
    filled = fill(SAVE, [newer.record, older.record], "fan@example.com")
    assert outcome.result() == succeeded(filled, 1, ONE_REQUEST)
    assert {name: filled.value_of(name) for name in filled.fields} == {
        "email": "fan@example.com",
        "contactMethod": "EMAIL",
        "locale": "en-GB",
    }
    assert outcome.stash.event_record == (newer, older)


def test_the_record_itself_gives_no_default() -> None:
    """What was deleted of a record does not come back as a default of its own."""
    tombstone = stored(merge(saved(1, email="old@example.com"), deleted(2)), 2, {})
    stale = stored(saved(1, email="old@example.com"))
    desk = Desk(tombstone, others=(stale,))
    record = merge(tombstone.record, SAVE)
    assert desk.save().result() == succeeded(record, 3, ONE_REQUEST)
    assert list(record.fields) == ["locale"]


def test_a_tombstone_gets_no_default() -> None:
    """A delete that comes after a newer one leaves the tombstone without personal data."""
    tombstone = stored(deleted(99, "r-0"), 1, {"r-0": "digest-0"})
    desk = Desk(tombstone, account=ACCOUNT)
    assert desk.delete(deleted(9)).result() == DELETED
    requests = {"r-0": "digest-0", **ONE_REQUEST}
    record = DemandRecord(*KEY, deleted=stamp(99, "r-0"), updated_at=at(99))
    assert desk.puts == [PutDemandRecord(stored(record, 2, requests), 1, 0)]


def test_a_delete() -> None:
    """A delete leaves a tombstone that continues the version, and fills nothing."""
    before = stored(saved(1, "r-0", email="old@example.com"), 6, {"r-0": "digest-0"})
    desk = Desk(before, account=ACCOUNT)
    assert desk.delete(deleted(9)).result() == DELETED
    tombstone = merge(before.record, deleted(9))
    requests = {"r-0": "digest-0", **ONE_REQUEST}
    assert desk.puts == [PutDemandRecord(stored(tombstone, 7, requests), 6, 0)]
    assert [len(asked) for asked in desk.asked] == [1, 2, 1]


def test_a_delete_of_nothing() -> None:
    """Deleting what is not there succeeds, and leaves a tombstone against late saves."""
    desk = Desk(account=ACCOUNT)
    assert desk.delete(deleted(9)).result() == DELETED
    assert desk.puts == [PutDemandRecord(stored(deletion(KEY, stamp(9))), 0, 0)]


def test_a_conflict_is_merged_and_tried_again() -> None:
    """A refused put is made again, merged with what the condition found, by its version."""
    rival = saved(8, "r-0", email="rival@example.com")
    desk = Desk(puts=[refused(rival, 3, r="d")])
    merged = merge(rival, SAVE)
    requests = {"r": "d", **ONE_REQUEST}
    assert desk.save().result() == succeeded(merged, 4, requests)
    assert desk.puts == [
        PutDemandRecord(stored(SAVE), expected_version=0, attempt=0),
        PutDemandRecord(stored(merged, 4, requests), expected_version=3, attempt=1),
    ]
    assert [len(asked) for asked in desk.asked] == [1, 2, 1, 1]


def test_what_is_gone_is_written_anew() -> None:
    """A put that is refused because nothing is there any more is made as a first one."""
    before = stored(saved(1, "r-0", email="old@example.com"), 6, {"r-0": "digest-0"})
    desk = Desk(before, puts=[PutOutcome(written=False, stored=None)])
    assert desk.save().result() == succeeded(SAVE, 1, ONE_REQUEST)
    assert [(put.expected_version, put.attempt) for put in desk.puts] == [(6, 0), (0, 1)]


def test_a_conflict_that_persists() -> None:
    """After five more attempts it is a conflict; each attempt has its number to be waited by."""
    rivals = [refused(saved(1, f"r-{index}"), index) for index in range(1, 9)]
    desk = Desk(puts=rivals)
    assert repr(desk.save().error) == repr(Conflict(ConflictReason.CHANGED))
    assert [(put.expected_version, put.attempt) for put in desk.puts] == [
        (index, index) for index in range(6)
    ]


@pytest.mark.parametrize("rivals", range(6))
def test_a_lost_reply(rivals: int) -> None:
    """A put that was made, and is refused when it is sent again, is known by its request id."""
    written = merge(saved(1, "r-0"), SAVE)
    puts = [refused(saved(1, f"r-{index}"), index) for index in range(1, rivals + 1)]
    desk = Desk(puts=[*puts, refused(written, 9, r="d", **ONE_REQUEST)])
    assert desk.save().result() == succeeded(written, 9, {"r": "d", **ONE_REQUEST})
    assert len(desk.puts) == rivals + 1


def test_a_request_that_was_applied() -> None:
    """A request that is known answers with what is stored now, and writes nothing."""
    now = stored(saved(99, locale="fr"), 12, {**ONE_REQUEST, "later": "digest-2"})
    desk = Desk(now)
    outcome = desk.save()
    assert outcome.result() == DemandRecordResult(DemandRecordStatus.SUCCESS, now)
    assert desk.asked == [[ACCOUNT_INFO], [SALE_RECORD, EVENT_RECORDS]]


def test_a_delete_that_was_applied() -> None:
    """A delete that is known succeeds again, and writes nothing."""
    desk = Desk(stored(deleted(5)))
    assert desk.delete(deleted(9)).result() == DELETED
    assert desk.puts == []


@pytest.mark.parametrize("puts", [[], [refused(saved(1), 3, **{"request-1": "other"})]])
def test_a_request_id_of_another_request(puts: list[PutOutcome[StoredDemandRecord]]) -> None:
    """A known request id with another input is a conflict, found before or after a put."""
    used = stored(saved(1), 1, {"request-1": "other"})
    desk = Desk(None if puts else used, puts=puts)
    assert repr(desk.save().error) == repr(Conflict(ConflictReason.REUSED_REQUEST_ID))
    assert len(desk.puts) == len(puts)


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ("account", Unavailable("proxy_tm_account_service")),
        ("existing", Unavailable("demand_table", "malformed item: record.version: required")),
        ("others", DeadlineExceeded("demand_table")),
        ("puts", Unavailable("demand_table", "throttled")),
        ("puts", DeadlineExceeded("demand_table")),
    ],
)
def test_no_step_degrades(question: str, error: Exception) -> None:
    """A save that cannot read or write is no save."""
    answers: dict[str, object] = {question: [error] if question == "puts" else error}
    desk = Desk(**answers)  # type: ignore[arg-type]  # puts are a list
    assert repr(desk.save().error) == repr(error)
    assert len(desk.puts) == (question == "puts")


def test_attributes_over_the_limits() -> None:
    """Attributes that are too many after merging are refused, and nothing is written."""
    before = stored(saved(1, "r-0", attributes={f"a{index}": index for index in range(64)}), 1, {})
    desk = Desk(before)
    outcome = desk.save(saved(9, attributes={"one": "more"}))
    problem = InvalidInput("arguments.input.attributes", "more than 64 keys")
    assert repr(outcome.error) == repr(problem)
    assert desk.puts == []


def test_clearing_makes_room_for_attributes() -> None:
    """After all attributes are cleared there is room for 64 keys again."""
    many = saved(1, attributes={f"a{index}": index for index in range(64)})
    before = stored(merge(many, saved(2, clear_attributes=True)), 2, {})
    assert Desk(before).save(saved(9, attributes={"one": "more"})).error is None


def test_requests_are_kept_by_the_store() -> None:
    """The last 64 requests are kept through the pipeline, and this one is the newest."""
    known = {f"r-{index}": f"digest-{index}" for index in range(64)}
    desk = Desk(stored(saved(1), 30, known))
    desk.save()
    kept = [request for request, _ in desk.puts[0].new.requests]
    assert kept == [*map(RequestId, list(known)[1:]), RequestId("request-1")]


def test_a_default_stays_a_default() -> None:
    """A default that was stored is not stamped anew by a later save."""
    before = stored(fill(saved(1, "r-0"), [], "fan@example.com"), 1, {"r-0": "digest-0"})
    desk = Desk(before, account=attrs.evolve(ACCOUNT, email=Email("new@example.com")))
    result = desk.save().result()
    assert result.record is not None
    assert result.record.record.fields == {
        "email": before.record.fields["email"],
        "locale": Written(stamp(9), '"en-GB"'),
    }


OUTDATED = repr(Conflict(ConflictReason.OUTDATED))
AHEAD = 86_400
"""A clock that was a day ahead."""


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(saved(9, locale="fr", attributes={"a": 2}), id="each field loses"),
        pytest.param(saved(9), id="no field"),
        pytest.param(saved(9, locale=None), id="clears a field"),
        pytest.param(deleted(9), id="delete"),
    ],
)
def test_a_change_of_which_nothing_counts(late: DemandRecord) -> None:
    """A change that loses against what is stored is a conflict, and writes nothing."""
    ahead = saved(AHEAD, "r-0", locale="en-GB", attributes={"a": 1})
    desk = Desk(stored(ahead, 1, {"r-0": "digest-0"}))
    assert repr(desk.save(late).error) == OUTDATED
    assert desk.puts == []


@pytest.mark.parametrize("late", [saved(9, locale="fr"), saved(9, clear_attributes=True), saved(9)])
def test_a_save_before_a_delete_by_a_clock_that_was_ahead(late: DemandRecord) -> None:
    """A save of which a later delete leaves nothing is a conflict."""
    desk = Desk(stored(deleted(AHEAD, "r-0"), 1, {"r-0": "digest-0"}))
    assert repr(desk.save(late).error) == OUTDATED
    assert desk.puts == []


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(saved(9, locale="fr", email="fan@example.com"), id="one field"),
        pytest.param(saved(9, attributes={"b": 2}), id="one attribute"),
    ],
)
def test_a_change_of_which_a_part_counts(late: DemandRecord) -> None:
    """Where one field has no greater stamp that field is saved, and the save succeeds."""
    ahead = saved(AHEAD, "r-0", locale="en-GB", attributes={"a": 1})
    desk = Desk(stored(ahead, 1, {"r-0": "digest-0"}))
    merged = merge(ahead, late)
    assert desk.save(late).result() == succeeded(merged, 2, {"r-0": "digest-0", **ONE_REQUEST})


def test_clearing_all_attributes_counts_by_itself() -> None:
    """A save that does nothing but clear attributes, none of them newer, is not lost."""
    ahead = merge(saved(1, "r-1", attributes={"a": 1}), saved(AHEAD, "r-0", locale="en-GB"))
    desk = Desk(stored(ahead, 1, {}))
    assert desk.save(saved(9, clear_attributes=True)).error is None
    assert desk.puts[0].new.record.attributes() == {}


def test_a_delete_of_what_was_deleted_by_a_clock_that_was_ahead() -> None:
    """A delete of what is not there succeeds, whatever the stamp of the delete before."""
    desk = Desk(stored(deleted(AHEAD, "r-0"), 1, {}))
    assert desk.delete(deleted(9)).result() == DELETED


def test_a_rival_with_a_clock_that_is_ahead() -> None:
    """What a rival wrote meanwhile counts, too."""
    desk = Desk(puts=[refused(saved(AHEAD, "r-1", locale="fr"), 1)])
    assert repr(desk.save(SAVE).error) == OUTDATED
    assert len(desk.puts) == 1


@pytest.mark.parametrize("event", [EVENT, None])
@pytest.mark.parametrize("found", [(), (stored(saved(1)), stored(saved(2, key=sale("s1"))))])
def test_records(event: EventId | None, found: tuple[StoredDemandRecord, ...]) -> None:
    """A page of a fan's records, of one event or of all, is the answer to one question."""
    page = Page(found, "evt123-s2")
    source = Recording(Answers(answer(DemandRecordsPage(FAN, event, 7, "evt123-s0"), page)))
    outcome = run(records, RecordsArgs(FAN, event, PageRequest("list", 7, "evt123-s0")), source)
    assert (outcome.result(), len(source.kept)) == (ListPage("list", page), 1)


def test_a_tombstone_is_not_shown() -> None:
    """A deleted record is not among a fan's records, even where that leaves a page empty."""
    live, gone = stored(saved(1)), stored(deleted(1, key=sale("s1")))
    source = Answers(
        answer(DemandRecordsPage(FAN, EVENT, 100), Page((gone, live))),
        answer(DemandRecordsPage(FAN, None, 1), Page((gone,), "evt123-s1")),
    )
    pages = [
        run(records, RecordsArgs(FAN, event, request), source).result().page
        for event, request in ((EVENT, PageRequest("a")), (None, PageRequest("b", 1)))
    ]
    assert pages == [Page((live,)), Page((), "evt123-s1")]


# How many there may be

LIVE_OTHERS = tuple(stored(saved(1, key=sale(f"s{number}"))) for number in range(998))
FULL = (*LIVE_OTHERS, *(stored(deleted(1, key=sale(name))) for name in ("gone-1", "gone-2")))
OVER = InvalidInput(
    "arguments.input", "the event has 1000 records of the fan, deleted ones included"
)


@pytest.mark.parametrize(
    ("wanted", "pipeline"), [(SAVE, demand_record_save), (deleted(9), demand_record_delete)]
)
def test_no_more_than_1000_records_of_an_event(
    wanted: DemandRecord, pipeline: ChangePipeline
) -> None:
    """A record beyond 1,000 stored ones is refused, tombstones and new tombstones included."""
    desk = Desk(others=FULL)
    assert repr(desk.change(change(wanted), pipeline).error) == repr(OVER)
    assert desk.puts == []
    assert [len(asked) for asked in desk.asked] == [1, 2]


def test_the_last_record_of_an_event() -> None:
    """A new record that is the 1,000th is stored."""
    assert Desk(others=FULL[1:]).save().result().status is DemandRecordStatus.SUCCESS


@pytest.mark.parametrize("existing", [saved(1), deleted(1)], ids=["live", "tombstone"])
def test_a_stored_record_can_always_be_changed(existing: DemandRecord) -> None:
    """A record that is stored, if only as a tombstone, is none more, however many there are."""
    desk = Desk(stored(existing, 1, {}), others=(*FULL, stored(existing, 1, {})))
    assert desk.save().result().status is DemandRecordStatus.SUCCESS


def test_a_record_that_a_rival_has_stored_is_no_new_one() -> None:
    """What lies there after a conflict is changed; what has gone meanwhile is counted anew."""
    lies_there = PutOutcome(written=False, stored=stored(saved(1), 1, {}))
    gone: PutOutcome[StoredDemandRecord] = PutOutcome(written=False)
    desk = Desk(others=FULL[1:], puts=[lies_there])
    assert desk.save().result().status is DemandRecordStatus.SUCCESS
    desk = Desk(stored(saved(1), 1, {}), others=FULL, puts=[gone])
    assert repr(desk.save().error) == repr(OVER)


def test_a_tombstone_gives_no_default() -> None:
    """Defaults come from the fan's live records alone."""
    gone = merge(saved(1, key=sale("s1"), locale="fr"), deleted(2, key=sale("s1")))
    desk = Desk(others=(stored(gone),), account=NO_MAIL)
    desk.save(saved(9))
    assert desk.puts[0].new.record.fields == {}
