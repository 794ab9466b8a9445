from __future__ import annotations

import codecs
import json
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import cast

import attrs
import pytest
from click.testing import CliRunner, Result

from fanscore_adapters.documents.policy import policy_book_text, policy_text
from fanscore_adapters.embedded.stand_ins import default_sample
from fanscore_appsync.cli.main import main
from fanscore_appsync.testing import appsync_event, service, user
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook
from tests.unit.fanscore_appsync.samples import (
    ACCOUNT_FANSCORE,
    FAN,
    OTHER_FAN,
    SCORE,
    score_event,
)

pytestmark = pytest.mark.usefixtures("fresh_app")

TERMINAL: Mapping[str, str | None] = {"COLUMNS": "200", "NO_COLOR": None, "FORCE_COLOR": None}

TIMES = re.compile(r"\b[0-9]+\.[0-9] ms")
STEPS = [
    "getAccountFanscoreGlobalUserId",
    "getAccountFanscoreMemberId",
    "getArmScore",
    "getDiscoEventId",
    "getEventDemandRecord",
    "getBotOrNotCursor",
    "getBotOrNot",
    "calcAccountScore",
]


def fanscore(
    *arguments: str, given: str | bytes = "", environ: Mapping[str, str] | None = None
) -> Result:
    """Run the command on a wide terminal; what it lets escape is a test's failure."""
    result = CliRunner().invoke(main, arguments, given, {**TERMINAL, **(environ or {})})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def refused(result: Result, said: str) -> None:
    """Check that a command ended for a user's mistake, saying which, and did nothing."""
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def steps_drawn(text: str) -> list[tuple[str, str]]:
    """Give the steps and fates of the run that is drawn in a text."""
    line = re.compile(r"^ +[0-9] (\w+) +(ran|returned early|degraded|failed|dropped|not reached) ")
    found = (line.match(each + " ") for each in text.splitlines())
    return [(match[1], match[2]) for match in found if match]


def event_file(folder: Path, event: object) -> str:
    """Write an event into a file, and give its path."""
    path = folder / "event.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((), ("demo", "explain", "invoke", "sample")),
        (("demo",), ("--outage SERVICE", "--json")),
        (("invoke",), ("EVENT.json", "Exit status: 0 for data, 1 for an error answer, 2 for")),
        (("explain",), ("GLOBAL_USER_ID", "--event ID", "--member ID", "--db FILE", "--outage")),
        (("explain",), ("--json", "Exit status: 0 for a score, 1 if the run ended in an error, 2")),
        (("sample",), ("DB", "sample data")),
    ],
)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(command: tuple[str, ...], said: tuple[str, ...], option: str) -> None:
    """Every command says what it does, with all its arguments and options."""
    result = fanscore(*command, option)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [words for words in said if words not in " ".join(result.stdout.split())] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Usage: "),
        (("bogus",), "No such command 'bogus'"),
        (("--bogus",), "No such option '--bogus'"),
        (("demo", "extra"), "unexpected extra argument"),
        (("demo", "--outage"), "requires an argument"),
        (("demo", "--outage", "weather"), "arm_scoring"),
        (("invoke",), "Missing argument 'EVENT.json'"),
        (("invoke", "missing.json"), "No such file"),
        (("invoke", "."), "'.'"),
        (("explain",), "Missing argument 'GLOBAL_USER_ID'"),
        (("explain", "user123", "--db", "missing.db"), "missing.db: no such file"),
        (("explain", "user123", "--db", "."), ".: no such file"),
        (("explain", "user123", "--outage", "weather"), "arm_scoring"),
        (("explain", "user\n123"), "GLOBAL_USER_ID: expected 1 to 128"),
        (("explain", ""), "GLOBAL_USER_ID: expected 1 to 128"),
        (("explain", "user123", "--event", "evt456 "), "--event: expected 1 to 128"),
        (("explain", "user123", "--event", ""), "--event: expected 1 to 128"),
        (("explain", "user123", "--member", "\udce9"), "--member: expected 1 to 128"),
        (("sample",), "Missing argument 'DB'"),
        (("sample", "missing/fans.db"), "missing/fans.db: cannot be used"),
        (("sample", "."), "database .: cannot be used"),
        (("sample", ""), "DB: given without a value"),
        (("sample", ":memory:"), ":memory:"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_mistakes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Whatever a user gets wrong ends the command with status 2 and a sentence on stderr."""
    monkeypatch.chdir(tmp_path)
    refused(fanscore(*arguments), said)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"FANSCORE_BACKEND": "postgres"}, "fanscore: FANSCORE_BACKEND: expected embedded or aws"),
        ({"FANSCORE_POLICY": "missing.json"}, "fanscore: FANSCORE_POLICY: cannot read missing"),
        ({"FANSCORE_SAMPLE": "missing.json"}, "fanscore: FANSCORE_SAMPLE: cannot read missing"),
        ({"FANSCORE_OUTAGES": "weather"}, "fanscore: FANSCORE_OUTAGES: expected some of "),
        ({"FANSCORE_DB": "missing/fans.db"}, "missing/fans.db"),
    ],
)
def test_mistakes_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environ: Mapping[str, str], said: str
) -> None:
    """What is wrong with the environment is said in the same way."""
    monkeypatch.chdir(tmp_path)
    refused(fanscore("explain", "user123", environ=environ), said)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('{"version": 1}', "policy.version: expected a string"),
        ('{"version": 1e999999999999999999999}', ""),
        ("{", "not JSON"),
    ],
)
def test_bad_policies(tmp_path: Path, text: str, mistake: str) -> None:
    """A bad policy is refused with the path of its mistake by all that score."""
    path = tmp_path / "policy.json"
    path.write_text(text)
    environ = {"FANSCORE_POLICY": str(path)}
    refused(fanscore("explain", "user123", environ=environ), mistake)
    refused(fanscore("invoke", "-", given="{}", environ=environ), mistake)


STRICT = attrs.evolve(DEFAULT_POLICY, version="ei\u202en\ns", no_history_raw_score=20)
BOOK = PolicyBook(DEFAULT_POLICY, {EventId("evt456"): STRICT})


@pytest.mark.parametrize(
    ("book", "digests"),
    [
        (PolicyBook(STRICT), [f'{STRICT.digest}  default  "ei\\u202en\\ns"']),
        (
            BOOK,
            [
                f'{DEFAULT_POLICY.digest}  default  "2026-11-01"',
                f"{STRICT.digest}  events['evt456']  \"ei\\u202en\\ns\"",
            ],
        ),
    ],
)
def test_policies_are_shown(tmp_path: Path, book: PolicyBook, digests: Sequence[str]) -> None:
    """What the environment or the option names is shown as its document, or as its digests."""
    path = tmp_path / "policy.json"
    path.write_text(policy_book_text(book), encoding="utf-8-sig")
    other = {"FANSCORE_POLICY": "missing.json"}
    for arguments, environ in (
        ((), {"FANSCORE_POLICY": str(path)}),
        (("--policy", str(path)), other),
    ):
        shown = fanscore("policy", "show", *arguments, environ=environ)
        assert (shown.exit_code, shown.stderr) == (0, "")
        assert shown.stdout == f"{policy_book_text(book)}\n"
        lines = fanscore("policy", "show", "--digests", *arguments, environ=environ)
        assert (lines.exit_code, lines.stderr) == (0, "")
        assert lines.stdout.splitlines() == digests


def test_the_shipped_policy_is_shown() -> None:
    """Where nothing names a policy, the shipped one is shown."""
    shown = fanscore("policy", "show", environ={"FANSCORE_POLICY": ""})
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout == f"{policy_text(DEFAULT_POLICY)}\n"


def test_a_bad_policy_is_not_shown(tmp_path: Path) -> None:
    """A policy or book with a mistake is refused with its path, so that showing is checking."""
    path = tmp_path / "policy.json"
    path.write_text('{"default": {}}')
    said = "book.default: expected an object with version"
    for option in ((), ("--digests",)):
        refused(
            fanscore("policy", "show", "--policy", str(path), *option), f"--policy: {path}: {said}"
        )


def test_explaining_takes_the_policy_of_the_event(tmp_path: Path) -> None:
    """``explain`` decides by the policy of the event that is asked, and names it."""
    path = tmp_path / "policy.json"
    strict = attrs.evolve(STRICT, version="strict")
    path.write_text(policy_book_text(PolicyBook(DEFAULT_POLICY, {EventId("evt456"): strict})))
    environ = {"FANSCORE_POLICY": str(path)}
    for arguments, decided_by in (
        (("nobody", "--event", "evt456"), "strict"),
        (("nobody", "--event", "evt789"), "2026-11-01"),
        (("nobody",), "2026-11-01"),
    ):
        result = fanscore("explain", *arguments, "--json", environ=environ)
        assert json.loads(result.stdout)["score"]["policyVersion"] == decided_by


def test_byte_order_marks(tmp_path: Path) -> None:
    """What an editor puts before a JSON file is passed over: in events, policies and samples."""
    event = codecs.BOM_UTF8 + json.dumps(score_event()).encode()
    (tmp_path / "event.json").write_bytes(event)
    environ: dict[str, str] = {}
    for name, text in (
        ("FANSCORE_POLICY", policy_text(DEFAULT_POLICY)),
        ("FANSCORE_SAMPLE", json.dumps({"tables": {}, "services": {}})),
    ):
        environ[name] = str(tmp_path / name)
        Path(environ[name]).write_text(text, encoding="utf-8-sig")
    whole = fanscore("invoke", "-", given=json.dumps(score_event()))
    empty = fanscore("invoke", "-", given=event, environ=environ)
    assert json.loads(whole.stdout)["reasons"] != json.loads(empty.stdout)["reasons"]
    for result in (
        fanscore("invoke", str(tmp_path / "event.json"), environ=environ),
        fanscore("invoke", "-", given=event, environ=environ),
    ):
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == empty.stdout


DEMO = """Score 87 of user123, policy 2026-11-01

  ACCOUNT_SCORE        +75  ███████████████████      Score of the fan's account
  ARM_LOW_RISK          +5                     █     ARM risk score is below 3: 2
  EVENT_DEMAND          +4                      █    Number of demand records for the event \
is 1 or more, and below 2: 1
  MODEL_LIKELY_HUMAN    +3                       █   Bot probability is below 0.2: 0.05
  SCORE                 87

2 rounds, 7 questions, # of waiting
"""
FIELDS = ("score", "rawScore", "boosts", "reasons")


def test_the_demo() -> None:
    """The demo prints the query, its GraphQL response, the reasons, and the run's eight steps."""
    result = fanscore("demo")
    assert (result.exit_code, result.stderr) == (0, "")
    query, answer, drawn = re.split(r"\n(?={\n)|(?<=\n}\n)\n", result.stdout)
    assert query.startswith('query {\n  api {\n    accountFanscore(globalUserId: "user123"')
    fields = {name: SCORE[name] for name in FIELDS}
    assert json.loads(answer) == {"data": {"api": {"accountFanscore": fields}}}
    assert TIMES.sub("#", drawn).startswith(DEMO)
    assert re.search(r"^ +round 1 +│round 2$", drawn, re.MULTILINE)
    assert steps_drawn(drawn) == [(name, "ran") for name in STEPS]


def test_the_demo_knows_no_environment(tmp_path: Path) -> None:
    """The demo shows the sample data, whatever is set for the function."""
    environ = {"FANSCORE_DB": str(tmp_path / "fans.db"), "FANSCORE_POLICY": "missing.json"}
    result = fanscore("demo", environ=environ)
    assert "Score 87 of user123" in result.stdout


def test_the_demo_with_an_outage() -> None:
    """With a service out of order, the demo shows how the score degrades."""
    result = fanscore("demo", "--outage", "arm_scoring")
    assert result.exit_code == 0
    assert "Score 82 of user123" in result.stdout
    assert "ARM_UNAVAILABLE" in result.stdout
    assert "  without an answer: arm\n" in result.stdout
    assert ("getArmScore", "degraded") in steps_drawn(result.stdout)


DENIED = score_event(FAN, user(OTHER_FAN))
SENTENCE = "Only the owner may ask for this"
ITEM = {
    "data": None,
    "errorMessage": SENTENCE,
    "errorType": "403",
    "errorInfo": {"code": "NOT_OWNER"},
}


@pytest.mark.parametrize(
    ("event", "answer", "status"),
    [
        pytest.param(score_event(), SCORE, 0, id="plain"),
        pytest.param(score_event(envelope=True), {"data": SCORE}, 0, id="envelope"),
        pytest.param([score_event()], [{"data": SCORE}], 0, id="batch"),
        pytest.param([], [], 0, id="empty-batch"),
        pytest.param(appsync_event("Query.api", {}), {}, 0, id="namespace"),
        pytest.param(DENIED, {"errorMessage": SENTENCE, "errorType": "403"}, 1, id="plain-error"),
        pytest.param(
            {**DENIED, "envelope": True},
            {
                "error": {
                    "message": SENTENCE,
                    "errorType": "403",
                    "data": None,
                    "errorInfo": {"code": "NOT_OWNER"},
                }
            },
            1,
            id="envelope-error",
        ),
        pytest.param([score_event(), DENIED], [{"data": SCORE}, ITEM], 1, id="batch-error"),
        pytest.param(
            "accountFanscore",
            {"errorMessage": "event: expected an object", "errorType": "400"},
            1,
            id="no-event",
        ),
    ],
)
def test_events_are_answered(tmp_path: Path, event: object, answer: object, status: int) -> None:
    """An event from a file or standard input is answered; the status tells data from errors."""
    of_file = fanscore("invoke", event_file(tmp_path, event))
    of_input = fanscore("invoke", "-", given=json.dumps(event))
    for result in (of_file, of_input):
        assert json.loads(result.stdout) == answer
        assert (result.exit_code, result.stderr) == (status, "")


def test_the_environment_is_the_functions(tmp_path: Path) -> None:
    """Events are answered from the database that the environment names."""
    database = str(tmp_path / "fans.db")
    connection = sqlite3.connect(database)
    connection.close()
    result = fanscore(
        "invoke", "-", given=json.dumps(score_event()), environ={"FANSCORE_DB": database}
    )
    assert json.loads(result.stdout)["reasons"][0]["code"] == "NO_HISTORY"


UNUSABLE = {
    "nothing": b"",
    "half": b"{",
    "bytes": b"\xff\xfe{}",
    "deep": b"[" * 100_000,
    "digits": b"9" * 5_000,
    "two": b"{} {}",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_input_that_is_no_json(tmp_path: Path, name: str) -> None:
    """Input that is no JSON is unusable: status 2, and a sentence that names the file."""
    path = tmp_path / "event.json"
    path.write_bytes(UNUSABLE[name])
    refused(fanscore("invoke", str(path)), f"fanscore: {path}: not JSON")
    refused(fanscore("invoke", "-", given=UNUSABLE[name]), "fanscore: <stdin>: not JSON")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", '"\\ud800"'])
def test_input_that_is_hardly_json(number: str) -> None:
    """What Python reads although it is no JSON value of ours is an error answer, not a crash."""
    document = json.dumps(appsync_event(ACCOUNT_FANSCORE, {"globalUserId": 0}, service()))
    result = fanscore(
        "invoke", "-", given=document.replace('"globalUserId": 0', f'"globalUserId": {number}')
    )
    assert (result.exit_code, json.loads(result.stdout)["errorType"]) == (1, "400")


def test_the_version() -> None:
    """The command says which version of the package it belongs to."""
    result = fanscore("--version")
    assert (result.exit_code, result.stdout) == (0, f"fanscore {version('fanscore')}\n")


EXPLAINED = """Score 87 of user123, policy 2026-11-01

  ACCOUNT_SCORE        +75  ███████████████████      Score of the fan's account
"""


def test_a_score_is_explained() -> None:
    """A fan's score is drawn with its reasons and its run."""
    result = fanscore("explain", "user123", "--event", "evt456")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(EXPLAINED)
    assert steps_drawn(result.stdout) == [(name, "ran") for name in STEPS]


@pytest.mark.parametrize(
    ("fan", "explained"),
    [
        (
            "user123",
            [
                "ARM risk score is below 3: 2",
                "Number of demand records for the event is 1 or more, and below 2: 1",
                "Bot probability is below 0.2: 0.05",
            ],
        ),
        ("nobody", ["Number of demand records for the event is below 1: 0"]),
    ],
)
def test_values_are_explained(fan: str, explained: Sequence[str]) -> None:
    """An operator sees the value behind each reason that has one."""
    result = fanscore("explain", fan, "--event", "evt456")
    assert re.findall(r"  (\w[\w' ,.]+: \S+)$", result.stdout, re.MULTILINE) == explained


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
@pytest.mark.parametrize("command", [("demo",), ("explain", "user123", "--event", "evt456")])
def test_pictures_fit_the_terminal(command: tuple[str, ...], columns: int) -> None:
    """No line of a picture is wider than the terminal."""
    result = fanscore(*command, environ={"COLUMNS": str(columns)})
    picture = result.stdout[result.stdout.index("Score 87") :]
    assert [line for line in picture.splitlines() if len(line) > columns] == []


@pytest.mark.parametrize(
    ("environ", "has_colors"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=str,
)
def test_colors(environ: Mapping[str, str], *, has_colors: bool) -> None:
    """Pictures have colours if the environment or the terminal wants them."""
    result = fanscore("explain", "user123", environ=environ)
    assert ("\x1b[" in result.stdout) is has_colors


def explanation(*arguments: str) -> tuple[int, Mapping[str, object], Mapping[str, object]]:
    """Run a command with --json; split what it prints into the run and the rest."""
    result = fanscore(*arguments, "--json", environ={"FORCE_COLOR": "1"})
    assert result.stderr == ""
    document = json.loads(result.stdout)
    return result.exit_code, document.pop("run"), document


EXPLAINED_SCORE = {
    **SCORE,
    "reasons": [
        {**reason, "value": value}
        for reason, value in zip(
            cast("Sequence[Mapping[str, object]]", SCORE["reasons"]),
            ["75", "2", "1", "0.05"],
            strict=True,
        )
    ],
}
ASKED = [
    [
        (0, "FanIdentity", "fan_identity_table"),
        (2, "ArmScore", "arm_scoring"),
        (3, "DiscoEventId", "demand_table"),
        (5, "BotOrNotCursor", "fan_identity_table"),
    ],
    [
        (1, "AccountScore", "account_fanscore_table"),
        (4, "EventDemandCount", "demand_table"),
        (6, "BotOrNot", "fan_identity_table"),
    ],
]


def test_a_score_is_explained_to_programs() -> None:
    """With --json, the score, the value behind each reason and the run are one JSON document."""
    status, run, rest = explanation("explain", "user123", "--event", "evt456")
    assert (status, rest) == (0, {"score": EXPLAINED_SCORE, "error": None})
    assert without_times(run) == {
        "steps": [{"name": name, "fate": "ran"} for name in STEPS],
        "rounds": [
            {
                "asked": [
                    {
                        "step": step,
                        "question": question,
                        "source": source,
                        "failure": None,
                        "reason": None,
                        "shared": False,
                    }
                    for step, question, source in asked
                ]
            }
            for asked in ASKED
        ],
    }


def without_times(document: object) -> object:
    """Check that each time in a document is a number of milliseconds, and leave them out."""
    if isinstance(document, list):
        return [without_times(each) for each in document]
    if not isinstance(document, dict):
        return document
    assert document.get("tookMs", 0) >= 0
    return {name: without_times(each) for name, each in document.items() if name != "tookMs"}


def test_what_is_missing_has_no_value_for_programs() -> None:
    """A reason without a value has null, and so has one that no signal led to."""
    _, _, rest = explanation("explain", "top-fan", "--event", "evt456")
    reasons = cast("Mapping[str, Sequence[Mapping[str, object]]]", rest["score"])["reasons"]
    assert (reasons[-1]["code"], reasons[-1]["value"]) == ("CLAMPED", None)
    _, _, rest = explanation("explain", "nobody")
    reasons = cast("Mapping[str, Sequence[Mapping[str, object]]]", rest["score"])["reasons"]
    assert [each["value"] for each in reasons] == [None] * 4


def test_the_demo_for_programs() -> None:
    """With --json, the demo is one JSON document, the query and the fan's response included."""
    status, run, rest = explanation("demo")
    fields = {name: SCORE[name] for name in FIELDS}
    assert (status, {name: rest[name] for name in ("response", "score", "error")}) == (
        0,
        {
            "response": {"data": {"api": {"accountFanscore": fields}}},
            "score": EXPLAINED_SCORE,
            "error": None,
        },
    )
    assert str(rest["query"]).startswith("query {\n  api {\n    accountFanscore(")
    assert list(run) == ["steps", "rounds"]


@pytest.mark.parametrize(
    ("arguments", "head"),
    [
        (("user123",), "Score 83 of user123"),
        (("user123", "--event", "disco456"), "Score 87 of user123"),
        (("nobody", "--member", "member-only"), "Score 62 of nobody"),
        (("nobody",), "Score 50 of nobody"),
        (("top-fan", "--event", "evt456"), "Score 100 of top-fan"),
        (("bottom-fan", "--event", "evt456"), "Score 0 of bottom-fan"),
        (("user123", "--event", "evt456", "--outage", "arm_scoring"), "Score 82 of user123"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_can_be_asked(arguments: tuple[str, ...], head: str) -> None:
    """A score can be asked for any fan, with an event, an account and outages."""
    result = fanscore("explain", *arguments)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{head}, policy 2026-11-01\n")


def test_outages_add_up() -> None:
    """Services that the environment declares out of order stay so."""
    environ = {"FANSCORE_OUTAGES": "arm_scoring"}
    result = fanscore("explain", "user123", "--event", "evt456", environ=environ)
    assert "  without an answer: arm\n" in result.stdout


def test_the_sample_is_written_and_explained(tmp_path: Path) -> None:
    """The sample data, written into a database, is what a fan is explained from."""
    database = str(tmp_path / "fans.db")
    items = sum(map(len, default_sample().tables.values()))
    for _ in range(2):
        written = fanscore("sample", database)
        assert (written.exit_code, written.stderr) == (0, "")
        assert written.stdout == f"{database}: {items} items written\n"
    explained = fanscore("explain", "user123", "--event", "evt456", "--db", database)
    assert explained.exit_code == 0
    assert explained.stdout.startswith(EXPLAINED)


def test_the_same_name_is_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one command writes the other reads: a name is a path, whatever it looks like."""
    monkeypatch.chdir(tmp_path)
    assert fanscore("sample", "file:x.db").exit_code == 0
    explained = fanscore("explain", "user123", "--event", "evt456", "--db", "file:x.db")
    assert explained.stdout.startswith(EXPLAINED)
    assert [found.name for found in tmp_path.iterdir()] == ["file:x.db"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "user123"),
        ("events", "list"),
        ("events", "list", "--all"),
        ("erase", "user123"),
        ("receipts", "list", "user123"),
        ("chunks", "evt456", "--output", "out"),
        ("export", "--output", "out"),
        ("score-event", "evt456", "--output", "out"),
    ],
    ids=" ".join,
)
def test_reading_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str]
) -> None:
    """A command that reads leaves the database and its folder as they are."""
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    database = str(folder / "fans.db")
    fanscore("sample", database)
    before = {found.name: found.read_bytes() for found in folder.iterdir()}
    monkeypatch.chdir(elsewhere)
    assert fanscore(*arguments, "--db", database).exit_code == 0
    assert {found.name: found.read_bytes() for found in folder.iterdir()} == before


def malformed_score(path: Path) -> None:
    """Write a score that is none into a database with the sample data."""
    fanscore("sample", str(path))
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            'UPDATE account_fanscore_table SET item = \'{"score": "high"}\''
            " WHERE PK = 'member:member123'"
        )
    connection.close()


MALFORMED = "malformed item: score.score: expected a number"
TABLE_UNAVAILABLE = {
    "message": "account_fanscore_table is unavailable",
    "errorType": "503",
    "data": None,
    "errorInfo": {"code": "UNAVAILABLE", "system": "account_fanscore_table"},
}


def test_a_score_that_cannot_be_given(tmp_path: Path) -> None:
    """Where a system gives no usable answer, the run is drawn as far as it went: status 1."""
    path = tmp_path / "fans.db"
    malformed_score(path)
    result = fanscore("explain", "user123", "--event", "evt456", "--db", str(path))
    assert result.exit_code == 1
    assert result.stderr == f"fanscore: account_fanscore_table is unavailable: {MALFORMED}\n"
    fates = dict(steps_drawn(result.stdout))
    assert (fates["getAccountFanscoreMemberId"], fates["calcAccountScore"]) == (
        "failed",
        "not reached",
    )


def test_an_error_for_programs(tmp_path: Path) -> None:
    """With --json, the error of a run stands in the document, in place of the score: status 1."""
    path = tmp_path / "fans.db"
    malformed_score(path)
    status, run, rest = explanation("explain", "user123", "--db", str(path))
    assert (status, rest) == (1, {"score": None, "error": TABLE_UNAVAILABLE})
    steps = cast("Sequence[Mapping[str, object]]", run["steps"])
    assert [each["fate"] for each in steps][1::6] == ["failed", "not reached"]


def no_database(path: Path) -> None:
    """Write a file that is no database."""
    path.write_text("no database" * 1_000)


def later_layout(path: Path) -> None:
    """Write a database of a later layout."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def foreign_tables(path: Path) -> None:
    """Write a database of somebody else's, with a table of one of our names."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE fan_identity_table (name TEXT)")
    connection.close()


@pytest.mark.parametrize(
    ("command", "make"),
    [
        (("explain", "user123", "--db"), no_database),
        (("explain", "user123", "--db"), later_layout),
        (("explain", "user123", "--db"), foreign_tables),
        (("sample",), no_database),
        (("sample",), later_layout),
        (("sample",), foreign_tables),
    ],
)
def test_files_that_are_no_database(
    tmp_path: Path, command: tuple[str, ...], make: Callable[[Path], None]
) -> None:
    """A file that is no database of ours is refused by all that use one."""
    path = tmp_path / "fans.db"
    make(path)
    before = path.read_bytes()
    refused(fanscore(*command, str(path)), "database")
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == {"fans.db": before}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("explain", "user123", "--outage", "arm_scoring"), "--db and --outage have"),
        (("explain", "user123", "--db", "fans.db"), "--db and --outage have"),
        (("sample", "fans.db"), "sample has"),
    ],
)
def test_what_is_of_the_embedded_backend_is_refused_on_aws(
    monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], problem: str
) -> None:
    """What an option says is never silently ignored: on AWS these have no meaning."""
    monkeypatch.setenv("FANSCORE_BACKEND", "aws")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    refused(fanscore(*arguments), f"{problem} no meaning with FANSCORE_BACKEND=aws")


HOSTILE = {
    "ALL_PROXY": "socks5://proxy.test",
    "AWS_ENDPOINT_URL": "bad",
    "AWS_PROFILE": "nobody",
    "NO_PROXY": "[::1",
    "SSL_CERT_FILE": "/nonexistent",
}


@pytest.mark.parametrize(
    "arguments", [("demo",), ("explain", "user123"), ("invoke", "-"), ("sample", "fans.db")]
)
def test_an_environment_that_is_of_no_concern(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """What says nothing to a command that calls nobody stops none."""
    monkeypatch.chdir(tmp_path)
    result = fanscore(*arguments, given=json.dumps(score_event()), environ=HOSTILE)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("name", ["ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"])
def test_an_environment_in_which_nothing_can_be_posted(name: str) -> None:
    """A command that posts is refused in one line, which names the variable."""
    environ = {name: HOSTILE[name], "FANSCORE_SYNC_URL": "https://sync.test"}
    result = fanscore("invoke", "-", given=json.dumps(score_event()), environ=environ)
    refused(result, f"fanscore: {name}: expected ")
    assert result.stderr.count("\n") == 1


def test_an_environment_in_which_aws_cannot_be_asked() -> None:
    """The same for what asks AWS."""
    environ = {
        "AWS_PROFILE": "nobody",
        "AWS_REGION": "eu-west-1",
        "FANSCORE_BACKEND": "aws",
        "FANSCORE_LNAA_TOKEN": "token",
        "FANSCORE_LNAA_URL": "https://lnaa.test",
    }
    result = fanscore("explain", "user123", environ=environ)
    refused(result, "fanscore: AWS_PROFILE: there is no such profile\n")
