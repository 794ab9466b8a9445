from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO

import attrs
import pytest

from fanscore_adapters.documents.chunk import (
    Chunk,
    chunk_name,
    chunk_text,
    chunks_of,
    read_chunk,
    scores_key,
)
from fanscore_adapters.documents.decision_lines import LineCounts, read_decision_lines
from fanscore_appsync.chunk_app import (
    ChunkApp,
    ChunksMissing,
    NotDone,
    ScoringFailed,
    StrangeScores,
)
from fanscore_appsync.log import InvocationLog, ReceiptCounts
from fanscore_appsync.receipts import ReceiptKeeper
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.errors import DeadlineExceeded, InvalidId, InvalidInput, NotFound, Unavailable
from fanscore_core.findings import StoredScore
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.ports.demand import EventDemandCount
from fanscore_core.ports.fan_identity import FanIdentity, Identity

EVENT = EventId("evt456")
FAN, NEW_FAN = GlobalUserId("user123"), GlobalUserId("süß|#1")
KEY, SCORES_KEY = "sale/chunks/000000.json", "sale/scores/000000.json"
TIME_LEFT_S = 60.0
OUT_OF_TIME = "Out of time while waiting for fan_identity_table"
OTHERS = "is not what was made of the chunk as it is now: take a new prefix"

LINES = (
    '{"globalUserId":"user123","score":75,"rawScore":75,'
    '"boosts":{"arm":0,"event":0,"model":0},'
    '"reasons":[{"code":"IDENTITY_SCORE","points":75},{"code":"ARM_NO_SCORE","points":0},'
    '{"code":"EVENT_NO_DEMAND","points":0},{"code":"MODEL_NOT_ASKED","points":0}],'
    '"policyVersion":"2026-11-01","degraded":[]}\n'
    '{"globalUserId":"s\\u00fc\\u00df|#1","score":50,"rawScore":50,'
    '"boosts":{"arm":0,"event":0,"model":0},'
    '"reasons":[{"code":"NO_HISTORY","points":50},{"code":"ARM_NO_SCORE","points":0},'
    '{"code":"EVENT_NO_DEMAND","points":0},{"code":"MODEL_NOT_ASKED","points":0}],'
    '"policyVersion":"2026-11-01","degraded":[]}\n'
)


@attrs.define
class Bucket:
    """Objects in memory.

    Attributes:
        objects: by key.
        origins: what objects were made of, by key.
        before_write: called before an object is written.
    """

    objects: dict[str, bytes] = attrs.field(factory=dict)
    origins: dict[str, str] = attrs.field(factory=dict)
    before_write: Callable[[], object] = lambda: None

    def read(self, key: str, _expires_at: float) -> bytes:
        """Read an object."""
        if key not in self.objects:
            raise NotFound("object")
        return self.objects[key]

    def write_new(self, key: str, content: bytes, origin: str, _expires_at: float) -> bool:
        """Write an object, unless there is one."""
        self.before_write()
        if key in self.objects:
            return False
        self.objects[key], self.origins[key] = content, origin
        return True

    def origin(self, key: str, _expires_at: float) -> str | None:
        """Return what an object was made of."""
        return self.origins.get(key, "") if key in self.objects else None

    def keys(self, prefix: str, _expires_at: float) -> Iterator[str]:
        """List keys."""
        return iter(sorted(key for key in self.objects if key.startswith(prefix)))


@attrs.frozen
class World:
    """Knows one fan, and fails as it is told."""

    failing: Exception | None = None

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question), "world") for ask in asks]

    def _answer(self, question: object) -> object:
        match question:
            case FanIdentity(fan) if fan == NEW_FAN and self.failing:
                return self.failing
            case FanIdentity(fan) if fan == FAN:
                return Identity(None, StoredScore(75))
            case EventDemandCount():
                return 0
            case _:
                return None


def app_of(
    bucket: Bucket, failing: Exception | None = None
) -> tuple[ChunkApp, list[InvocationLog]]:
    """Make an app; give it, and the list that has what it logs."""
    logged: list[InvocationLog] = []
    app = ChunkApp(
        lambda _: World(failing),
        lambda _: "found-by",
        lambda: datetime(2026, 11, 1, tzinfo=UTC),
        bucket,
        DEFAULT_POLICY,
        log=logged.append,
    )
    return app, logged


def bucket_of(*keys: str) -> Bucket:
    """Make a bucket with a chunk of two fans under each key."""
    return Bucket(dict.fromkeys(keys, chunk_text(Chunk(EVENT, (FAN, NEW_FAN))).encode()))


def asked(key: str, errors: str = "raise") -> dict[str, str]:
    """Make the payload of a chunk."""
    return {"chunk": key, "errors": errors}


def test_a_chunk_is_scored_once() -> None:
    """Scores lie under the chunk's own key; a second call leaves them, and says so."""
    bucket = bucket_of(KEY)
    app, logged = app_of(bucket)
    assert app.answer(asked(KEY), TIME_LEFT_S) == {"fans": 2, "written": True}
    assert bucket.objects[SCORES_KEY].decode() == LINES
    bucket.objects[SCORES_KEY] = b"kept"
    assert app.answer(asked(KEY), TIME_LEFT_S) == {"fans": 2, "written": False}
    assert bucket.objects[SCORES_KEY] == b"kept"
    assert [(each.function, each.name, each.outcome) for each in logged] == [
        ("chunks", "score", "OK")
    ] * 2


def test_lines_of_decisions_follow_the_scores() -> None:
    """With receipts in the log, each fan's line is there, too, and is nothing of a person."""
    bucket = bucket_of(KEY)
    app, logged = app_of(bucket)
    keeper = ReceiptKeeper("1.0", lambda _: "found-by", timedelta(days=1), nonce=lambda: b"n" * 16)
    attrs.evolve(app, keeper=keeper).answer(asked(KEY), TIME_LEFT_S)
    content = bucket.objects[SCORES_KEY].decode()
    assert content.startswith(LINES)
    counts = LineCounts()
    lines = [*read_decision_lines(BytesIO(content.encode()), counts)]
    assert [(each.event_id, each.hour, each.score) for each in lines] == [
        (EVENT, "2026-11-01T00Z", 75),
        (EVENT, "2026-11-01T00Z", 50),
    ]
    assert FAN not in content.removeprefix(LINES)
    assert [each.receipts for each in logged] == [ReceiptCounts(2, 0)]


def test_two_calls_at_the_same_time() -> None:
    """Whoever writes second, after both have looked, changes nothing."""
    bucket = bucket_of(KEY)
    app, _ = app_of(bucket)

    def be_overtaken() -> None:
        bucket.before_write = lambda: None
        assert app.answer(asked(KEY), TIME_LEFT_S) == {"fans": 2, "written": True}

    bucket.before_write = be_overtaken
    assert app.answer(asked(KEY), TIME_LEFT_S) == {"fans": 2, "written": False}
    assert bucket.objects[SCORES_KEY].decode() == LINES


@pytest.mark.parametrize(
    ("failing", "errors", "why"),
    [
        (
            Unavailable("fan_identity_table", "refused with AccessDeniedException"),
            "raise",
            "fan_identity_table: fans[1]: refused with AccessDeniedException",
        ),
        (DeadlineExceeded("fan_identity_table"), "raise", OUT_OF_TIME),
        (DeadlineExceeded("fan_identity_table"), "keep", OUT_OF_TIME),
    ],
)
def test_what_fails_leaves_nothing(failing: Exception, errors: str, why: str) -> None:
    """A fan without an answer fails the chunk, which is named, so that it is tried again."""
    bucket = bucket_of(KEY)
    app, logged = app_of(bucket, failing)
    with pytest.raises(NotDone) as raised:
        app.answer(asked(KEY, errors), TIME_LEFT_S)
    assert str(raised.value) == f"{KEY}: {why}"
    assert raised.value.__suppress_context__
    assert [*bucket.objects] == [KEY]
    assert [(each.name, each.errors) for each in logged] == [("score", 1)]


@attrs.frozen
class DeniedBucket(Bucket):
    """A bucket that refuses everything, as without a permission or a key of KMS."""

    def read(self, _key: str, _expires_at: float) -> bytes:
        """Refuse."""
        raise Unavailable("s3", "refused with AccessDenied")

    def keys(self, _prefix: str, _expires_at: float) -> Iterator[str]:
        """Refuse."""
        raise Unavailable("s3", "refused with AccessDenied")


@pytest.mark.parametrize(("payload", "what"), [(asked(KEY), KEY), ({"prefix": "sale"}, "sale")])
def test_a_bucket_that_refuses(payload: object, what: str) -> None:
    """What S3 refuses is told with what was wanted of it, there and in the log."""
    app, logged = app_of(DeniedBucket())
    with pytest.raises(NotDone) as raised:
        app.answer(payload, TIME_LEFT_S)
    assert str(raised.value) == f"{what}: s3: refused with AccessDenied"
    assert [(each.outcome, each.failed, each.reasons) for each in logged] == [
        ("UNAVAILABLE", ("s3",), ("s3: refused with AccessDenied",))
    ]


def test_a_chunk_that_is_another_now() -> None:
    """Scores of what the chunk was before are not those of what it is; both stay as they are."""
    bucket = bucket_of(KEY)
    app, _ = app_of(bucket)
    app.answer(asked(KEY), TIME_LEFT_S)
    scores = bucket.objects[SCORES_KEY]
    for event, fans in ((EVENT, (FAN,)), (EventId("another"), (FAN, NEW_FAN))):
        bucket.objects[KEY] = chunk_text(Chunk(event, fans)).encode()
        with pytest.raises(InvalidInput) as refused:
            app.answer(asked(KEY), TIME_LEFT_S)
        assert str(refused.value) == f"{SCORES_KEY}: {OTHERS}"
    assert bucket.objects[SCORES_KEY] == scores


def test_scores_that_somebody_else_wrote() -> None:
    """What lies in the place of the scores, whole or half, does not pass for them."""
    bucket = bucket_of(KEY)
    app, _ = app_of(bucket)
    bucket.objects[SCORES_KEY] = LINES.encode()[:100]
    with pytest.raises(InvalidInput) as refused:
        app.answer(asked(KEY), TIME_LEFT_S)
    assert str(refused.value) == f"{SCORES_KEY}: {OTHERS}"


def test_somebody_else_is_faster() -> None:
    """What is written there while the chunk is scored does not pass for its scores either."""
    bucket = bucket_of(KEY)
    app, _ = app_of(bucket)
    bucket.before_write = lambda: bucket.objects.setdefault(SCORES_KEY, b"")
    with pytest.raises(InvalidInput) as refused:
        app.answer(asked(KEY), TIME_LEFT_S)
    assert str(refused.value) == f"{SCORES_KEY}: {OTHERS}"


@pytest.mark.parametrize(
    ("content", "kind", "problem"),
    [
        (b"\xff", InvalidInput, "$: not UTF-8"),
        (
            b'{"event":"evt456","fans":["user123","user123"]}',
            InvalidInput,
            "fans[1]: is listed twice",
        ),
        (b'{"event":"evt456","fans":["user123",""]}', InvalidId, "fans[1]: "),
    ],
)
def test_a_malformed_chunk_is_named(content: bytes, kind: type[Exception], problem: str) -> None:
    """The object is named, and the place in it, but no fan."""
    app, logged = app_of(Bucket({KEY: content}))
    with pytest.raises(kind) as refused:
        app.answer(asked(KEY), TIME_LEFT_S)
    assert str(refused.value).startswith(f"{KEY}: {problem}")
    assert FAN not in f"{refused.value} {logged}"


def test_a_chunk_that_is_gone() -> None:
    """It is named, too."""
    with pytest.raises(NotFound) as raised:
        app_of(Bucket())[0].answer(asked(KEY), TIME_LEFT_S)
    assert str(raised.value) == f"No such object: {KEY}"


def test_folders_as_objects() -> None:
    """The empty objects that S3's console makes with folders are neither chunks nor scores."""
    bucket = bucket_of(KEY)
    bucket.objects |= {"sale/chunks/": b"", "sale/scores/": b""}
    app, _ = app_of(bucket)
    assert app.answer(asked("sale/chunks/"), TIME_LEFT_S) == {"fans": 0, "written": False}
    app.answer(asked(KEY), TIME_LEFT_S)
    assert app.answer({"prefix": "sale"}, TIME_LEFT_S) == {"chunks": 1}


def test_errors_that_are_kept() -> None:
    """Where it is asked for, a fan of whom nothing usable is known gets a line that says so."""
    bucket = bucket_of(KEY)
    app, _ = app_of(bucket, Unavailable("fan_identity_table", "malformed item"))
    assert app.answer(asked(KEY, "keep"), TIME_LEFT_S) == {"fans": 2, "written": True}
    first, second = bucket.objects[SCORES_KEY].decode().splitlines()
    assert first == LINES.splitlines()[0]
    assert json.loads(second) == {
        "globalUserId": NEW_FAN,
        "error": {"code": "UNAVAILABLE", "system": "fan_identity_table"},
    }


def test_a_run_that_is_whole() -> None:
    """Every chunk has scores; objects in other places do not matter."""
    bucket = bucket_of("sale/chunks/000000.json", "sale/chunks/000001.json")
    bucket.objects |= {
        "sale/scores/000000.json": b"",
        "sale/scores/000001.json": b"",
        "sale/x": b"",
    }
    app, logged = app_of(bucket)
    assert app.answer({"prefix": "sale"}, TIME_LEFT_S) == {"chunks": 2}
    assert [each.name for each in logged] == ["compare"]


def test_a_run_that_is_not_whole() -> None:
    """The first of the chunks without scores are named."""
    bucket = bucket_of(*(f"sale/chunks/{number:06}.json" for number in range(13)))
    bucket.objects |= {"sale/scores/000001.json": b"", "other/scores/000002.json": b""}
    app, _ = app_of(bucket)
    with pytest.raises(ChunksMissing) as raised:
        app.answer({"prefix": "sale"}, TIME_LEFT_S)
    named = [f"{number:06}.json" for number in range(13) if number != 1][:10]
    assert str(raised.value) == f"12 of 13 chunks have no scores: {', '.join(named)}"


def test_scores_of_no_chunk() -> None:
    """Scores of fans who are in no chunk are not part of what a run comes to."""
    bucket = bucket_of(KEY)
    bucket.objects |= {f"sale/scores/{number:06}.json": b"" for number in range(13)}
    with pytest.raises(StrangeScores) as raised:
        app_of(bucket)[0].answer({"prefix": "sale"}, TIME_LEFT_S)
    named = ", ".join(f"{number:06}.json" for number in range(1, 11))
    assert str(raised.value) == f"12 objects under scores/ belong to no chunk: {named}"


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (None, "payload: expected chunk, and errors: raise or keep; or prefix"),
        ({"chunk": KEY}, "payload: expected chunk, and errors: raise or keep; or prefix"),
        (asked(KEY, "drop"), "payload: expected chunk, and errors: raise or keep; or prefix"),
        (asked("sale/000000.json"), "chunk: expected a key that ends in chunks/ and a name"),
        (asked("sale/xchunks/1.json"), "chunk: expected a key that ends in chunks/ and a name"),
        ({"prefix": "nothing"}, "prefix: there are no objects under nothing/chunks/"),
        ({"prefix": "sale/"}, "prefix: there are no objects under sale//chunks/"),
    ],
)
def test_what_is_no_work(payload: object, problem: str) -> None:
    """A payload that asks for nothing is refused, and nothing is written."""
    bucket = bucket_of(KEY)
    with pytest.raises(InvalidInput) as refused:
        app_of(bucket)[0].answer(payload, TIME_LEFT_S)
    assert (str(refused.value), [*bucket.objects]) == (problem, [KEY])


def test_what_is_unforeseen_is_not_shown() -> None:
    """A bug is reported; what is raised has only the id to find it by."""
    bucket = bucket_of(KEY)
    app, _ = app_of(bucket, RuntimeError("secret"))
    with pytest.raises(ScoringFailed) as raised:
        app.answer(asked(KEY), TIME_LEFT_S)
    assert str(raised.value) == "internal error found-by"
    assert raised.value.__suppress_context__


def test_chunks() -> None:
    """Registrants are divided, in their order, and read back as they were."""
    fans = [GlobalUserId(f"fan-{number}") for number in range(5)]
    chunks = list(chunks_of(EVENT, fans, 2))
    assert [each.fans for each in chunks] == [tuple(fans[:2]), tuple(fans[2:4]), tuple(fans[4:])]
    assert [read_chunk(chunk_text(each).encode()) for each in chunks] == chunks
    assert [chunk_name(0), chunk_name(12)] == ["000000.json", "000012.json"]
    assert scores_key("chunks/1.json") == "scores/1.json"
    assert scores_key("a/chunks/chunks/1.json") == "a/chunks/scores/1.json"


@pytest.mark.parametrize(
    ("content", "kind", "problem"),
    [
        (b"\xff", InvalidInput, "$: not UTF-8"),
        (b"[]", InvalidInput, "$: expected an object of event and fans"),
        (b'{"event":"e"}', InvalidInput, "$: expected an object of event and fans"),
        (b'{"event":" e","fans":["f"]}', InvalidId, "event: "),
        (b'{"event":"e","fans":[]}', InvalidInput, "fans: expected at least one id"),
        (b'{"event":"e","fans":"fan"}', InvalidInput, "fans: expected at least one id"),
        (b'{"event":"e","fans":["f",""]}', InvalidId, "fans[1]: "),
        (b'{"event":"e","fans":["f","f"]}', InvalidInput, "fans[1]: is listed twice"),
    ],
)
def test_what_is_no_chunk(content: bytes, kind: type[Exception], problem: str) -> None:
    """A chunk that is none is refused, naming the path."""
    with pytest.raises(kind) as refused:
        read_chunk(content)
    assert str(refused.value).startswith(problem)
