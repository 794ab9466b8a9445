"""From exports to the scores of an event's registrants, in steps that are each done once.

One step for each data file sorts its rows into partitions; then accounts meet fans, then fans meet
the rest, one partition at a time (docs/decisions/0021-bulk.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import attrs

from fanscore_adapters.bulk.arm_risks import ArmFile, ArmRisks, ArmService, spill_risks
from fanscore_adapters.bulk.chunks import Record, write_chunk
from fanscore_adapters.bulk.event_facts import EventFacts, find_event_facts
from fanscore_adapters.bulk.join import Joined, join_accounts, join_fans, read_joined
from fanscore_adapters.bulk.rows import number, spill_accounts, spill_demand, spill_identities
from fanscore_adapters.bulk.spill import (
    ROWS_OF_A_PARTITION,
    SEPARATOR,
    Spill,
    partitions_for,
    spilling,
)
from fanscore_adapters.bulk.work_folder import OWNER_ONLY_FOLDER, WorkFolder, new_file
from fanscore_adapters.dynamodb.export_manifest import DataFile, TableExport
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import Finding
from fanscore_core.ids import EventId
from fanscore_core.policy import ScorePolicy
from fanscore_core.registrants import Registrant, score_registrants
from fanscore_core.signals import Missing
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY

JOINED_TABLES = (FAN_IDENTITY, ACCOUNT_FANSCORE, DEMAND)
"""The tables that a score depends on."""

PARTITIONS_OF_A_STEP = 16
"""Of accounts."""

_FACTS, _RISKS = "facts.json", "risks.spill"
_FANS, _MEMBERS = "fans.spill", "members.spill"


@attrs.frozen
class EventScoring:
    """The registrants of one event, to be scored.

    Attributes:
        event_id: the event.
        policy: says what is worth how many points.
        exports: of the tables, of one and the same moment.
        arm: where ARM risks come from; ``None`` not to ask.
        records: what is kept of each fan.
        work: keeps what is done.
        partitions: into how many rows are sorted, so that one of them fits into memory.
    """

    event_id: EventId
    policy: ScorePolicy
    exports: Mapping[str, TableExport]
    arm: ArmRisks | None
    records: Sequence[Record]
    work: WorkFolder
    partitions: int = attrs.field()

    @partitions.default
    def _enough(self) -> int:
        return partitions_for(sum(each.item_count for each in self.exports.values()))

    def steps(self, before_scores: Sequence[Step] = ()) -> Sequence[Step]:
        """Return what there is to do, in order; done steps, too.

        Args:
            before_scores: what else is to be done, once all is known, before anything is decided.
        """
        return [
            *self.steps_to_findings(),
            *self._asking(),
            *before_scores,
            *(
                Step(f"scored-{each:06d}", partial(self._score, each), ROWS_OF_A_PARTITION)
                for each in self._each()
            ),
        ]

    def steps_to_findings(self) -> Sequence[Step]:
        """Return the steps that read the exports, after which all but ARM's risks is known."""
        return [
            Step(_FACTS, self._find_facts),
            *self._reading("demand", DEMAND, self._read_demand),
            *self._reading("identity", FAN_IDENTITY, self._read_identities),
            *self._reading("account", ACCOUNT_FANSCORE, self._read_accounts),
            *(
                Step(f"base-{first:06d}", partial(self._join_accounts, first))
                for first in range(0, self.partitions, PARTITIONS_OF_A_STEP)
            ),
            *(Step(f"joined-{each:06d}", partial(self._join_fans, each)) for each in self._each()),
        ]

    def chunks(self) -> Sequence[Path]:
        """Return the folders of the scored chunks, in order; each has a file for each record."""
        return [self.work.path / f"scored-{each:06d}" for each in self._each()]

    def _each(self) -> range:
        return range(self.partitions)

    def _reading(
        self, name: str, table: str, read: Callable[[DataFile, Path], None]
    ) -> Iterator[Step]:
        for at, file in enumerate(self.exports[table].files):
            yield Step(f"{name}-{at:06d}", partial(read, file), file.item_count + 1)

    def _asking(self) -> Iterator[Step]:
        match self.arm:
            case None:
                pass
            case ArmFile(path):
                yield Step(_RISKS, partial(self._read_risks, path))
            case ArmService():
                for each in self._each():
                    yield Step(f"arm-{each:06d}", partial(self._ask_risks, self.arm, each))

    # The steps, each making one file or folder

    def _find_facts(self, path: Path) -> None:
        demand, identities = self.exports[DEMAND].files, self.exports[FAN_IDENTITY].files
        facts = find_event_facts(self.event_id, demand, identities)
        with new_file(path) as file:
            file.write(json.dumps(facts.document()).encode())

    def _read_demand(self, file: DataFile, path: Path) -> None:
        with spilling(path, self.partitions) as rows:
            spill_demand(file, self._facts(), rows)

    def _read_identities(self, file: DataFile, path: Path) -> None:
        path.mkdir(mode=OWNER_ONLY_FOLDER)
        with (
            spilling(path / _FANS, self.partitions) as fans,
            spilling(path / _MEMBERS, self.partitions) as members,
        ):
            spill_identities(file, self._facts(), fans, members)

    def _read_accounts(self, file: DataFile, path: Path) -> None:
        with spilling(path, self.partitions) as rows:
            spill_accounts(file, rows)

    def _read_risks(self, risks: Path, path: Path) -> None:
        with risks.open("rb") as file, spilling(path, self.partitions) as rows:
            try:
                spill_risks(file, rows)
            except InvalidInput as error:
                raise attrs.evolve(error, where=f"{risks} {error.where}") from None

    def _join_accounts(self, first: int, path: Path) -> None:
        accounts, members = self._spills("account-*"), self._spills(f"identity-*/{_MEMBERS}")
        with spilling(path, self.partitions) as rows:
            for each in range(first, min(first + PARTITIONS_OF_A_STEP, self.partitions)):
                join_accounts(accounts, members, each, rows)

    def _join_fans(self, partition: int, path: Path) -> None:
        demand = self._spills("demand-*")
        known = [*self._spills(f"identity-*/{_FANS}"), *self._spills("base-*")]
        with new_file(path) as file:
            rows = join_fans(demand, known, partition)
            file.write("".join(f"{each}\n" for each in rows).encode())

    def _ask_risks(self, service: ArmService, partition: int, path: Path) -> None:
        fans = [each.fan for each in self._joined(partition)]
        with new_file(path) as file:
            for finding in service.risks(fans, self.event_id):
                file.write(f"{_risk_text(finding)}\n".encode())

    def _score(self, partition: int, path: Path) -> None:
        fans = score_registrants(self.policy, self._registrants(partition))
        write_chunk(path, fans, self.records)

    # What steps have left

    def _registrants(self, partition: int) -> Iterator[Registrant]:
        facts = self._facts()
        joined = self._joined(partition)
        for each, risk in zip(joined, self._risks(partition, joined), strict=True):
            yield Registrant(each.fan, each.findings(facts, risk))

    def _joined(self, partition: int) -> Sequence[Joined]:
        path = self.work.path / f"joined-{partition:06d}"
        with path.open(encoding="utf-8", newline="\n") as rows:
            return [*read_joined(rows)]

    def _risks(self, partition: int, joined: Sequence[Joined]) -> Iterator[Finding]:
        match self.arm:
            case None:
                yield from (Missing.NOT_ASKED for _ in joined)
            case ArmFile():
                spill = Spill(self.work.path / _RISKS)
                risks = dict(row.split(SEPARATOR) for row in spill.rows(partition))
                yield from (_risk_of(risks.get(each.key)) for each in joined)
            case ArmService():
                path = self.work.path / f"arm-{partition:06d}"
                with path.open(encoding="ascii") as rows:
                    yield from (_risk_of(row.rstrip("\n")) for row in rows)

    def _facts(self) -> EventFacts:
        return EventFacts.of(json.loads((self.work.path / _FACTS).read_text(encoding="utf-8")))

    def _spills(self, pattern: str) -> Sequence[Spill]:
        return [Spill(each) for each in sorted(self.work.path.glob(pattern))]


@attrs.frozen
class Step:
    """One step.

    Attributes:
        name: of the file or folder that it makes.
        make: makes it at a path.
        weight: how much work that is, in items, about.
    """

    name: str
    make: Callable[[Path], None]
    weight: int = 1


def do(
    steps: Sequence[Step], work: WorkFolder, passed: Callable[[Step], object] = lambda _: None
) -> None:
    """Do the steps that are not done.

    Args:
        steps: in order.
        work: keeps what is done.
        passed: is given each step, done now or before.

    Raises:
        InvalidInput: what is read is damaged or malformed; says where.
        OSError: what is made cannot be written; names the file.
    """
    for step in steps:
        if not work.has(step.name):
            with work.making(step.name) as path:
                step.make(path)
        passed(step)


def _risk_text(finding: Finding) -> str:
    return finding.name if isinstance(finding, Missing) else f"{finding:f}"


def _risk_of(text: str | None) -> Finding:
    match text:
        case None:
            return Missing.NOT_ASKED
        case "":
            return Missing.NO_SCORE
        case _ if text in Missing.__members__:
            return Missing[text]
        case _:
            return number(text)
