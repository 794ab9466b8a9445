"""Scoring an event's registrants on AWS: one chunk a call, and a last look whether all are there.

See docs/how-to/score-an-event-on-aws.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
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
from fanscore_core.errors import (
    DeadlineExceeded,
    FanscoreError,
    InvalidInput,
    NotFound,
    PipelineError,
    Unavailable,
)
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
"""The most objects that an error names."""


class Objects(Protocol):
    """Where chunks and their scores lie (``fanscore_adapters.aws.object_store``)."""

    def read(self, key: str, expires_at: float) -> bytes:
        """Read an object."""
        ...

    def write_new(self, key: str, content: bytes, origin: str, expires_at: float) -> bool:
        """Write an object, unless there is one under its key; return whether it was written."""
        ...

    def origin(self, key: str, expires_at: float) -> str | None:
        """Return what an object was made of; ``None`` if there is no object."""
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
class StrangeScores(PipelineError):
    """Among the scores of a run are objects that belong to none of its chunks.

    Attributes:
        strange: how many.
        names: of the first of them.
    """

    strange: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.strange} objects under {SCORES} belong to no chunk: {', '.join(self.names)}"


@attrs.frozen
class NotDone(PipelineError):
    """A system gave no answer, or none in time.

    Attributes:
        what: key of the chunk that was to be scored, or prefix of the run.
        why: which system, and why; of a fan, by their place in the chunk.
    """

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


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
            InvalidInput: the payload, the chunk or what lies in the place of its scores is not
                valid, and will not be the next time.
            NotFound: there is no such chunk.
            NotDone: a system gave no answer; a state machine may try again, or start anew.
            ChunksMissing: a run has chunks without scores.
            StrangeScores: a run has scores without chunks.
            ScoringFailed: anything unforeseen; what it was is in the log.
        """
        try:
            with self.logged("chunks", invocation) as progress:
                return self._reported(payload, time_left_s, progress)
        except Unavailable as error:
            raise NotDone(_object_of(payload), f"{error.system}: {error.reason}") from None
        except DeadlineExceeded as error:
            raise NotDone(_object_of(payload), str(error)) from None

    def _reported(
        self, payload: object, time_left_s: float, progress: Progress
    ) -> Mapping[str, object]:
        try:
            return self._answer(payload, time_left_s, progress)
        except (FanscoreError, ChunksMissing, StrangeScores):
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
                if key.endswith(f"/{CHUNKS}"):
                    return {"fans": 0, "written": False}  # made by S3's console with the folder
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
        content, chunk = self._read(key, expires_at)
        origin = sha256(content).hexdigest()
        if self._is_done(target, origin, expires_at):
            return {"fans": len(chunk.fans), "written": False}
        args = self._args_of(chunk)
        pipeline = self.api.fields[SCORE_FIELD].pipeline
        outcomes = list(run_many(pipeline, args, self.source(expires_at - self.clock())))
        progress.outcomes = outcomes
        scored = [
            _scored_fan(place, fan, outcome, keeps_errors=keeps_errors)
            for place, (fan, outcome) in enumerate(zip(chunk.fans, outcomes, strict=True))
        ]
        progress.codes = [wire.error_code(each.error) if each.error else OK for each in outcomes]
        decided = map(_Decided, args, outcomes, progress.codes)
        lines = [*map(score_line, scored), *self._decision_lines([*decided], progress)]
        written = self.objects.write_new(target, "".join(lines).encode(), origin, expires_at)
        if not written:  # Another call was faster: of the same chunk?
            self._is_done(target, origin, expires_at)
        return {"fans": len(chunk.fans), "written": written}

    def _read(self, key: str, expires_at: float) -> tuple[bytes, Chunk]:
        """Read a chunk; an error names the object."""
        try:
            content = self.objects.read(key, expires_at)
            return content, read_chunk(content)
        except NotFound:
            what = f"object: {key}"
            raise NotFound(what) from None
        except InvalidInput as error:
            raise attrs.evolve(error, where=f"{key}: {error.where}") from None

    def _is_done(self, target: str, origin: str, expires_at: float) -> bool:
        """Return whether the scores of a chunk are there.

        Raises:
            InvalidInput: something else is: scores of another chunk that had the same key, or what
                somebody else wrote.
        """
        found = self.objects.origin(target, expires_at)
        if found not in {None, origin}:
            problem = "is not what was made of the chunk as it is now: take a new prefix"
            raise InvalidInput(target, problem)
        return found == origin

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
        chunks = self._names(f"{prefix}/{CHUNKS}", expires_at)
        if not chunks:
            raise InvalidInput("prefix", f"there are no objects under {prefix}/{CHUNKS}")
        scores = self._names(f"{prefix}/{SCORES}", expires_at)
        if missing := _only_in(chunks, scores):
            raise ChunksMissing(len(missing), len(chunks), tuple(missing[:MAX_NAMED]))
        if strange := _only_in(scores, chunks):
            raise StrangeScores(len(strange), tuple(strange[:MAX_NAMED]))
        return {"chunks": len(chunks)}

    def _names(self, folder: str, expires_at: float) -> Sequence[str]:
        """List the names below a folder, without the empty one that stands for the folder."""
        keys = self.objects.keys(folder, expires_at)
        return [key.removeprefix(folder) for key in keys if key != folder]


@attrs.frozen
class _Decided:
    """A decision, as receipts are made of it."""

    args: object
    outcome: Outcome[object, object] | None
    code: str
    shadowed: Shadowed | None = None


def _only_in(names: Sequence[str], others: Sequence[str]) -> Sequence[str]:
    known = {*others}
    return [name for name in names if name not in known]


def _object_of(payload: object) -> str:
    """Name what a payload is about."""
    match payload:
        case {"chunk": str(name)} | {"prefix": str(name)}:
            return name
        case _:
            return "payload"


def _scored_fan(
    place: int, fan: GlobalUserId, outcome: Outcome[object, object], *, keeps_errors: bool
) -> ScoredFan:
    """Return a fan with their score, or with the error that is kept instead.

    Raises:
        Exception: the run ended in it, and it is not to be kept or is a mistake of ours.
            It names the fan by their place in the chunk.
    """
    error, stash = outcome.error, outcome.stash
    if isinstance(error, Unavailable):
        if keeps_errors:
            return ScoredFan(fan, error, None)
        raise attrs.evolve(error, reason=f"fans[{place}]: {error.reason}")
    if error is not None:
        raise error
    assert isinstance(stash, AccountFanscoreStash)  # noqa: S101  # the pipeline's own
    assert isinstance(outcome.value, AccountFanscore)  # noqa: S101  # (the same)
    assert stash.findings  # noqa: S101  # a score was decided from them
    return ScoredFan(fan, stash.findings, outcome.value)
