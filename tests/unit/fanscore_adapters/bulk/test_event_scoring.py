from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from fanscore_adapters.bulk.arm_risks import ArmFile
from fanscore_adapters.bulk.chunks import SCORES, Record, findings_record, read_tally
from fanscore_adapters.bulk.event_scoring import EventScoring, do
from fanscore_adapters.bulk.spill import partitions_for
from fanscore_adapters.bulk.work_folder import WorkFolder
from fanscore_adapters.dynamodb.export_manifest import TableExport
from fanscore_adapters.items.operations import Item
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.findings import Finding, Findings, ScoreOrigin
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.score_tally import ScoreTally
from fanscore_core.signals import ARM, EVENT, MODEL, Missing
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY
from tests.bulk_worlds import EVENT as EVENT_ID
from tests.bulk_worlds import exported, nobody, scored

FANS = [f"fan{number}" for number in range(40)]


def crowd() -> Mapping[str, Sequence[Item]]:
    """Make tables with forty fans: some with a history, some without, one of them malformed."""
    identities: list[Item] = [{"PK": "botornot", "SK": "cursor", "cursor": "run1"}]
    accounts: list[Item] = []
    demand: list[Item] = [{"PK": f"event:{EVENT_ID}", "SK": "disco", "discoEventId": "disco1"}]
    for number, fan in enumerate(FANS):
        identities.append({"PK": f"fan:{fan}", "SK": "identity", "memberId": f"m{number}"})
        verdict = Decimal(number) / 40
        identities.append({"PK": f"fan:{fan}", "SK": "botornot#run1", "botScore": verdict})
        if number % 3:
            score: object = "malformed" if number == 1 else number
            accounts.append({"PK": f"member:m{number}", "SK": "score#account", "score": score})
        demand.append({"PK": f"fan:{fan}", "SK": "demand#disco1-sale1"})
    return {FAN_IDENTITY: identities, ACCOUNT_FANSCORE: accounts, DEMAND: demand}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, TableExport]:
    """The crowd's exports, each table in several files."""
    return exported(tmp_path_factory.mktemp("exports"), crowd(), 15)


class StoppedError(Exception):
    """Stands for a process that ends."""


def run(
    work: Path, exports: Mapping[str, TableExport], records: Sequence[Record], stop_after: int
) -> tuple[int, Mapping[str, bytes]]:
    """Do some steps at most, and return how many there were and all files of the chunks."""
    left = stop_after

    def done(_: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise StoppedError

    with WorkFolder(work, {}, done, nobody) as folder:
        scoring = EventScoring(EVENT_ID, DEFAULT_POLICY, exports, None, records, folder, 3)
        steps = scoring.steps()
        do(steps, folder)
        files = [each for chunk in scoring.chunks() for each in chunk.iterdir()]
        return len(steps), {str(each.relative_to(work)): each.read_bytes() for each in files}


def test_a_run_that_is_stopped_after_any_step_comes_to_the_same(
    tmp_path: Path, exports: Mapping[str, TableExport]
) -> None:
    """Stopped after each step in turn, and going on, a run leaves the same bytes as without."""
    records = [SCORES, findings_record(EVENT_ID)]
    count, expected = run(tmp_path / "whole", exports, records, -1)
    assert count > 15
    for stop in range(1, count + 1):
        work = tmp_path / f"stopped{stop}"
        with pytest.raises(StoppedError):
            run(work, exports, records, stop)
        assert run(work, exports, records, -1) == (count, expected)
    work = tmp_path / "stopped again and again"
    for _ in range(count):
        with pytest.raises(StoppedError):
            run(work, exports, records, 1)
    assert run(work, exports, records, -1) == (count, expected)


def test_a_run_that_is_stopped_within_a_step_comes_to_the_same(
    tmp_path: Path, exports: Mapping[str, TableExport]
) -> None:
    """What was written of a step that did not come to its end leaves no trace."""
    _, expected = run(tmp_path / "whole", exports, [SCORES], -1)
    stops = iter([True])

    def lines(fans: Sequence[object]) -> Sequence[str]:
        if next(stops, False):
            raise StoppedError
        return [*SCORES.lines(fans)]  # type: ignore[arg-type]  # they are scored fans

    with pytest.raises(StoppedError):
        run(tmp_path / "stopped", exports, [Record(SCORES.name, lines)], -1)
    assert (tmp_path / "stopped/scored-000000.unfinished/scores.jsonl").exists()
    assert run(tmp_path / "stopped", exports, [SCORES], -1)[1] == expected


def test_the_tally_counts_everybody(tmp_path: Path, exports: Mapping[str, TableExport]) -> None:
    """The chunks' tallies add up to all fans, who is new, what was missing and what failed."""
    with WorkFolder(tmp_path / "work", {}, sync=nobody) as work:
        scoring = EventScoring(EVENT_ID, DEFAULT_POLICY, exports, None, [SCORES], work, 3)
        do(scoring.steps(), work)
        tally = ScoreTally.total(map(read_tally, scoring.chunks()))
    assert (tally.people, tally.scored, tally.newcomers) == (40, 39, 14)
    assert tally.failed == {ACCOUNT_FANSCORE: 1}
    assert tally.missing == {("arm", "NOT_ASKED"): 39}
    assert (tally.degraded, sum(tally.scores.values())) == ({}, 39)


def test_risks_from_a_file(tmp_path: Path, exports: Mapping[str, TableExport]) -> None:
    """A fan's risk is the file's; ``null`` is no score, and who is not in it was not asked."""
    risks = tmp_path / "risks.jsonl"
    risks.write_text(
        '{"globalUserId":"fan3","risk":2.5}\n{"globalUserId":"fan4","risk":null}\n'
        '{"globalUserId":"elsewhere","risk":1}\n'
    )
    found = scored(tmp_path / "work", exports, ArmFile(risks)).fans
    by_fan = {str(each.global_user_id): each.found for each in found}
    known: Mapping[int, Finding] = {3: Decimal("2.5"), 4: Missing.NO_SCORE}
    assert by_fan == {
        "fan1": by_fan["fan1"],
        **{
            fan: Findings(
                ScoreOrigin.ACCOUNT_SCORE if number % 3 else ScoreOrigin.NO_HISTORY,
                Decimal(number) if number % 3 else None,
                {
                    ARM: known.get(number, Missing.NOT_ASKED),
                    EVENT: Decimal(1),
                    MODEL: Decimal(number) / 40,
                },
            )
            for number, fan in enumerate(FANS)
            if number != 1
        },
    }
    assert isinstance(by_fan["fan1"], Unavailable)
    assert by_fan["fan1"].system == ACCOUNT_FANSCORE


@pytest.mark.parametrize(
    ("line", "where", "problem"),
    [
        (b"{}", "$", "expected globalUserId and risk"),
        (b'{"globalUserId":"a","risk":11}', "risk", "expected a number from 0 to 10, or null"),
        (b'{"globalUserId":"a","risk":true}', "risk", "expected a number from 0 to 10, or null"),
        (b'{"globalUserId":"a","risk":NaN}', "$", "NaN is not JSON"),
        (b'{"globalUserId":"a","risk":1,"x":2}', "$", "expected globalUserId and risk"),
        (b'{"globalUserId":"","risk":1}', "globalUserId", "expected 1 to 128"),
        (b'{"globalUserId":"\xff","risk":1}', "$", "not UTF-8"),
        (b'"' + b"x" * 20_000 + b'"', "$", "longer than 16384 bytes"),
    ],
)
def test_risks_that_are_refused(
    tmp_path: Path,
    exports: Mapping[str, TableExport],
    line: bytes,
    where: str,
    problem: str,
) -> None:
    """A file of risks that cannot be used is refused by its line."""
    risks = tmp_path / "risks.jsonl"
    risks.write_bytes(b'{"globalUserId":"b","risk":0}\n' + line + b"\n")
    with pytest.raises(InvalidInput) as raised:
        scored(tmp_path / "work", exports, ArmFile(risks))
    assert raised.value.where == f"{risks} line 2: {where}"
    assert raised.value.problem.startswith(problem)


@pytest.mark.parametrize(
    ("table", "item", "where", "problem"),
    [
        (
            DEMAND,
            {"PK": "fan:%", "SK": "demand#disco1-s"},
            "Item.PK",
            "expected fan: and the id of a fan",
        ),
        (
            DEMAND,
            {"PK": "fan: a", "SK": "demand#disco1-s"},
            "Item.PK",
            "expected fan: and the id of a fan",
        ),
        (DEMAND, {"PK": "fan:a", "SK": "demand#disco1-\t"}, "Item.SK", "expected the id of a sale"),
        (DEMAND, {"PK": 5, "SK": "demand#disco1-s"}, "Item.PK", 'expected {"S": "…"}'),
        (FAN_IDENTITY, {"PK": "fan:a", "x": "identity", "SK": 5, "y": "\u2028"}, None, ""),
        (FAN_IDENTITY, {"PK": "a\tb", "SK": "identity"}, None, ""),
        (FAN_IDENTITY, {"PK": "fan:a\tb", "SK": "identity", "score": 5}, None, ""),
        (ACCOUNT_FANSCORE, {"PK": "member:a\tb", "SK": "score#account", "score": 5}, None, ""),
    ],
)
def test_items_that_are_malformed(
    tmp_path: Path, table: str, item: Item, where: str | None, problem: str
) -> None:
    """A registration without a usable key is refused; what nobody can ask for is not."""
    tables = {name: [*items] for name, items in crowd().items()}
    tables[table].append(item)
    found = exported(tmp_path / "exports", tables)
    if where is None and "x" not in item:
        assert len(scored(tmp_path / "work", found).fans) == 40
        return
    with pytest.raises(InvalidInput) as raised:
        scored(tmp_path / "work", found)
    (file,) = found[table].files
    expected = "Item.SK" if where is None else where
    assert raised.value.where == f"{file.path} line {file.item_count}: {expected}"
    assert raised.value.problem == (problem or 'expected {"S": "…"}')


def test_an_event_that_nobody_registered_for(
    tmp_path: Path, exports: Mapping[str, TableExport]
) -> None:
    """No fans make no lines."""
    assert scored(tmp_path / "work", exports, event_id=EventId("other")).lines == ""


def test_partitions_grow_with_the_crowd() -> None:
    """A partition has about as many rows however many there are in all."""
    assert [partitions_for(rows) for rows in (0, 1, 25_000, 25_001, 10**8)] == [1, 1, 1, 2, 4000]
