from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from fanscore_adapters.bulk.event_scoring import EventScoring, Step, do
from fanscore_adapters.bulk.receipts import (
    DECIDING,
    Deciding,
    ReceiptMaker,
    begin_deciding,
    decisions_record,
    receipts_record,
)
from fanscore_adapters.bulk.work_folder import WorkFolder
from fanscore_adapters.documents.decision_lines import read_decision_lines
from fanscore_adapters.documents.receipts import read_receipts
from fanscore_adapters.dynamodb.export_manifest import TableExport
from fanscore_adapters.items.operations import Item
from fanscore_core.errors import Unavailable
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.receipt import Receipt
from fanscore_core.registrants import Registrant, ScoredFan, score_registrants
from fanscore_core.signals import MODEL
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY
from tests.bulk_worlds import AT, CODE, EVENT, exported, nobody

FANS = [GlobalUserId(f"fan{number}") for number in range(12)]


def decidings() -> Iterator[Deciding]:
    """Yield another time and key at each beginning."""
    for number in range(100):
        yield Deciding(AT + timedelta(seconds=number), bytes([number]) * 32)


class StoppedError(Exception):
    """Stands for a process that ends."""


class Run:
    """A run in a folder, which may be stopped and go on."""

    def __init__(self, work: Path, exports: dict[str, TableExport]) -> None:
        self._work, self._exports = work, exports
        self._decidings = decidings()

    def go(self, stop_after: int = -1) -> tuple[int, bytes]:
        """Do some steps at most; return how many there are in all, and the file of receipts."""
        left = stop_after

        def done(_: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise StoppedError

        begin = partial(begin_deciding, begin=lambda: next(self._decidings))
        maker = ReceiptMaker(EVENT, DEFAULT_POLICY, CODE, self._work / DECIDING)
        record = receipts_record(maker)
        with WorkFolder(self._work, {}, done, nobody) as folder:
            scoring = EventScoring(
                EVENT, DEFAULT_POLICY, self._exports, None, [record], folder, partitions=3
            )
            steps = scoring.steps([Step(DECIDING, begin)])
            do(steps, folder)
            files = [(each / record.name).read_bytes() for each in scoring.chunks()]
            return len(steps), b"".join(files)


@pytest.fixture
def exports(tmp_path: Path) -> dict[str, TableExport]:
    """A crowd's exports; the account's score of one fan is malformed."""
    identities: list[Item] = [{"PK": "botornot", "SK": "cursor", "cursor": "run1"}]
    identities += [
        {"PK": f"fan:{fan}", "SK": "identity", "memberId": f"member-{fan}"} for fan in FANS
    ]
    item: Item = {"PK": f"member:member-{FANS[3]}", "SK": "score#account", "score": "many"}
    demand: list[Item] = [{"PK": f"event:{EVENT}", "SK": "disco", "discoEventId": "disco1"}]
    demand += [{"PK": f"fan:{fan}", "SK": "demand#disco1-sale1"} for fan in FANS]
    tables = {FAN_IDENTITY: identities, ACCOUNT_FANSCORE: [item], DEMAND: demand}
    return {**exported(tmp_path / "exports", tables)}


def read(content: bytes) -> Sequence[Receipt]:
    """Read receipts, which checks each against its leaf."""
    return [*read_receipts(BytesIO(content))]


def test_a_run_that_is_stopped_after_any_step_comes_to_the_same_receipts(
    tmp_path: Path, exports: dict[str, TableExport]
) -> None:
    """Each fan has one receipt, of one time and key, to the byte as if it had never stopped."""
    count, expected = Run(tmp_path / "whole", exports).go()
    receipts = read(expected)
    assert sorted(each.global_user_id for each in receipts) == sorted(FANS)
    assert {each.decided_at for each in receipts} == {AT}
    assert [each.global_user_id for each in receipts if each.error] == [FANS[3]]
    assert len({each.nonce for each in receipts}) == len(FANS)
    for stop in range(1, count + 1):
        run = Run(tmp_path / f"stopped{stop}", exports)
        with pytest.raises(StoppedError):
            run.go(stop)
        assert run.go() == (count, expected)


def maker(folder: Path) -> ReceiptMaker:
    """Make receipts of fans that no export has."""
    begin_deciding(folder / DECIDING, lambda: next(decidings()))
    return ReceiptMaker(EVENT, DEFAULT_POLICY, CODE, folder / DECIDING)


def decided(*findings: Findings | Unavailable) -> Sequence[ScoredFan]:
    """Decide for some fans."""
    registrants = map(Registrant, FANS, findings)
    return [*score_registrants(DEFAULT_POLICY, registrants)]


def known(likelihood: str) -> Findings:
    """Return what is known of a fan, all of it but a verdict the same."""
    return Findings(ScoreOrigin.NO_HISTORY, None, {MODEL: Decimal(likelihood)})


def test_a_number_that_no_receipt_takes_costs_one_fan_the_receipt(tmp_path: Path) -> None:
    """The others have theirs, and their log lines."""
    fans = decided(known("0.1"), known("1E-65"), Unavailable(ACCOUNT_FANSCORE))
    made = maker(tmp_path)
    receipts = read("".join(receipts_record(made).lines(fans)).encode())
    assert [each.global_user_id for each in receipts] == [FANS[0], FANS[2]]
    assert [each.error for each in receipts] == [None, "UNAVAILABLE"]
    lines = "".join(decisions_record(made).lines(fans)).encode()
    assert [each.leaf for each in read_decision_lines(BytesIO(lines))] == [
        each.leaf for each in receipts
    ]
    assert not any(each.encode() in lines for each in FANS)


def test_receipts_are_made_once_for_all_records_of_the_same_fans(tmp_path: Path) -> None:
    """Other fans have others, also where they are as many and known by the same."""
    made, some, others = maker(tmp_path), decided(known("0.1")), decided(known("0.1"))
    assert made.receipts(some) is made.receipts(some)
    assert made.receipts(others) is not made.receipts(some)
    assert made.receipts([]) == []


def test_a_key_and_a_time_are_new_at_each_beginning(tmp_path: Path) -> None:
    """Two runs for the same fans share no nonce; the key is shown by no error."""
    nonces = set()
    for name in ("one", "two"):
        begin_deciding(tmp_path / name)
        run = ReceiptMaker(EVENT, DEFAULT_POLICY, CODE, tmp_path / name)
        nonces |= {each.nonce for each in run.receipts(decided(known("0"), known("0")))}
    assert len(nonces) == 4
    assert "key" not in repr(Deciding.now())
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600
