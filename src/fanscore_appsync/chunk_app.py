"""Scoring an event's registrants on AWS: one chunk a call, and a last look whether all are there.

See docs/how-to/score-an-event-on-aws.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import attrs

from fanscore_adapters.documents.chunk import CHUNKS, SCORES, Chunk, read_chunk, scores_key
from fanscore_adapters.documents.scores import score_line
from fanscore_appsync import wire
from fanscore_appsync.api import API, SCORE_FIELD, Api
from fanscore_appsync.function_app import FunctionApp, Progress
from fanscore_appsync.log import OK
from fanscore_appsync.shadow import Shadowed
from fanscore_core.engine.rounds import run_many
from fanscore_core.engine.state import Outcome
from fanscore_core.errors import FanscoreError, InvalidInput, PipelineError, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, AccountFanscoreStash
from fanscore_core.policy_book import PolicyBook, as_book
from fanscore_core.registrants import ScoredFan
from fanscore_core.scoring import AccountFanscore

if TYPE_CHECKING:
    from fanscore_appsync.receipts import ReceiptKeeper

SCORE, COMPARE = "score", "compare"
"""What is logged as the name of the work."""

CHUNK_S = 600.0
"""The longest that scoring a chunk may take."""

MAX_NAMED = 10
"""The most chunks that an error names."""


class Objects(Protocol):
    """Where chunks and their scores lie (``fanscore_adapters.aws.object_store``)."""

    def read(self, key: str, expires_at: float) -> bytes:
        """Read an object."""
        ...

    def write_new(self, key: str, content: bytes, expires_at: float) -> bool:
        """Write an object, unless there is one under its key; return whether it was written."""
        ...

    def keys(self, prefix: str, expires_at: float) -> Iterator[str]:
        """List the keys that begin with a prefix, in order."""
        ...


@attrs.frozen
class ChunksMissing(PipelineError):
    """Some chunks of a run have no scores.

    Attributes:
        missing: how many.
        of: how many there are.
        names: of the first of them.
    """

    missing: int
    of: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.missing} of {self.of} chunks have no scores: {', '.join(self.names)}"


@attrs.frozen
class ScoringFailed(PipelineError):
    """Something unforeseen went wrong.

    Attributes:
        found_by: the id to find it by in the log.
    """

    found_by: str

    def __str__(self) -> str:
        return f"internal error {self.found_by}"


@attrs.frozen
class ChunkApp(FunctionApp):
    """Everything that is needed to score chunks.

    Attributes:
        objects: where chunks and their scores lie.
        policy: a policy that decides all scores, or a book of them; kept as a book.
        api: whose ``accountFanscore`` is asked.
        clock: in seconds; says how long objects may be waited for.
        keeper: makes the log lines of decisions, which follow the scores; ``None`` for none.
    """

    objects: Objects
    policy: PolicyBook = attrs.field(converter=as_book)
    api: Api = API
    clock: Callable[[], float] = monotonic
    keeper: ReceiptKeeper | None = attrs.field(default=None, kw_only=True)

    def answer(
        self, payload: object, time_left_s: float, invocation: str = ""
    ) -> Mapping[str, object]:
        """Score a chunk, or look whether all chunks of a run have scores.

        Args:
            payload: ``{"chunk": key, "errors": "raise"}`` scores a chunk. With ``"keep"`` instead,
                a fan for whom a system gives no answer gets a line that says so.
                ``{"prefix": prefix}`` looks at a run.
            time_left_s: how long it may take.
            invocation: Lambda's id of it, for the log.

        Returns:
            Of a chunk, ``fans`` and whether its scores were ``written`` now; of a run, ``chunks``.

        Raises:
            FanscoreError: the payload or the chunk is not valid, or a system gave no answer. A
                state machine may try again, or start anew.
            ChunksMissing: a run has chunks without scores.
            ScoringFailed: anything unforeseen; what it was is in the log.
        """
        with self.logged("chunks", invocation) as progress:
            try:
                return self._answer(payload, time_left_s, progress)
            except (FanscoreError, ChunksMissing):
                raise
            except Exception as error:  # noqa: BLE001  # it is reported
                # Lambda logs the message and the causes of what is raised; these stay out.
                raise ScoringFailed(self.report(error)) from None

    def _answer(
        self, payload: object, time_left_s: float, progress: Progress
    ) -> Mapping[str, object]:
        match payload:
            case {"chunk": str(key), "errors": "raise" | "keep" as errors}:
                progress.name = SCORE
                return self._score(key, time_left_s, progress, keeps_errors=errors == "keep")
            case {"prefix": str(prefix)}:
                progress.name = COMPARE
                return self._compare(prefix, time_left_s)
            case _:
                problem = "expected chunk, and errors: raise or keep; or prefix"
                raise InvalidInput("payload", problem)

    def _score(
        self, key: str, time_left_s: float, progress: Progress, *, keeps_errors: bool
    ) -> Mapping[str, object]:
        expires_at = self.clock() + time_left_s
        target = scores_key(key)
        chunk = read_chunk(self.objects.read(key, expires_at))
        if target in islice(self.objects.keys(target, expires_at), 1):
            return {"fans": len(chunk.fans), "written": False}
        args = self._args_of(chunk)
        pipeline = self.api.fields[SCORE_FIELD].pipeline
        outcomes = list(run_many(pipeline, args, self.source(expires_at - self.clock())))
        progress.outcomes = outcomes
        scored = [
            _scored_fan(fan, outcome, keeps_errors=keeps_errors)
            for fan, outcome in zip(chunk.fans, outcomes, strict=True)
        ]
        progress.codes = [wire.error_code(each.error) if each.error else OK for each in outcomes]
        decided = map(_Decided, args, outcomes, progress.codes)
        lines = [*map(score_line, scored), *self._decision_lines([*decided], progress)]
        written = self.objects.write_new(target, "".join(lines).encode(), expires_at)
        return {"fans": len(chunk.fans), "written": written}

    def _args_of(self, chunk: Chunk) -> Sequence[AccountFanscoreArgs]:
        policy = self.policy.policy_for(chunk.event_id)
        return [AccountFanscoreArgs(policy, fan, chunk.event_id) for fan in chunk.fans]

    def _decision_lines(self, decided: Sequence[_Decided], progress: Progress) -> Sequence[str]:
        """Make the log lines of decisions, each with its end."""
        if self.keeper is None:
            return ()
        lines: list[str] = []
        keeper = attrs.evolve(self.keeper, write_line=lines.append)
        progress.receipts = keeper.keep(decided, self.now(), 0.0)
        return [f"{line}\n" for line in lines]

    def _compare(self, prefix: str, time_left_s: float) -> Mapping[str, object]:
        expires_at = self.clock() + time_left_s
        folder = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        chunks = self._names(f"{folder}{CHUNKS}", expires_at)
        scores = {*self._names(f"{folder}{SCORES}", expires_at)}
        missing = [name for name in chunks if name not in scores]
        if missing:
            raise ChunksMissing(len(missing), len(chunks), tuple(missing[:MAX_NAMED]))
        if not chunks:
            raise InvalidInput("prefix", f"there are no objects under its {CHUNKS}")
        return {"chunks": len(chunks)}

    def _names(self, folder: str, expires_at: float) -> Sequence[str]:
        return [key.removeprefix(folder) for key in self.objects.keys(folder, expires_at)]


@attrs.frozen
class _Decided:
    """A decision, as receipts are made of it."""

    args: object
    outcome: Outcome[object, object] | None
    code: str
    shadowed: Shadowed | None = None


def _scored_fan(
    fan: GlobalUserId, outcome: Outcome[object, object], *, keeps_errors: bool
) -> ScoredFan:
    """Return a fan with their score, or with the error that is kept instead.

    Raises:
        Exception: the run ended in it, and it is not to be kept or is a mistake of ours.
    """
    error, stash = outcome.error, outcome.stash
    if error is not None:
        if keeps_errors and isinstance(error, Unavailable):
            return ScoredFan(fan, error, None)
        raise error
    assert isinstance(stash, AccountFanscoreStash)  # noqa: S101  # the pipeline's own
    assert isinstance(outcome.value, AccountFanscore)  # noqa: S101  # (the same)
    assert stash.findings  # noqa: S101  # a score was decided from them
    return ScoredFan(fan, stash.findings, outcome.value)
