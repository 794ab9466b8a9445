from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fanscore_core.engine.rounds import run
from fanscore_core.engine.stubs import Answers
from fanscore_core.errors import InvalidInput, NotOwner
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId, RequestId
from fanscore_core.pipelines.entries import (
    EntryReceipt,
    EntryStatus,
    EntryWithdrawArgs,
    UpsertEntryArgs,
    entry_withdraw,
    upsert_entry,
)
from fanscore_core.ports.account_service import AccountInfo, UserInfo
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.user_events import UserWithdrawal
from tests.declarations import undeclared_use
from tests.event_ids import withdrawal_id

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN, CAMPAIGN, REQUEST = GlobalUserId("user123"), CampaignId("camp1"), RequestId("r-1")
ARGS = EntryWithdrawArgs(FAN, "token", CAMPAIGN, REQUEST, NOW)
WITHDRAWN = UserWithdrawal(withdrawal_id(FAN, REQUEST), NOW, FAN, CAMPAIGN)


def test_steps_declare_what_they_use() -> None:
    """Each step declares exactly the fields that it uses."""
    mismatches = [
        *(undeclared_use(each) for each in upsert_entry.steps),
        *(undeclared_use(each) for each in entry_withdraw.steps),
    ]
    assert mismatches == [()] * 5


def test_steps_have_their_names() -> None:
    """The steps are those of the architecture page."""
    names = [[step.name for step in each.steps] for each in (upsert_entry, entry_withdraw)]
    assert names == [
        ["tmAccountInfo", "checkEligibility", "upsertUser"],
        ["tmAccountInfo", "withdrawUser"],
    ]


def test_a_withdrawal_is_published() -> None:
    """The receipt has the id of the published event; nobody asks whether the fan may enter."""
    source = Answers(
        (AccountInfo(FAN, "token"), UserInfo(FAN, MemberId("m-1"))),
        (PublishUserEvent(WITHDRAWN), None),
    )
    outcome = run(entry_withdraw, ARGS, source)
    assert outcome.result() == EntryReceipt(EntryStatus.ACCEPTED, WITHDRAWN.id)
    assert (outcome.trace.rounds, outcome.trace.questions) == (2, 2)


def test_nothing_is_published_for_somebody_else() -> None:
    """Where the session is another fan's, nothing is published."""
    other = UserInfo(GlobalUserId("other"), MemberId("m-2"))
    outcome = run(entry_withdraw, ARGS, Answers((AccountInfo(FAN, "token"), other)))
    assert repr(outcome.error) == repr(NotOwner())
    assert outcome.trace.questions == 1


def test_attributes_over_the_limit_are_refused_beforehand() -> None:
    """What no entry could hold is refused before anything is asked."""
    with pytest.raises(InvalidInput) as refused:
        UpsertEntryArgs(FAN, "token", CAMPAIGN, REQUEST, NOW, attributes='"' + "x" * 17_000 + '"')
    assert refused.value.where == "arguments.input.attributes"
