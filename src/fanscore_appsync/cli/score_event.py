"""The command that scores all registrants of one event."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import attrs
import click

from fanscore_adapters.bulk.assembly import PARQUET, assemble, parquet_of, require_duckdb
from fanscore_adapters.bulk.chunks import SCORES, Record, findings_record, read_tally
from fanscore_adapters.bulk.event_scoring import JOINED_TABLES, EventScoring, Step, do
from fanscore_adapters.bulk.work_folder import WorkFolder
from fanscore_adapters.dynamodb.export_manifest import TableExport
from fanscore_appsync.api import Api
from fanscore_appsync.cli.mistakes import FAILED, end, refuse
from fanscore_appsync.cli.options import (
    api_option,
    checked_id,
    chosen_api,
    environment,
    refuse_empty,
    with_file,
)
from fanscore_appsync.cli.score_summary import draw_tally
from fanscore_appsync.cli.terminal import columns, show
from fanscore_appsync.code_version import code_version
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.apps import policy_book
from fanscore_appsync.wiring.bulk import arm_risks, digest_of, export_database, joined_exports
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId
from fanscore_core.policy import ScorePolicy
from fanscore_core.score_tally import ScoreTally

JSON_LINES = "jsonl"

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
        out: the file of scores.
        form: of that file.
        findings: the file of findings, if wanted.
        arm_scores: the file of ARM risks, if there is one.
        asks_arm: whether ARM may be asked.
    """

    event_id: EventId
    policy: ScorePolicy
    database: str | None
    exports: Sequence[str]
    out: Path
    form: str
    findings: Path | None
    arm_scores: str | None
    asks_arm: bool

    @property
    def work(self) -> Path:
        """The folder that keeps what is done until the end."""
        return self.out.with_name(f"{self.out.name}.work")

    @property
    def made(self) -> Mapping[str, Path]:
        """The files to make, by what names them."""
        findings = {} if self.findings is None else {"--findings": self.findings}
        return {"--output": self.out, **findings}

    @property
    def records(self) -> Sequence[Record]:
        """What is kept of each fan."""
        return [SCORES, *([] if self.findings is None else [findings_record(self.event_id)])]


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
    given = {
        "--db": database,
        "--output": out,
        "--policy": policy_path,
        "--findings": findings,
        "--arm-scores": arm_scores,
    }
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
    try:
        book = policy_book(
            policy_path or settings.policy, "--policy" if policy_path else "FANSCORE_POLICY", chosen
        )
        wanted = Wanted(
            event_id,
            book.policy_for(event_id),
            database,
            exports,
            Path(out),
            form,
            None if findings is None else Path(findings),
            arm_scores,
            not without_arm,
        )
        _check_files(wanted)
        tally = _score(wanted, settings, chosen)
    except InvalidInput as error:
        refuse(str(error))
    show(draw_tally(tally, event_id, wanted.policy.version, columns()))
    if tally.failed:
        failed = tally.failed.total()
        end(f"{failed} of {tally.people} fans have no score; their lines say why", FAILED)


def _check_files(wanted: Wanted) -> None:
    """Refuse what could not be written in the end, before anything is read."""
    if wanted.form == PARQUET:
        require_duckdb()
    for name, path in wanted.made.items():
        if not path.absolute().parent.is_dir():
            raise InvalidInput(name, f"{path}: there is no folder for it")
    if len({path.resolve() for path in wanted.made.values()}) < len(wanted.made):
        raise InvalidInput("--findings", "expected another file than --output")
    begun = wanted.work / _MADE
    _refuse_existing(wanted, json.loads(begun.read_text("utf-8")) if begun.exists() else ())
    if wanted.arm_scores and Path(wanted.arm_scores).is_fifo():
        raise InvalidInput("--arm-scores", f"{wanted.arm_scores}: a pipe; expected a file")


def _refuse_existing(wanted: Wanted, begun: Collection[str] = ()) -> None:
    """Refuse to write over a file, unless it is of this very run, stopped at its end."""
    for name, path in wanted.made.items():
        if path.exists() and str(path.resolve()) not in begun:
            raise InvalidInput(name, f"{path}: exists already")


def _score(wanted: Wanted, settings: Settings, api: Api) -> ScoreTally:
    given = joined_exports(wanted.exports, settings) if wanted.exports else {}
    with ExitStack() as closing:
        arm = None
        if wanted.asks_arm:
            is_embedded = wanted.database is not None
            arm = arm_risks(wanted.arm_scores, settings, api, closing, is_embedded=is_embedded)
        plan = _plan(wanted, settings, given, type(arm).__name__)
        work = closing.enter_context(WorkFolder(wanted.work, plan))
        exports = given or _exported(settings, work)
        scoring = EventScoring(wanted.event_id, wanted.policy, exports, arm, wanted.records, work)
        steps = scoring.steps()
        with _progress(steps) as passed:
            do(steps, work, passed)
        tally = ScoreTally.total(map(read_tally, scoring.chunks()))
        if not tally.people:
            work.remove()
            raise InvalidInput("EVENT", "nobody is registered for it")
        _put_together(wanted, scoring.chunks(), work)
        return tally


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
        "records": [each.name for each in wanted.records],
        "code": code_version(),
    }


def _exported(settings: Settings, work: WorkFolder) -> Mapping[str, TableExport]:
    """Export the embedded database once, so that all is of one moment, whenever a run goes on."""
    if not work.has(_EXPORTS):
        with work.making(_EXPORTS) as path:
            export_database(settings.database, path, datetime.now(UTC), JOINED_TABLES)
    return joined_exports([str(work.path / _EXPORTS)], attrs.evolve(settings, aws=None))


def _put_together(wanted: Wanted, chunks: Sequence[Path], work: WorkFolder) -> None:
    if not work.has(_MADE):
        _refuse_existing(wanted)
        with work.making(_MADE) as path:
            made = [str(each.resolve()) for each in wanted.made.values()]
            path.write_text(json.dumps(made), encoding="utf-8")
    if wanted.findings is not None:
        assemble(chunks, findings_record(wanted.event_id), wanted.findings)
    if wanted.form == PARQUET:
        lines = work.path / SCORES.name
        assemble(chunks, SCORES, lines)
        parquet_of(lines, wanted.out)
    else:
        assemble(chunks, SCORES, wanted.out)
    work.remove()


@contextmanager
def _progress(steps: Sequence[Step]) -> Iterator[Callable[[Step], object]]:
    """Show on a terminal how much is done; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    length = sum(each.weight for each in steps)
    with click.progressbar(length=length, label="Scoring", file=sys.stderr) as bar:
        yield lambda step: bar.update(step.weight)
