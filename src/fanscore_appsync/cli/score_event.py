"""The command that scores all registrants of one event."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import attrs
import click

from fanscore_adapters.bulk.assembly import PARQUET, assemble, parquet_of
from fanscore_adapters.bulk.chunks import SCORES, Record, findings_record, read_tally
from fanscore_adapters.bulk.event_scoring import JOINED_TABLES, EventScoring, Step, do
from fanscore_adapters.bulk.receipts import (
    DECIDING,
    ReceiptMaker,
    begin_deciding,
    decisions_record,
    receipts_record,
)
from fanscore_adapters.bulk.work_folder import (
    WorkFolder,
    kept_document,
    remove_left,
    written_beside,
)
from fanscore_adapters.columns.parquet import require_duckdb
from fanscore_adapters.dynamodb.export_manifest import TableExport
from fanscore_appsync.api import Api
from fanscore_appsync.cli.mistakes import FAILED, note, refuse
from fanscore_appsync.cli.options import (
    api_option,
    checked_id,
    chosen_api,
    environment,
    refuse_empty,
    with_file,
)
from fanscore_appsync.cli.score_summary import draw_tally
from fanscore_appsync.cli.terminal import columns, counted, show
from fanscore_appsync.code_version import code_version
from fanscore_appsync.printable import one_line
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.apps import policy_book
from fanscore_appsync.wiring.bulk import arm_risks, digest_of, export_database, joined_exports
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId
from fanscore_core.policy import ScorePolicy
from fanscore_core.receipt import DIGITS_RULE
from fanscore_core.score_tally import ScoreTally

JSON_LINES = "jsonl"

OUTPUT, FINDINGS, RECEIPTS, DECISIONS = "--output", "--findings", "--receipts", "--decisions"
"""The options that name a file to make."""

_EXPORTS = "exports"

_MADE = "made.json"
"""Names the files that are made of all, once that has begun."""


@attrs.frozen
class Wanted:
    """What the command was asked for, checked.

    Attributes:
        event_id: whose registrants.
        policy: says what is worth how many points.
        database: the embedded database, if not exports.
        exports: folders of exports, each perhaps with its table.
        files: what to make, by the option that names it.
        form: of the file of scores.
        policy_path: the file of the policy, if one was named.
        arm_scores: the file of ARM risks, if there is one.
        asks_arm: whether ARM may be asked.
    """

    event_id: EventId
    policy: ScorePolicy
    database: str | None
    exports: Sequence[str]
    files: Mapping[str, Path]
    form: str
    policy_path: str | None
    arm_scores: str | None
    asks_arm: bool

    @property
    def out(self) -> Path:
        """The file of scores."""
        return self.files[OUTPUT]

    @property
    def work(self) -> Path:
        """The folder that keeps what is done until the end."""
        return self.out.with_name(f"{self.out.name}.work")

    @property
    def has_receipts(self) -> bool:
        """Whether receipts are made, for a file of them or for their log lines."""
        return not {RECEIPTS, DECISIONS}.isdisjoint(self.files)

    @cached_property
    def records(self) -> Mapping[str, Record]:
        """What is kept of each fan, by the option that names the file."""
        maker = ReceiptMaker(self.event_id, self.policy, code_version(), self.work / DECIDING)
        records = {
            FINDINGS: findings_record(self.event_id),
            RECEIPTS: receipts_record(maker),
            DECISIONS: decisions_record(maker),
            OUTPUT: SCORES,  # comes last: once it is there, so are the others
        }
        return {name: record for name, record in records.items() if name in self.files}


@click.command(name="score-event")
@click.argument("event", metavar="EVENT")
@click.option("--db", "database", metavar="FILE", help="The embedded database that has the fans.")
@click.option(
    "--export",
    "exports",
    multiple=True,
    metavar="[TABLE=]DIR",
    help="Exports of the tables, of one moment. May be given more than once, one for each table.",
)
@click.option("--output", "out", required=True, metavar="FILE", help="The file of scores to make.")
@click.option(
    "--format",
    "form",
    type=click.Choice([JSON_LINES, PARQUET]),
    default=JSON_LINES,
    show_default=True,
    help="Lines of JSON, or Parquet, which needs fanscore[columns].",
)
@click.option(
    "--policy",
    "policy_path",
    metavar="FILE",
    help="The policy or policy book. Default: FANSCORE_POLICY, else the policy that is shipped.",
)
@click.option(
    "--findings", metavar="FILE", help="Make a file of findings too, as 'policy diff' reads them."
)
@click.option(
    "--receipts", metavar="FILE", help="Make a file with a receipt of each decision, too."
)
@click.option(
    "--decisions",
    metavar="FILE",
    help="Make a file with the log line of each decision too, as 'receipts seal' reads them.",
)
@click.option("--arm-scores", metavar="FILE", help="ARM risks, one JSON object a line.")
@click.option("--without-arm", is_flag=True, help="Do not ask ARM scoring.")
@api_option
def score_event(  # noqa: PLR0913  # its options
    *,
    event: str,
    database: str | None,
    exports: tuple[str, ...],
    out: str,
    form: str,
    policy_path: str | None,
    findings: str | None,
    receipts: str | None,
    decisions: str | None,
    arm_scores: str | None,
    without_arm: bool,
    api: str | None,
) -> None:
    """Score all fans who are registered for EVENT, by either kind of event id.

    What was stopped goes on where it was when the same command is given again: what is done lies in
    the folder FILE.work, beside the file of scores, until that is complete.

    Exit status: 0 for scores of all; 1 if some fans could not be scored, or the disk is full, say;
    2 for unusable input, such as an event for which nobody is registered.
    """
    files = {OUTPUT: out, FINDINGS: findings, RECEIPTS: receipts, DECISIONS: decisions}
    given = {"--db": database, "--policy": policy_path, "--arm-scores": arm_scores, **files}
    for name, text in (*given.items(), *(("--export", each) for each in exports)):
        refuse_empty(name, text)
    if (database is None) is not bool(exports):
        refuse("--db and --export: expected one of them")
    if without_arm and arm_scores is not None:
        refuse("--without-arm and --arm-scores: expected one of them at most")
    event_id = EventId(checked_id("EVENT", event))
    settings = environment(api)
    chosen = chosen_api(settings)
    if database is not None:
        settings = with_file(settings, database)
    book = policy_book(
        policy_path or settings.policy, "--policy" if policy_path else "FANSCORE_POLICY", chosen
    )
    wanted = Wanted(
        event_id,
        book.policy_for(event_id),
        database,
        exports,
        {name: Path(path) for name, path in files.items() if path is not None},
        form,
        policy_path,
        arm_scores,
        not without_arm,
    )
    _check_files(wanted)
    tally, lines = _score(wanted, settings, chosen)
    show(draw_tally(tally, event_id, wanted.policy.version, columns()))
    _end(wanted, tally, lines)


def _end(wanted: Wanted, tally: ScoreTally, lines: Mapping[str, int]) -> NoReturn:
    """Say how many receipts there are, and end with status 1 if anything is missing."""
    without_receipt = 0
    for name, what in ((RECEIPTS, "receipt"), (DECISIONS, "log line")):
        if name in lines:
            show(f"{counted(lines[name], what)} in {one_line(str(wanted.files[name]))}")
            without_receipt = tally.people - lines[name]
    if without_receipt:
        note(f"{without_receipt} of {tally.people} fans have no receipt: {DIGITS_RULE}")
    failed = tally.failed.total()
    if failed:
        note(f"{failed} of {tally.people} fans have no score; their lines say why")
    sys.exit(FAILED if failed or without_receipt else 0)


def _check_files(wanted: Wanted) -> None:
    """Refuse what could not be written in the end, before anything is read."""
    if wanted.form == PARQUET:
        require_duckdb()
    for name, path in wanted.files.items():
        if not path.name:
            raise InvalidInput(name, f"{path}: expected the name of a file")
        if not path.absolute().parent.is_dir():
            raise InvalidInput(name, f"{path}: there is no folder for it")
    remove_left(wanted.work)
    _refuse_existing(wanted, _begun(wanted.work / _MADE))
    _refuse_same(wanted)
    if wanted.arm_scores and Path(wanted.arm_scores).is_fifo():
        raise InvalidInput("--arm-scores", f"{wanted.arm_scores}: a pipe; expected a file")


def _refuse_same(wanted: Wanted) -> None:
    """Refuse to make one file of two kinds, or where something else lies or is read."""
    read = {
        "--db": wanted.database,
        "--policy": wanted.policy_path,
        "--arm-scores": wanted.arm_scores,
    }
    named_by = {Path(path).resolve(): name for name, path in read.items() if path is not None}
    work = wanted.work.resolve()
    for name, path in wanted.files.items():
        for each in (path, written_beside(path)):
            other = named_by.setdefault(each.resolve(), name)
            if other != name:
                raise InvalidInput(name, f"expected another file than {other}")
        places = {path.resolve(), *path.resolve().parents}
        if not places.isdisjoint({work, written_beside(work)}):
            raise InvalidInput(name, f"{path}: expected a file outside of {wanted.work}")


def _begun(path: Path) -> Collection[str]:
    """Return the files that a run had begun to put together."""
    return kept_document(path, list) if path.exists() else ()


def _refuse_existing(wanted: Wanted, begun: Collection[str] = ()) -> None:
    """Refuse to write over a file, unless it is of this very run, stopped at its end."""
    for name, path in wanted.files.items():
        if path.exists() and str(path.resolve()) not in begun:
            raise InvalidInput(name, f"{path}: exists already")


def _score(wanted: Wanted, settings: Settings, api: Api) -> tuple[ScoreTally, Mapping[str, int]]:
    """Make the files; return who scored what, and how many lines each has, by its option."""
    given = joined_exports(wanted.exports, settings) if wanted.exports else {}
    with ExitStack() as closing:
        arm = None
        if wanted.asks_arm:
            is_embedded = wanted.database is not None
            arm = arm_risks(wanted.arm_scores, settings, api, closing, is_embedded=is_embedded)
        plan = _plan(wanted, settings, given, type(arm).__name__)
        work = closing.enter_context(WorkFolder(wanted.work, plan))
        exports = given or _exported(settings, work)
        records = [*wanted.records.values()]
        scoring = EventScoring(wanted.event_id, wanted.policy, exports, arm, records, work)
        steps = scoring.steps([Step(DECIDING, begin_deciding)] if wanted.has_receipts else ())
        with _progress(steps) as passed:
            do(steps, work, passed)
        tally = ScoreTally.total(map(read_tally, scoring.chunks()))
        if not tally.people:
            work.remove()
            raise InvalidInput("EVENT", "nobody is registered for it")
        return tally, _put_together(wanted, scoring.chunks(), work)


def _plan(
    wanted: Wanted, settings: Settings, given: Mapping[str, TableExport], arm: str
) -> Mapping[str, object]:
    """Say what is made of what: a run that goes on must want the same."""
    inputs: object = {table: export.digest for table, export in given.items()}
    return {
        "event": wanted.event_id,
        "policy": wanted.policy.digest,
        "inputs": inputs or str(Path(settings.database).resolve()),
        "arm": digest_of(Path(wanted.arm_scores)) if wanted.arm_scores else arm,
        "records": [each.name for each in wanted.records.values()],
        "code": code_version(),
    }


def _exported(settings: Settings, work: WorkFolder) -> Mapping[str, TableExport]:
    """Export the embedded database once, so that all is of one moment, whenever a run goes on."""
    if not work.has(_EXPORTS):
        with work.making(_EXPORTS) as path:
            export_database(settings.database, path, datetime.now(UTC), JOINED_TABLES)
    return joined_exports([str(work.path / _EXPORTS)], attrs.evolve(settings, aws=None))


def _put_together(wanted: Wanted, chunks: Sequence[Path], work: WorkFolder) -> Mapping[str, int]:
    begun = {*_begun(work.path / _MADE)}
    made = {str(each.resolve()) for each in wanted.files.values()}
    if not made <= begun:
        _refuse_existing(wanted, begun)
        with work.making(_MADE) as path:
            path.write_text(json.dumps(sorted(made | begun)), encoding="utf-8")
    targets = {**wanted.files}
    if wanted.form == PARQUET:
        targets[OUTPUT] = work.path / SCORES.name
    lines = {
        name: assemble(chunks, record, targets[name]) for name, record in wanted.records.items()
    }
    if wanted.form == PARQUET:
        parquet_of(targets[OUTPUT], wanted.out)
    work.remove()
    return lines


@contextmanager
def _progress(steps: Sequence[Step]) -> Iterator[Callable[[Step], object]]:
    """Show on a terminal how much is done; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    length = sum(each.weight for each in steps)
    with click.progressbar(length=length, label="Scoring", file=sys.stderr) as bar:
        yield lambda step: bar.update(step.weight)
