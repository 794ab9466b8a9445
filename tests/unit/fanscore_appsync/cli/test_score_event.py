from __future__ import annotations

import base64
import hashlib
import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from fanscore_adapters.documents.findings import read_findings
from fanscore_adapters.documents.receipts import read_receipts
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.cli.main import main
from fanscore_appsync.testing import appsync_event, service
from fanscore_core.receipt import Receipt
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND

pytestmark = pytest.mark.usefixtures("fresh_app")


def fanscore(*arguments: str, environ: Mapping[str, str] | None = None) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, arguments, env=dict(environ or {}), prog_name="fanscore")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of one's own that has a database with the sample, and its exports."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    assert fanscore("sample", "fans.db").exit_code == 0
    assert fanscore("export", "--db", "fans.db", "--output", "exports").exit_code == 0
    return tmp_path


def scores(path: str) -> Mapping[str, object]:
    """Read a file of scores: by fan, all but the policy's version."""
    found = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return {each["globalUserId"]: each for each in found}


def explained(fan: str) -> Mapping[str, object]:
    """Explain a fan's score for the event, and give what a line of scores has of it."""
    done = fanscore("explain", fan, "--event", "evt456", "--db", "fans.db", "--json")
    score = json.loads(done.stdout)["score"]
    reasons = [{"code": each["code"], "points": each["points"]} for each in score["reasons"]]
    return {**score, "reasons": reasons}


def test_registrants_of_a_database_score_what_explain_says() -> None:
    """Each registrant's line is the explained score; the picture says how many scored what."""
    done = fanscore(
        "score-event", "evt456", "--db", "fans.db", "--output", "s.jsonl", "--findings", "f.jsonl"
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [
        "2 registrants of evt456, policy 2026-11-01",
        " 87  1  " + "█" * 52,
    ]
    assert done.stdout.splitlines()[-1] == "Newcomers, of whom nothing is known yet: 0 (0.0%)"
    assert scores("s.jsonl") == {fan: explained(fan) for fan in ("user123", "top-fan")}
    assert Path("s.jsonl").stat().st_mode & 0o777 == 0o600
    with Path("f.jsonl").open("rb") as file:
        assert [(each.event, len(each.findings.signals)) for each in read_findings(file)] == [
            ("evt456", 3)
        ] * 2
    assert sorted(each.name for each in Path().iterdir()) == [
        "exports",
        "f.jsonl",
        "fans.db",
        "s.jsonl",
    ]


def test_exports_come_to_the_same_but_for_arm() -> None:
    """From exports, ARM is not asked, which the picture says; a file of risks makes it whole."""
    done = fanscore("score-event", "disco456", "--export", "exports", "--output", "s.jsonl")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "  (100.0%)"
    assert "Scored without an ARM risk, since it was not asked:" in done.stdout
    Path("risks").write_text(
        '{"globalUserId":"user123","risk":2}\n{"globalUserId":"top-fan","risk":0}\n'
    )
    fanscore("score-event", "evt456", "--db", "fans.db", "--output", "a.jsonl")
    done = fanscore(
        *("score-event", "evt456", "--export", "exports", "--output", "b.jsonl"),
        *("--arm-scores", "risks"),
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert Path("a.jsonl").read_bytes() == Path("b.jsonl").read_bytes()


def test_what_gave_no_answer_is_said() -> None:
    """A service that is out of order degrades each score, and the picture says so."""
    done = fanscore(
        *("score-event", "evt456", "--db", "fans.db", "--output", "s.jsonl"),
        environ={"FANSCORE_OUTAGES": "arm_scoring"},
    )
    assert done.stdout.splitlines()[-1] == "Scored without arm, which gave no answer: 2 (100.0%)"
    assert [each["degraded"] for each in scores("s.jsonl").values()] == [["arm"], ["arm"]]  # type: ignore[index]


def test_a_fan_who_cannot_be_scored_has_a_line_that_says_so() -> None:
    """A malformed score of an account costs that fan the score, and nobody else; status 1."""
    with SqliteTables("fans.db") as tables:
        item = {"PK": "member:member123", "SK": "score#account", "score": "many"}
        tables.load(ACCOUNT_FANSCORE, [item])
    done = fanscore("score-event", "evt456", "--db", "fans.db", "--output", "s.jsonl")
    assert done.exit_code == 1
    assert done.stderr == "fanscore: 1 of 2 fans have no score; their lines say why\n"
    assert scores("s.jsonl")["user123"] == {
        "globalUserId": "user123",
        "error": {"code": "UNAVAILABLE", "system": "account_fanscore_table"},
    }


RECEIPTS = ("--receipts", "r.jsonl", "--decisions", "d.jsonl")


def receipts(path: str) -> Sequence[Receipt]:
    """Read a file of receipts, which checks each against its leaf."""
    with Path(path).open("rb") as file:
        return [*read_receipts(file)]


def test_receipts_are_those_that_an_answer_leaves() -> None:
    """But for time and nonce, a fan's receipt is the one that the API keeps for that question."""
    done = fanscore("score-event", "evt456", "--db", "fans.db", "--output", "s.jsonl", *RECEIPTS)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2:] == ["2 receipts in r.jsonl", "2 log lines in d.jsonl"]
    event = appsync_event(
        "VFApi.accountFanscore", {"globalUserId": "user123", "eventId": "evt456"}, service()
    )
    Path("event.json").write_text(json.dumps(event))
    kept = {"FANSCORE_DB": "fans.db", "FANSCORE_RECEIPTS": "table"}
    assert fanscore("invoke", "event.json", environ=kept).exit_code == 0
    listed = ("receipts", "list", "user123", "--db", "fans.db", "--output", "one.jsonl")
    assert fanscore(*listed).exit_code == 0
    (answered,) = receipts("one.jsonl")
    scored = {each.global_user_id: each for each in receipts("r.jsonl")}
    assert {*scored} == {"user123", "top-fan"}
    ours = scored[answered.global_user_id]
    assert ours == attrs.evolve(answered, decided_at=ours.decided_at, nonce=ours.nonce)
    assert {Path(each).stat().st_mode & 0o777 for each in ("r.jsonl", "d.jsonl")} == {0o600}
    assert not Path("s.jsonl.work").exists()


def test_receipts_are_checked_replayed_sealed_and_proved_as_others() -> None:
    """Every command about receipts takes these files."""
    fanscore("score-event", "evt456", "--db", "fans.db", "--output", "s.jsonl", *RECEIPTS)
    done = fanscore("receipts", "verify", "r.jsonl")
    assert (done.exit_code, done.stdout) == (
        0,
        "2 receipts, each to the byte what its leaf says\n",
    )
    done = fanscore("replay", "r.jsonl")
    assert (done.exit_code, done.stdout) == (0, "2 receipts: 2 the same, byte for byte\n")
    assert fanscore("receipts", "seal", "d.jsonl", "--output", "head").exit_code == 0
    lines = Path("d.jsonl").read_text("utf-8").splitlines(keepends=True)
    Path("sorted").write_text("".join(sorted(lines)), "utf-8")
    assert sorted(lines) != lines
    for name in ("d.jsonl", "sorted"):
        assert fanscore("receipts", "verify", name, "--head", "head").exit_code == 0
    for line in Path("r.jsonl").read_text("utf-8").splitlines(keepends=True):
        Path("one").write_text(line, "utf-8")
        proof = fanscore("receipts", "prove", "one", "d.jsonl")
        assert proof.exit_code == 0
        Path("proof").write_text(proof.stdout)
        proved = ("receipts", "verify", "one", "--head", "head", "--proof", "proof")
        assert fanscore(*proved).exit_code == 0


def test_a_fan_without_a_receipt_is_counted() -> None:
    """A number with more digits than receipts take: the score stands, and the status is 1."""
    with SqliteTables("fans.db") as tables:
        item = {"PK": "member:member123", "SK": "score#account", "score": Decimal("1E-70")}
        tables.load(ACCOUNT_FANSCORE, [item])
    done = fanscore(
        "score-event", "evt456", "--db", "fans.db", "--output", "s.jsonl", *RECEIPTS[:2]
    )
    assert done.exit_code == 1
    assert done.stderr == (
        "fanscore: 1 of 2 fans have no receipt: a number has more than 64 digits before its "
        "point, or after it\n"
    )
    assert done.stdout.splitlines()[-1] == "1 receipt in r.jsonl"
    assert [each.global_user_id for each in receipts("r.jsonl")] == ["top-fan"]
    assert {*scores("s.jsonl")} == {"user123", "top-fan"}


def test_a_policy_book_has_one_for_the_event() -> None:
    """Of a policy book, the policy of the event decides."""
    shipped = json.loads(fanscore("policy", "show").stdout)
    book = {
        "default": shipped,
        "events": {"evt456": {**shipped, "version": "evt", "range": [50, 60]}},
    }
    Path("book.json").write_text(json.dumps(book))
    done = fanscore(
        *(
            "score-event",
            "evt456",
            "--db",
            "fans.db",
            "--output",
            "s.jsonl",
            "--policy",
            "book.json",
        )
    )
    assert "policy evt" in done.stdout
    assert {each["score"] for each in scores("s.jsonl").values()} == {60}  # type: ignore[index]


def test_parquet_says_the_same() -> None:
    """The Parquet file has a row for each line, and is the same every time."""
    duckdb = pytest.importorskip("duckdb")
    for name in ("one.parquet", "two.parquet"):
        done = fanscore(
            *("score-event", "evt456", "--db", "fans.db", "--output", name, "--format", "parquet")
        )
        assert (done.exit_code, done.stderr) == (0, "")
    rows = duckdb.sql("SELECT globalUserId, score, boosts, degraded, error FROM 'one.parquet'")
    assert rows.fetchall() == [
        ("top-fan", 100, {"arm": 5, "event": 6, "model": 3}, [], None),
        ("user123", 87, {"arm": 5, "event": 4, "model": 3}, [], None),
    ]
    assert Path("one.parquet").read_bytes() == Path("two.parquet").read_bytes()


EXPORTED = ("--export", "exports", "--output", "s.jsonl")
EMBEDDED = ("--db", "fans.db", "--output", "s.jsonl")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("evt456", "--output", "s.jsonl"), "--db and --export: expected one of them"),
        (("evt456", *EMBEDDED, "--export", "exports"), "--db and --export: expected one of them"),
        ((" x", *EMBEDDED), "EVENT: expected 1 to 128 characters"),
        (("evt999", *EMBEDDED), "EVENT: nobody is registered for it"),
        (("evt456", "--db", "no.db", "--output", "s"), "no.db: no such file"),
        (("evt456", "--db", "exports", "--output", "s"), "exports: no such file"),
        (("evt456", "--export", "no", "--output", "s"), "no: no export: No such file or directory"),
        (("evt456", "--export", "", "--output", "s"), "--export: given without a value"),
        (("evt456", *EXPORTED, "--export", "exports"), "fan_identity_table: two exports: exports/"),
        (("evt456", *EMBEDDED, "--policy", "no"), "--policy: cannot read no: FileNotFoundError"),
        (
            ("evt456", "--db", "fans.db", "--output", "no/s"),
            "--output: no/s: there is no folder for it",
        ),
        (("evt456", "--db", "fans.db", "--output", "fans.db"), "--output: fans.db: exists already"),
        (("evt456", *EMBEDDED, "--findings", "./s.jsonl"), "--findings: expected another file"),
        (
            ("evt456", *EMBEDDED, "--findings", "exports/../s.jsonl"),
            "--findings: expected another file",
        ),
        (
            ("evt456", *EMBEDDED, "--receipts", "x", "--decisions", "./x"),
            "--decisions: expected another file than --receipts",
        ),
        (("evt456", *EMBEDDED, "--receipts", "fans.db"), "--receipts: fans.db: exists already"),
        (
            ("evt456", *EMBEDDED, "--receipts", "s.jsonl.unfinished"),
            "--receipts: expected another file than --output",
        ),
        (
            ("evt456", *EMBEDDED, "--decisions", "x", "--receipts", "x.unfinished"),
            "--decisions: expected another file than --receipts",
        ),
        (
            ("evt456", *EMBEDDED, "--findings", "s.jsonl.work"),
            "--findings: s.jsonl.work: expected a file outside of s.jsonl.work",
        ),
        (
            ("evt456", *EMBEDDED, "--receipts", "s.jsonl.work.unfinished"),
            "--receipts: s.jsonl.work.unfinished: expected a file outside of s.jsonl.work",
        ),
        (("evt456", *EMBEDDED, "--receipts", "no/x"), "--receipts: no/x: there is no folder"),
        (("evt456", "--db", "fans.db", "--output", "."), "--output: .: expected the name of a"),
        (("evt456", *EMBEDDED, "--receipts", "/"), "--receipts: /: expected the name of a file"),
        (("evt456", *EMBEDDED, "--arm-scores", "no"), "no: cannot be read: No such file"),
        (("evt456", *EMBEDDED, "--arm-scores", "x", "--without-arm"), "--without-arm and --arm-"),
        (("evt456", *EMBEDDED, "--format", "csv"), "Invalid value for '--format'"),
    ],
)
def test_what_is_refused(arguments: Sequence[str], problem: str) -> None:
    """What cannot be used is said in one line, and nothing is left behind."""
    done = fanscore("score-event", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"fanscore: {problem}")
    assert done.stderr.count("\n") == 1
    assert sorted(each.name for each in Path().iterdir()) == ["exports", "fans.db"]


def test_exports_of_two_moments_are_refused(folder: Path) -> None:
    """A score of tables that never were at the same time would be of no moment."""
    assert fanscore("export", "--db", "fans.db", "--output", "later").exit_code == 0
    (demand,) = (each for each in (folder / "later/AWSDynamoDB").glob("*") if _is_of(each, DEMAND))
    (before,) = (
        each for each in (folder / "exports/AWSDynamoDB").glob("*") if _is_of(each, DEMAND)
    )
    for path in before.rglob("*"):
        path.unlink() if path.is_file() else None
    (before / "data").rmdir()
    before.rmdir()
    summary = json.loads((demand / "manifest-summary.json").read_text())
    arguments = ("--export", "exports", "--export", f"demand_table={demand}")
    done = fanscore("score-event", "evt456", *arguments, "--output", "s.jsonl")
    assert done.exit_code == 2
    assert done.stderr.startswith("fanscore: --export: expected exports of one moment: ")
    assert summary["exportTime"].removesuffix("Z").replace("T", " ") in done.stderr
    done = fanscore("score-event", "evt456", "--export", "exports", "--output", "s.jsonl")
    assert done.stderr == "fanscore: --export: there is none of demand_table\n"


def _is_of(export: Path, table: str) -> bool:
    return table in (export / "manifest-summary.json").read_text(encoding="utf-8")


def test_tables_by_their_names_on_aws(folder: Path) -> None:
    """With the AWS backend, exports are of the tables that the settings name."""
    for path in (folder / "exports").rglob("manifest-summary.*"):
        if path.suffix == ".json":
            path.write_text(path.read_text().replace("table/demand_table", "table/prod-demand"))
        else:
            path.unlink()
    for path in (folder / "exports").rglob("manifest-summary.json"):
        digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).digest()
        path.with_suffix(".md5").write_bytes(base64.b64encode(digest))
    done = fanscore("score-event", "evt456", *EXPORTED)
    assert (
        done.stderr == "fanscore: --export: there is none of demand_table; there are prod-demand\n"
    )
    environ = {
        "FANSCORE_BACKEND": "aws",
        "AWS_REGION": "eu-west-1",
        "FANSCORE_DEMAND_TABLE": "arn:aws:dynamodb:eu-west-1:111122223333:table/prod-demand",
    }
    done = fanscore("score-event", "evt456", *EXPORTED, "--without-arm", environ=environ)
    assert (done.exit_code, done.stderr) == (0, "")


def test_a_run_goes_on_only_with_the_same_inputs() -> None:
    """Where the scores could not be written, the same command goes on; another one is refused."""
    whole = fanscore("score-event", "evt456", *EXPORTED)
    expected = Path("s.jsonl").read_bytes()
    Path("s.jsonl").unlink()
    Path("s.jsonl.unfinished").mkdir()  # stands in the way
    done = fanscore("score-event", "evt456", *EXPORTED)
    assert (done.exit_code, done.stderr) == (1, "fanscore: s.jsonl.unfinished: Is a directory\n")
    Path("s.jsonl.unfinished").rmdir()
    done = fanscore("score-event", "disco456", *EXPORTED, "--without-arm")
    assert done.exit_code == 2
    assert "s.jsonl.work: has the work of another run, which differs in: event;" in done.stderr
    done = fanscore("score-event", "evt456", *EXPORTED)
    assert (done.exit_code, done.stdout) == (0, whole.stdout)
    assert Path("s.jsonl").read_bytes() == expected
    assert not Path("s.jsonl.work").exists()


def test_a_run_that_goes_on_writes_over_nothing_of_others() -> None:
    """A file that it had not begun itself stays, and the run can still go on."""
    wanted = ("evt456", *EXPORTED, "--findings", "f.jsonl")
    Path("f.jsonl.unfinished").mkdir()  # stands in the way
    assert fanscore("score-event", *wanted).exit_code == 1
    Path("f.jsonl.unfinished").rmdir()
    Path("precious").write_text("precious")
    done = fanscore("score-event", "evt456", *EXPORTED, "--findings", "precious")
    assert (done.exit_code, done.stderr) == (
        2,
        "fanscore: --findings: precious: exists already\n",
    )
    assert Path("precious").read_text() == "precious"
    assert fanscore("score-event", *wanted).exit_code == 0


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_lies_where_it_is_written_gives_nobody_access(form: str) -> None:
    """Neither a file that others may read is written into, nor a link followed."""
    pytest.importorskip("duckdb")
    Path("a.unfinished").touch(mode=0o644)
    Path("elsewhere").write_text("precious")
    Path("b.unfinished").symlink_to("elsewhere")
    for name in ("a", "b", "it's {lines}[1]*"):
        arguments = ("evt456", "--export", "exports", "--output", name, "--format", form)
        assert fanscore("score-event", *arguments).exit_code == 0
        assert Path(name).lstat().st_mode == 0o100600
    assert Path("elsewhere").read_text() == "precious"


@pytest.mark.parametrize("option", ["--db", "--arm-scores", "--policy"])
def test_nothing_is_written_over_what_is_read(option: str) -> None:
    """Not even where a file lies under the name that another has while it is written."""
    Path("risks").write_text('{"globalUserId":"user123","risk":2}\n')
    Path("policy").write_text(fanscore("policy", "show").stdout)
    given = {"--db": "fans.db", "--arm-scores": "risks", "--policy": "policy"}
    Path(given[option]).rename("one.unfinished")
    kept = Path("one.unfinished").read_bytes()
    arguments = [each for pair in {**given, option: "one.unfinished"}.items() for each in pair]
    for name, out in (
        ("--output", ("--output", "one")),
        ("--receipts", ("--output", "s.jsonl", "--receipts", "one")),
    ):
        done = fanscore("score-event", "evt456", *arguments, *out)
        problem = f"fanscore: {name}: expected another file than {option}\n"
        assert (done.exit_code, done.stderr) == (2, problem)
        assert Path("one.unfinished").read_bytes() == kept


def test_a_link_is_no_folder_for_work() -> None:
    """It could not be removed in the end; what it leads to stays as it is."""
    Path("elsewhere").mkdir()
    for name in ("s.jsonl.work", "s.jsonl.work.unfinished"):
        for to in ("elsewhere", "nowhere"):
            Path(name).symlink_to(to)
            done = fanscore("score-event", "evt456", *EXPORTED, *RECEIPTS)
            problem = f"fanscore: {name}: exists, and has no work of ours in it\n"
            assert (done.exit_code, done.stderr) == (2, problem)
            Path(name).unlink()
    assert [*Path("elsewhere").iterdir()] == []
    assert sorted(each.name for each in Path().iterdir()) == ["elsewhere", "exports", "fans.db"]


def test_what_was_stopped_while_it_removed_its_folder_leaves_nothing() -> None:
    """Given the same command again, what could make nonces is gone, and the scores stay."""
    wanted = ("evt456", *EXPORTED, *RECEIPTS)
    assert fanscore("score-event", *wanted).exit_code == 0
    expected = Path("s.jsonl").read_bytes()
    Path("s.jsonl.work.unfinished").mkdir()
    Path("s.jsonl.work.unfinished/deciding.json").touch()
    done = fanscore("score-event", *wanted)
    problem = "fanscore: --output: s.jsonl: exists already\n"
    assert (done.exit_code, done.stderr) == (2, problem)
    assert Path("s.jsonl").read_bytes() == expected
    assert not Path("s.jsonl.work.unfinished").exists()


def test_a_run_may_go_on_to_files_of_other_names() -> None:
    """It has begun these, too: stopped once more, it goes on."""
    Path("r.jsonl.unfinished").mkdir()  # stands in the way
    assert fanscore("score-event", "evt456", *EXPORTED, *RECEIPTS).exit_code == 1
    Path("s.jsonl.unfinished").mkdir()  # (the same)
    others = ("evt456", *EXPORTED, "--receipts", "other", "--decisions", "d.jsonl")
    assert fanscore("score-event", *others).exit_code == 1
    assert Path("other").exists()
    Path("s.jsonl.unfinished").rmdir()
    done = fanscore("score-event", *others)
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(receipts("other")) == 2


KEY = "00" * 32
DAMAGED = [
    *((name, text) for name in ("plan", "made", "deciding") for text in (b"", b"{", b"5", b"\xff")),
    ("made", b"{}"),
    *((name, b"[]") for name in ("plan", "deciding")),
    ("deciding", b"{}"),
    ("deciding", f'{{"decidedAt":5,"key":"{KEY}"}}'.encode()),
    ("deciding", f'{{"decidedAt":"2026-01-01T00:00:00","key":"{KEY}"}}'.encode()),
    ("deciding", b'{"decidedAt":"2026-01-01T00:00:00Z","key":"0"}'),
    ("deciding", b'{"decidedAt":"2026-01-01T00:00:00Z","key":"00"}'),
]


@pytest.mark.parametrize(("name", "content"), DAMAGED)
def test_work_that_was_damaged_is_named(name: str, content: bytes) -> None:
    """A run goes on with nothing that it has not left so, and says which file to look at."""
    wanted = ("evt456", *EXPORTED, *RECEIPTS)
    Path("r.jsonl.unfinished").mkdir()  # stands in the way
    assert fanscore("score-event", *wanted).exit_code == 1
    Path("r.jsonl.unfinished").rmdir()
    if name == "deciding":
        for each in ("made.json", "scored-000000"):  # is read where something is still to decide
            path = Path("s.jsonl.work", each)
            path.rename(f"{path}.unfinished")
    Path("s.jsonl.work", f"{name}.json").write_bytes(content)
    done = fanscore("score-event", *wanted)
    problem = f"s.jsonl.work/{name}.json: is damaged; remove its folder, to begin anew"
    assert (done.exit_code, done.stderr) == (2, f"fanscore: {problem}\n")
    assert not Path("s.jsonl").exists()


def test_a_pipe_of_risks_is_refused() -> None:
    """It would be empty when it is read again, and nobody would have a risk."""
    os.mkfifo("pipe")
    done = fanscore("score-event", "evt456", *EXPORTED, "--arm-scores", "pipe")
    assert (done.exit_code, done.stderr) == (
        2,
        "fanscore: --arm-scores: pipe: a pipe; expected a file\n",
    )


def test_an_export_removes_nothing_of_others() -> None:
    """What lies beside it stays; of what is in its way it says so."""
    for name in ("out.unfinished", "out.work"):
        Path(name).mkdir()
        Path(name, "precious").touch()
    done = fanscore("export", "--db", "fans.db", "--output", "out")
    assert (done.exit_code, done.stderr) == (
        2,
        "fanscore: out.work: exists, and has no work of ours in it\n",
    )
    Path("out.work", "precious").unlink()
    assert fanscore("export", "--db", "fans.db", "--output", "out").exit_code == 0
    assert {each.name for each in Path().iterdir()} == {
        *("exports", "fans.db", "out", "out.unfinished")
    }
    assert Path("out.unfinished", "precious").exists()


@pytest.mark.parametrize(
    ("out", "status", "problem"),
    [
        ("fans.db", 2, "--output: fans.db: exists already"),
        ("no/x", 2, "--output: no/x: there is no folder for it"),
        ("", 2, "--output: given without a value"),
    ],
)
def test_exporting_to_where_it_cannot(out: str, status: int, problem: str) -> None:
    """An export is a new folder."""
    done = fanscore("export", "--db", "fans.db", "--output", out)
    assert (done.exit_code, done.stderr) == (status, f"fanscore: {problem}\n")


def test_an_item_that_cannot_be_exported_ends_the_export() -> None:
    """It is named by its table and number, never by its key, and no half export is left."""
    with closing(sqlite3.connect("fans.db", isolation_level=None)) as database:
        database.execute("UPDATE demand_table SET item = '[]' WHERE PK = 'fan:user123'")
    done = fanscore("export", "--db", "fans.db", "--output", "out")
    assert done.exit_code == 2
    assert done.stderr == "fanscore: demand_table: item 5: expected an object\n"
    assert sorted(each.name for each in Path().iterdir()) == ["exports", "fans.db"]


def test_an_export_is_for_its_owner_alone(folder: Path) -> None:
    """It holds all that is stored of fans."""
    assert (folder / "exports").stat().st_mode & 0o777 == 0o700
