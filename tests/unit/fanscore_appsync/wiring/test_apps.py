from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

from fanscore_adapters.documents.policy import parse_policy_book, policy_text
from fanscore_adapters.embedded.stand_ins import default_sample
from fanscore_adapters.items.keys import Key
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.api import API
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import service
from fanscore_appsync.wiring.apps import connect, connect_reader
from fanscore_appsync.wiring.embedded import write_sample
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY
from tests.e2e.lambda_runtime import told
from tests.unit.fanscore_appsync.samples import FAN, SCORE, TIME_LEFT_S, score_event

UPDATED_AT = "2026-10-20T09:30:00Z"

MEMBERS = "version, range, no_history_raw_score, arm, event, model"

POLICY: Mapping[str, object] = {
    "version": "flat",
    "range": [0, 100],
    "no_history_raw_score": 10,
    "arm": {"unavailable": -7, "bands": [{"points": 1, "code": "ARM_ANY"}]},
    "event": {"unavailable": 0, "bands": [{"points": 2, "code": "EVENT_ANY"}]},
    "model": {"unavailable": 0, "bands": [{"points": 3, "code": "MODEL_ANY"}]},
}


def score(settings: Settings, fan: GlobalUserId = FAN) -> dict[str, object]:
    """Give the score that a service gets for a fan."""
    app = connect(settings)
    response = app.answer(score_event(fan, service()), TIME_LEFT_S).response
    return cast("dict[str, object]", response)


def refusal(wire: Callable[[], object]) -> str:
    """Give the sentence with which settings are refused."""
    with pytest.raises(InvalidInput) as raised:
        wire()
    return str(raised.value)


def file_of(folder: Path, document: object) -> str:
    """Write a document into a file, and give its path."""
    path = folder / "document.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(path)


def scored_sample(raw_score: int, risk: int) -> str:
    """Make a sample: the fan's score, and ARM's answer for everybody."""
    identity = {"PK": f"fan:{FAN}", "SK": "identity", "score": raw_score, "updatedAt": UPDATED_AT}
    answer = {"operation": "armScore", "arguments": {}, "response": {"data": {"armScore": risk}}}
    document = {"tables": {"fan_identity_table": [identity]}, "services": {"arm_scoring": [answer]}}
    return json.dumps(document)


def test_a_sample_that_is_named_counts_before_that_of_ones_own_api(tmp_path: Path) -> None:
    """Who names a file wants what it says, where the API's own sample says something else."""
    api = API.extended_by(sample=scored_sample(10, 9))
    settings = Settings(sample=file_of(tmp_path, scored_sample(70, 0)))
    for named, expected in ((settings, (70, 5)), (Settings(), (10, -15))):
        app = connect(named, api=api)
        found = app.answer(score_event(FAN, service()), TIME_LEFT_S).response
        assert isinstance(found, dict)
        assert (found["rawScore"], found["boosts"]["arm"]) == expected


def test_nothing_set() -> None:
    """By default the sample data answers, from memory."""
    assert score(Settings()) == SCORE


def test_a_database_without_data(tmp_path: Path) -> None:
    """A database file that is not there is made, and holds nothing."""
    path = tmp_path / "fans.db"
    assert score(Settings(database=str(path)))["score"] == 55
    assert path.exists()


def test_the_sample_in_a_database(tmp_path: Path) -> None:
    """The sample, once written into a database, answers from there."""
    settings = Settings(database=str(tmp_path / "fans.db"))
    items = sum(map(len, default_sample().tables.values()))
    assert write_sample(settings) == items
    assert score(settings) == SCORE


def test_the_sample_is_written_over_what_is_there(tmp_path: Path) -> None:
    """Writing the sample again restores what it holds, and keeps what it does not."""
    settings = Settings(database=str(tmp_path / "fans.db"))
    write_sample(settings)
    with sqlite3.connect(settings.database) as connection:
        connection.execute("DELETE FROM account_fanscore_table")
        connection.execute("INSERT INTO demand_table VALUES ('a', 'b', '{}')")
    connection.close()
    write_sample(settings)
    assert score(settings) == SCORE
    connection = sqlite3.connect(settings.database)
    kept = connection.execute("SELECT item FROM demand_table WHERE PK = 'a'").fetchall()
    connection.close()
    assert kept == [("{}",)]


def test_another_sample(tmp_path: Path) -> None:
    """A sample file is what the tables and the stand-ins then answer from."""
    sample = {
        "tables": {"fan_identity_table": [{"PK": "fan:user123", "SK": "identity", "score": 40}]},
        "services": {
            "arm_scoring": [
                {
                    "operation": "armScore",
                    "arguments": {"globalUserId": "user123"},
                    "response": {"data": {"armScore": 9}},
                }
            ]
        },
    }
    found = score(Settings(sample=file_of(tmp_path, sample)))
    assert (found["rawScore"], found["boosts"]) == (40, {"arm": -15, "event": 0, "model": 0})


def test_a_policy_book(tmp_path: Path) -> None:
    """A policy book decides each event by its policy, for an app that only reads as well."""
    default = json.loads(policy_text(DEFAULT_POLICY))
    path = file_of(tmp_path, {"default": default, "events": {"evt456": POLICY}})
    settings = Settings(policy=path)
    assert score(settings)["policyVersion"] == "flat"
    with ExitStack() as closing:
        reader = connect_reader(settings, closing)
        assert (
            reader.policy
            == connect(settings, closing).policy
            == parse_policy_book(Path(path).read_text())
        )


def test_a_bad_book(tmp_path: Path) -> None:
    """A mistake in any policy of a book is refused at start, with its path."""
    bad = {**POLICY, "version": "bad", "range": [1, 0]}
    path = file_of(tmp_path, {"default": POLICY, "events": {"evt456": POLICY, "evt789": bad}})
    said = refusal(lambda: connect(Settings(policy=path)))
    mistake = "book.events['evt789'].range: expected the least score, then the greatest"
    assert said == f"FANSCORE_POLICY: {path}: {mistake}"


def test_a_shadow_policy(tmp_path: Path) -> None:
    """A shadow leaves the answer as it is, and is known to an app that only reads as well."""
    path = file_of(tmp_path, {"default": POLICY})
    settings = Settings(shadow_policy=path)
    assert score(settings) == SCORE
    with ExitStack() as closing:
        reader = connect_reader(settings, closing)
        assert (
            reader.shadow
            == connect(settings, closing).shadow
            == parse_policy_book(Path(path).read_text())
        )


@pytest.mark.parametrize(
    ("shadow", "mistake"),
    [
        ({**POLICY, "range": [1, 0]}, "policy.range: expected the least score, then the greatest"),
        (
            {"default": {**POLICY, "version": "2026-11-01"}},
            'default: the live policy of version "2026-11-01" is another',
        ),
        (
            {"default": POLICY, "events": {"evt456": {**POLICY, "version": "2026-11-01"}}},
            "events['evt456']: the live policy of version \"2026-11-01\" is another",
        ),
    ],
)
def test_a_bad_shadow(tmp_path: Path, shadow: object, mistake: str) -> None:
    """A shadow with a mistake, or with a version that means another policy, is refused at start."""
    path = file_of(tmp_path, shadow)
    settings = Settings(shadow_policy=path)
    with ExitStack() as closing:
        for wire in (connect, connect_reader):
            said = refusal(lambda wire=wire: wire(settings, closing))  # type: ignore[misc]
            assert said == f"FANSCORE_SHADOW_POLICY: {path}: {mistake}"


def test_another_policy(tmp_path: Path) -> None:
    """A policy file decides instead of the policy that is shipped."""
    found = score(Settings(policy=file_of(tmp_path, POLICY)))
    assert (found["score"], found["policyVersion"]) == (81, "flat")


def test_outages(tmp_path: Path) -> None:
    """A service declared out of order degrades the score as the policy says."""
    policy = file_of(tmp_path, POLICY)
    found = score(Settings(policy=policy, outages=frozenset({"arm_scoring"})))
    assert (found["score"], found["degraded"]) == (73, ["arm"])


def test_time_left() -> None:
    """The source keeps the deadline that it is made for: with no time left, nothing is asked."""
    app = connect(Settings())
    answer = told(lambda: app.answer(score_event(), 0.0))
    assert answer == {
        "raised": {
            "errorType": "504",
            "message": "Out of time while waiting for fan_identity_table",
        }
    }


def band(**changes: object) -> Mapping[str, object]:
    """Give the policy with a band of its first signal changed."""
    bands = [{"points": 1, "code": "ARM_ANY", **changes}]
    return {**POLICY, "arm": {"unavailable": -7, "bands": bands}}


@pytest.mark.parametrize(
    ("policy", "mistake"),
    [
        ([], "policy: expected an object"),
        ({}, f"policy: expected an object with {MEMBERS}"),
        ({**POLICY, "version": 1}, "policy.version: expected a string"),
        ({**POLICY, "version": ""}, "policy.version: expected a name"),
        ({**POLICY, "range": [0]}, "policy.range: expected a list of 2"),
        ({**POLICY, "range": [0, 99.5]}, "policy.range[1]: expected an integer"),
        (
            {**POLICY, "range": [100, 0]},
            "policy.range: expected the least score, then the greatest",
        ),
        ({**POLICY, "no_history_raw_score": 101}, "policy.no_history_raw_score: expected 0 to 100"),
        (
            {**POLICY, "arm": {"unavailable": 0, "bands": []}},
            "policy.arm.bands: expected at least one",
        ),
        (band(points=1.5), "policy.arm.bands[0].points: expected an integer"),
        (band(points=True), "policy.arm.bands[0].points: expected an integer"),
        (band(code="arm"), "policy.arm.bands[0].code: expected capitals, digits and _"),
        (band(code="CLAMPED"), "policy.arm.bands[0].code: this code has a meaning of its own"),
        (
            band(below=3),
            "policy.arm.bands[0].below: the last band must be open, or values above it have none",
        ),
        (band(below="3"), "policy.arm.bands[0].below: expected a number"),
        (band(above=3), "policy.arm.bands[0]: unknown key 'above'"),
        (band(code="EVENT_ANY"), "policy.event.bands[0].code: another band has this code"),
    ],
)
def test_bad_policies(tmp_path: Path, policy: object, mistake: str) -> None:
    """A bad policy is refused at start, with the path of the mistake."""
    path = file_of(tmp_path, policy)
    said = refusal(lambda: connect(Settings(policy=path)))
    assert said == f"FANSCORE_POLICY: {path}: {mistake}"


def reading(setting: str, path: str) -> Settings:
    """Give settings that name a file for the policy, or for the sample."""
    return Settings(policy=path) if setting == "policy" else Settings(sample=path)


SYNTAX = [
    "",
    "{",
    '{"version": "a", "version": "b"}',
    '{"version": NaN}',
    "[" * 100_000,
    '{"version": ' + "9" * 5_000 + "}",
    '{"version": 1e999999999999999999999}',
]


@pytest.mark.parametrize("text", SYNTAX, ids=range(len(SYNTAX)))
@pytest.mark.parametrize(("setting", "name"), [("policy", "POLICY"), ("sample", "SAMPLE")])
def test_files_that_are_no_json(tmp_path: Path, setting: str, name: str, text: str) -> None:
    """A file that is no JSON is refused, and the refusal says which of the files it is."""
    path = file_of(tmp_path, text)
    said = refusal(lambda: connect(reading(setting, path)))
    assert said.startswith(f"FANSCORE_{name}: {path}: ")


@pytest.mark.parametrize(("setting", "name"), [("policy", "POLICY"), ("sample", "SAMPLE")])
@pytest.mark.parametrize("kind", ["missing", "folder", "bytes"])
def test_files_that_cannot_be_read(tmp_path: Path, setting: str, name: str, kind: str) -> None:
    """A file that cannot be read as text is refused, naming the variable, the file and why."""
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "bytes":
        path.write_bytes(b"\xff\xfe")
    why = {"missing": "FileNotFoundError", "folder": "IsADirectoryError"}
    said = refusal(lambda: connect(reading(setting, str(path))))
    reason = why.get(kind, "UnicodeDecodeError")
    assert said == f"FANSCORE_{name}: cannot read {path}: {reason}"


def sample_of(**tables: object) -> Mapping[str, object]:
    """Give a sample with some tables and no services."""
    return {"tables": tables, "services": {}}


def case_of(**members: object) -> Mapping[str, object]:
    """Give a sample with one case of a service."""
    return {"tables": {}, "services": {"arm_scoring": [members]}}


SHAPE = 'sample: expected {"tables": {...}, "services": {...}}, both of them and no other'


@pytest.mark.parametrize(
    ("sample", "mistake"),
    [
        ([], SHAPE),
        ({}, SHAPE),
        ({"tables": {}}, SHAPE),
        ({"tables": [], "services": {}}, SHAPE),
        ({"tables": {}, "services": {}, "more": {}}, SHAPE),
        (sample_of(fans=[]), "sample.tables.fans: no such table; there are "),
        (sample_of(demand_table={}), "sample.tables.demand_table: expected a list of items"),
        (
            sample_of(demand_table=[{"PK": "a", "SK": "b"}, {"PK": "a"}]),
            "sample.tables.demand_table[1]: expected an item with PK and SK",
        ),
        (
            sample_of(demand_table=[{"PK": "a", "SK": 1}]),
            "sample.tables.demand_table[0]: expected an item with PK and SK",
        ),
        (
            {"tables": {}, "services": {"weather": []}},
            "sample.services.weather: no such service; there are ",
        ),
        (
            {"tables": {}, "services": {"arm_scoring": {}}},
            "sample.services.arm_scoring: expected a list of cases",
        ),
        (
            case_of(operation="armScore", arguments={}),
            "sample.services.arm_scoring[0]: expected operation, arguments and response",
        ),
        (
            case_of(operation="armScore", arguments={}, response={}, more=1),
            "sample.services.arm_scoring[0]: expected operation, arguments and response",
        ),
    ],
)
def test_bad_samples(tmp_path: Path, sample: object, mistake: str) -> None:
    """A bad sample is refused at start, with the path of the mistake."""
    path = file_of(tmp_path, sample)
    settings = Settings(sample=path, database=str(tmp_path / "fans.db"))
    for wire in (connect, write_sample):
        said = refusal(lambda wire=wire: wire(settings))  # type: ignore[misc]  # binds now
        assert said.startswith(f"FANSCORE_SAMPLE: {path}: {mistake}")


@pytest.mark.parametrize(
    "item",
    [{"PK": "\ud800", "SK": "b"}, {"PK": "a", "SK": "b", "nested": "DEEP"}],
    ids=["surrogate", "nested"],
)
def test_items_that_cannot_be_stored(tmp_path: Path, item: object) -> None:
    """A sample with an item that the database cannot hold is refused, not a crash."""
    path = Path(file_of(tmp_path, sample_of(demand_table=[item])))
    deep = "[" * 100_000 + "]" * 100_000  # beyond what any version of Python parses
    path.write_text(path.read_text(encoding="utf-8").replace('"DEEP"', deep), encoding="utf-8")
    assert refusal(lambda: connect(Settings(sample=str(path))))


def test_a_sample_is_written_as_a_whole(tmp_path: Path) -> None:
    """Where one item cannot be stored, none is, of whatever table."""
    sample = sample_of(
        fan_identity_table=[{"PK": "a", "SK": "b"}], demand_table=[{"PK": "\x07", "SK": "b"}]
    )
    settings = Settings(sample=file_of(tmp_path, sample), database=str(tmp_path / "fans.db"))
    assert refusal(lambda: write_sample(settings)).startswith("item: ")
    with SqliteTables(settings.database) as tables:
        assert tables.look_up("fan_identity_table", [Key("a", "b")]) == [None]


def test_unknown_outages() -> None:
    """A service that there is not cannot be out of order; the services are listed."""
    said = refusal(lambda: connect(Settings(outages=frozenset({"arm_scoring", "weather"}))))
    assert said.startswith("FANSCORE_OUTAGES: expected some of ")
    assert "arm_scoring" in said


def other_database(path: Path) -> None:
    """Make a database of a later layout."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def other_file(path: Path) -> None:
    """Make a file that is no database."""
    path.write_text("no database" * 1_000)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (Path.mkdir, "cannot be used: "),
        (other_file, "cannot be used: "),
        (other_database, "has layout 99, expected "),
    ],
)
def test_bad_databases(tmp_path: Path, make: Callable[[Path], None], problem: str) -> None:
    """What is no database of this layout is refused, and left as it is."""
    path = tmp_path / "fans.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    said = refusal(lambda: connect(Settings(database=str(path))))
    assert said.startswith(f"database {path}: {problem}")
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_database_that_cannot_be_made(tmp_path: Path) -> None:
    """A database in a folder that is not there is refused."""
    path = str(tmp_path / "missing" / "fans.db")
    for wire in (connect, write_sample):
        said = refusal(lambda wire=wire: wire(Settings(database=path)))  # type: ignore[misc]  # binds now
        assert said.startswith(f"database {path}: cannot be used: ")
