from __future__ import annotations

import json
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from fanscore_adapters.documents.findings import read_findings
from fanscore_adapters.documents.policy import policy_book_text, policy_text
from fanscore_adapters.documents.receipts import OTHER_LEAF
from fanscore_appsync.cli.main import main
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook
from fanscore_core.receipt import Decision
from fanscore_core.sealing import seal
from tests.receipt_samples import (
    OTHER_POLICY,
    error_receipt,
    log_line,
    receipt,
    receipts,
    receipts_file,
)

pytestmark = pytest.mark.usefixtures("fresh_app")

CROWD = [*receipts(20), error_receipt(20)]
LINES = [log_line(each) for each in CROWD]
SEALED = seal(LINES)
HEAD = SEALED.head()
NEWCOMER = Findings(ScoreOrigin.NO_HISTORY, None, {})


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with receipts, their lines among others, and what is made of them."""
    monkeypatch.chdir(tmp_path)
    write("receipts.jsonl", receipts_file(*CROWD))
    write("one.json", CROWD[3].canonical_bytes)
    write("one.jsonl", receipts_file(CROWD[3]))
    write("lines.log", "\n".join(["START RequestId: 1", *(each.text for each in LINES), ""]))
    write("head.json", HEAD.text)
    write("other.json", policy_text(OTHER_POLICY))
    write("default.json", policy_text(DEFAULT_POLICY))
    write("empty", "")


def write(path: str, content: bytes | str) -> None:
    """Write a file."""
    Path(path).write_bytes(content.encode() if isinstance(content, str) else content)


def fanscore(*arguments: str, given: bytes = b"", policy: str = "") -> Result:
    """Run the command."""
    return CliRunner().invoke(
        main, arguments, input=given, env={"FANSCORE_POLICY": policy}, prog_name="fanscore"
    )


def check(result: Result, status: int, stdout: str, *stderr: str) -> None:
    """Check how a command ended, and all that it printed."""
    told = "".join(f"fanscore: {each}\n" for each in stderr)
    assert (result.exit_code, result.stdout, result.stderr) == (status, stdout, told)


def test_receipts_are_verified() -> None:
    """Each receipt is what its leaf says; from standard input as well."""
    said = "21 receipts, each to the byte what its leaf says\n"
    check(fanscore("receipts", "verify", "receipts.jsonl"), 0, said)
    check(fanscore("receipts", "verify", "-", given=receipts_file(*CROWD)), 0, said)


def test_a_changed_receipt_is_named() -> None:
    """The line, the receipt and what is wrong: exit status 1."""
    write("receipts.jsonl", receipts_file(*CROWD).replace(b"fan7", b"fan8"))
    where = f"FILE: receipts.jsonl: line 8: receipt {CROWD[7].leaf}: leaf"
    check(fanscore("receipts", "verify", "receipts.jsonl"), 1, "", f"{where}: {OTHER_LEAF}")


def test_lines_are_sealed() -> None:
    """The head is printed; what was passed over is counted beside."""
    said = "21 lines sealed; passed over: 0 repeated, 1 of another kind"
    check(fanscore("receipts", "seal", "lines.log"), 0, f"{HEAD.text}\n", said)
    twice = Path("lines.log").read_bytes() * 2
    said = "21 lines sealed; passed over: 21 repeated, 2 of another kind"
    check(fanscore("receipts", "seal", "-", given=twice), 0, f"{HEAD.text}\n", said)


def test_a_head_names_the_one_before_and_is_written() -> None:
    """The next head has the digest of the one before; it can go into a file."""
    result = fanscore(
        "receipts", "seal", "lines.log", "--previous", "head.json", "--output", "next.json"
    )
    check(result, 0, "", "21 lines sealed; passed over: 0 repeated, 1 of another kind")
    assert Path("next.json").read_text() == f"{SEALED.head(HEAD).text}\n"
    following = ("receipts", "verify", "lines.log", "--head", "next.json", "--previous")
    check(fanscore(*following, "head.json"), 0, "21 lines, all those of the head and no others\n")
    said = "next.json: not the head that --head names as the one before it"
    check(fanscore(*following, "next.json"), 1, "", said)


VERIFY_LINES = ("receipts", "verify", "lines.log", "--head", "head.json")


def test_lines_are_verified_against_their_head() -> None:
    """In whatever order, and however often: they are those of the head."""
    said = "21 lines, all those of the head and no others\n"
    check(fanscore(*VERIFY_LINES), 0, said)
    write("lines.log", "\n".join(each.text for each in [*reversed(LINES), LINES[4]]))
    check(fanscore(*VERIFY_LINES), 0, said)


@pytest.mark.parametrize(
    ("lines", "differ"),
    [
        (LINES[1:], "size, root, lines"),
        ([*LINES, log_line(error_receipt(19))], "size, root, lines"),
        ([attrs.evolve(LINES[0], score=1), *LINES[1:]], "lines"),
        ([attrs.evolve(LINES[0], hour="2026-11-28T19Z"), *LINES[1:]], "lines, from"),
    ],
    ids=["cut", "added", "changed", "hour"],
)
def test_what_differs_from_the_head_is_named(lines: Sequence[object], differ: str) -> None:
    """A line that is missing, new or changed gives another head: exit status 1."""
    write("lines.log", "\n".join(each.text for each in lines))  # type: ignore[attr-defined]
    check(fanscore(*VERIFY_LINES), 1, "", f"lines.log: not the lines of the head: {differ} differ")


def test_lines_that_are_none_any_more_are_not_those_of_the_head() -> None:
    """A line that is broken is named: exit status 1 where it is verified, 2 where it is sealed."""
    write("lines.log", LINES[0].text.replace("evt456", "evt456 "))
    problem = "LINES: lines.log: line 1: event: "
    for command, status in ((VERIFY_LINES, 1), (("receipts", "seal", "lines.log"), 2)):
        result = fanscore(*command)
        assert (result.exit_code, result.stdout) == (status, "")
        assert result.stderr.startswith(f"fanscore: {problem}")
    two = f"{LINES[0].text}\n{attrs.evolve(LINES[0], score=1).text}"
    write("lines.log", two)
    said = f"leaf: two different lines have {LINES[0].leaf}"
    check(fanscore("receipts", "seal", "lines.log"), 2, "", said)


@pytest.mark.parametrize("file", ["one.json", "one.jsonl"])
def test_a_receipt_is_proved_to_be_among_them(file: str) -> None:
    """The proof leads from it, bare or as a line, to the head."""
    proved = fanscore("receipts", "prove", file, "lines.log")
    proof = SEALED.prove(CROWD[3].leaf)
    assert proof is not None
    check(proved, 0, f"{proof.text}\n")
    write("proof.json", proved.stdout)
    result = fanscore("receipts", "verify", file, "--head", "head.json", "--proof", "proof.json")
    check(result, 0, f"{file}: receipt {CROWD[3].leaf} is among the 21 of the head\n")


def test_no_proof_is_made_or_holds_for_another() -> None:
    """What is not among them has none, and the proof of another does not hold: exit status 1."""
    stranger = error_receipt(19)
    write("stranger.json", stranger.canonical_bytes)
    said = "stranger.json: no line of lines.log has the leaf of this receipt"
    check(fanscore("receipts", "prove", "stranger.json", "lines.log"), 1, "", said)
    write("proof.json", fanscore("receipts", "prove", "one.json", "lines.log").stdout)
    held_to = ("--head", "head.json", "--proof", "proof.json")
    said = "stranger.json: the proof does not lead from this receipt to the head"
    check(fanscore("receipts", "verify", "stranger.json", *held_to), 1, "", said)
    write("one.json", CROWD[3].canonical_bytes.replace(b"fan3", b"fan4"))
    said = "one.json: the proof does not lead from this receipt to the head"
    check(fanscore("receipts", "verify", "one.json", *held_to), 1, "", said)


def test_findings_are_written_without_ids() -> None:
    """Each decision's findings, as ``policy diff`` reads them; errors are counted beside."""
    result = fanscore("findings", "receipts.jsonl")
    said = "fanscore: 1 receipt of an error passed over\n"
    assert (result.exit_code, result.stderr) == (0, said)
    assert "fan" not in result.stdout
    write("findings.jsonl", result.stdout)
    with Path("findings.jsonl").open("rb") as file:
        lines = list(read_findings(file))
    assert [each.findings for each in lines] == [each.findings for each in CROWD[:-1]]
    assert {each.event for each in lines} == {EventId("evt456")}
    diffed = fanscore(
        *("policy", "diff", "default.json", "other.json", "--findings", "findings.jsonl")
    )
    assert (diffed.exit_code, diffed.stderr) == (0, "")


REFUSED: tuple[tuple[Sequence[str], str], ...] = (
    (("receipts", "verify", "nothing"), "FILE: cannot read nothing: FileNotFoundError"),
    (("receipts", "verify", ""), "FILE: given without a value"),
    (("receipts", "verify", "empty"), "FILE: empty: there are no receipts"),
    (("receipts", "verify", "x", "--proof", "x"), "--proof and --previous: only with --head"),
    (("receipts", "verify", "x", "--previous", "x"), "--proof and --previous: only with --head"),
    (
        ("receipts", "verify", "x", "--head", "x", "--proof", "x", "--previous", "x"),
        "--proof and --previous: expected only one of them",
    ),
    (("receipts", "verify", "x", "--head", "x"), "--head: cannot read x: FileNotFoundError"),
    (("receipts", "verify", "x", "--head", "one.json"), "--head: one.json: $: unknown key 'c"),
    (
        ("receipts", "verify", "x", "--head", "head.json"),
        "LINES: cannot read x: FileNotFoundError",
    ),
    (
        ("receipts", "verify", "one.json", "--head", "head.json", "--proof", "head.json"),
        "--proof: head.json: $: unknown key 'f",
    ),
    (("receipts", "seal", "nothing"), "LINES: cannot read nothing: FileNotFoundError"),
    (("receipts", "seal", "x", "--previous", ""), "--previous: given without a value"),
    (("receipts", "seal", "lines.log", "--output", "no/where"), "--output: no/where: No such"),
    (("receipts", "prove", "receipts.jsonl", "x"), "RECEIPT: receipts.jsonl: $: expected one "),
    (("receipts", "prove", "empty", "x"), "RECEIPT: empty: $: not JSON"),
    (("receipts", "prove", "one.json", "x"), "LINES: cannot read x: FileNotFoundError"),
    (("findings", "one.json"), "RECEIPTS: one.json: line 1: $: expected "),
    (("findings", "x"), "RECEIPTS: cannot read x: FileNotFoundError"),
)


@pytest.mark.parametrize(("arguments", "problem"), REFUSED, ids=range(len(REFUSED)))
def test_unusable_input_is_refused(arguments: Sequence[str], problem: str) -> None:
    """In one line, with exit status 2, and nothing printed."""
    result = fanscore(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"fanscore: {problem}")
    assert result.stderr.count("\n") == 1


def test_a_file_of_bytes_or_of_too_many_is_no_receipt() -> None:
    """What is not UTF-8, or longer than a receipt can be, is refused before it is parsed."""
    write("one.json", b"\xff")
    said = "RECEIPT: one.json: $: not UTF-8"
    check(fanscore("receipts", "prove", "one.json", "lines.log"), 2, "", said)
    write("one.json", b" " * 70_000)
    said = "RECEIPT: one.json: $: expected one receipt, of at most 65536 bytes"
    check(fanscore("receipts", "prove", "one.json", "lines.log"), 2, "", said)


ALL = "21 receipts: 20 the same, byte for byte; 1 of an error, with nothing to decide again\n"


def test_receipts_are_replayed() -> None:
    """Each decision is made again, and is the same, under the policy that is live or named."""
    check(fanscore("replay", "receipts.jsonl"), 0, ALL)
    check(fanscore("replay", "receipts.jsonl", "--policy", "default.json"), 0, ALL)
    result = fanscore("replay", "receipts.jsonl", "--json")
    assert json.loads(result.stdout) == {
        "receipts": 21,
        "same": 20,
        "mismatched": 0,
        "changed": 0,
        "unchanged": 0,
        "errors": 1,
        "unknown": {},
        "up": 0,
        "down": 0,
        "codes": {},
    }


def test_a_policy_that_is_not_known_is_said() -> None:
    """What cannot be checked is not passed over: exit status 1."""
    mixed = [receipt(1, NEWCOMER), receipt(2, NEWCOMER, OTHER_POLICY)]
    write("receipts.jsonl", receipts_file(*mixed))
    unknown = "1 receipt of an unknown policy, {}: name it by --policy"
    said = "2 receipts: 1 the same, byte for byte; 1 of an unknown policy\n"
    result = fanscore("replay", "receipts.jsonl")
    check(result, 1, said, unknown.format(OTHER_POLICY.digest))
    result = fanscore("replay", "receipts.jsonl", policy="other.json")
    check(result, 1, said, unknown.format(DEFAULT_POLICY.digest))
    write("book.json", policy_book_text(PolicyBook(OTHER_POLICY, {EventId("e"): DEFAULT_POLICY})))
    result = fanscore("replay", "receipts.jsonl", policy="book.json")
    check(result, 0, "2 receipts: 2 the same, byte for byte\n")


def test_a_decision_that_does_not_come_out_is_named() -> None:
    """Though its leaf is right: exit status 1."""
    made = receipt(1, NEWCOMER)
    forged = attrs.evolve(made, decision=Decision(99, 99, (("NO_HISTORY", 99),), ()))
    assert made.decision is not None
    reasons = (("NO_HISTORY", 49), ("ARM_LOW_RISK", 1))
    reworded = attrs.evolve(made, decision=Decision(50, 50, reasons, ()))
    write("receipts.jsonl", receipts_file(made, forged, reworded))
    check(
        fanscore("replay", "receipts.jsonl"),
        1,
        "3 receipts: 1 the same, byte for byte; 2 not the same\n",
        f"line 2: receipt {forged.leaf}: 99 then, 50 now",
        f"line 3: receipt {reworded.leaf}: 50 then and now, for other reasons",
    )


def test_another_policy_says_what_would_have_been() -> None:
    """Who would have moved is counted and, as far as they are few, named: exit status 0."""
    found = [NEWCOMER, Findings(ScoreOrigin.ACCOUNT_SCORE, Decimal(70), {})]
    by_kind = receipt(3, NEWCOMER, OTHER_POLICY)
    made = [receipt(number, each) for number, each in enumerate(found)]
    write("receipts.jsonl", receipts_file(*made, error_receipt(2), by_kind))
    check(
        fanscore("replay", "receipts.jsonl", "--policy", "other.json"),
        0,
        "4 receipts: 1 the same, byte for byte; 1 changed by the other policy, 1 up and 0 down; "
        "1 the same under the other policy; 1 of an error, with nothing to decide again\n",
        f"line 1: receipt {made[0].leaf}: 50 then, 60 now",
    )
    result = fanscore("replay", "receipts.jsonl", "--policy", "default.json", "--json")
    counts = json.loads(result.stdout)
    assert (counts["changed"], counts["up"], counts["down"]) == (1, 0, 1)


def test_only_so_many_are_named() -> None:
    """The first twenty; all are counted."""
    write("receipts.jsonl", receipts_file(*(receipt(each, NEWCOMER) for each in range(25))))
    result = fanscore("replay", "receipts.jsonl", "--policy", "other.json")
    assert result.stderr.count("\n") == 20
    assert result.stdout == "25 receipts: 25 changed by the other policy, 25 up and 0 down\n"


def test_another_version_of_the_code_is_said() -> None:
    """It is reported, whether the decisions come out the same or not."""
    write("receipts.jsonl", receipts_file(*(receipt(n, NEWCOMER, code="0.0.9") for n in range(2))))
    said = "2 receipts of fanscore 0.0.9, replayed by 0.1.0"
    result = fanscore("replay", "receipts.jsonl")
    check(result, 0, "2 receipts: 2 the same, byte for byte\n", said)


def test_a_changed_receipt_is_not_replayed() -> None:
    """A file that is not as it was written is unusable: exit status 2."""
    write("receipts.jsonl", receipts_file(*CROWD).replace(b"fan7", b"fan8"))
    where = f"FILE: receipts.jsonl: line 8: receipt {CROWD[7].leaf}: leaf"
    check(fanscore("replay", "receipts.jsonl"), 2, "", f"{where}: {OTHER_LEAF}")
    result = fanscore("replay", "one.jsonl", policy="nothing")
    check(result, 2, "", "FANSCORE_POLICY: cannot read nothing: FileNotFoundError")
    result = fanscore("replay", "one.jsonl", "--policy", "empty")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("fanscore: --policy: empty: policy: expected ")


def test_a_pipe_is_not_replayed_as_if_it_were_empty() -> None:
    """A file is read twice, which a pipe cannot be."""
    os.mkfifo("pipe")
    done = fanscore("replay", "pipe")
    assert (done.exit_code, done.stderr) == (2, "fanscore: FILE: pipe: a pipe; expected a file\n")


@pytest.mark.parametrize(
    ("output", "arguments", "read"),
    [
        ("lines.log", ("lines.log",), "LINES"),
        ("./lines.log", ("lines.log",), "LINES"),
        ("head.json", ("lines.log", "--previous", "head.json"), "--previous"),
    ],
)
def test_a_head_is_not_written_over_what_it_is_made_of(
    output: str, arguments: Sequence[str], read: str
) -> None:
    """Log lines that are written over are lost, and so is the head that the next one names."""
    before = Path(output).read_bytes()
    done = fanscore("receipts", "seal", *arguments, "--output", output)
    problem = f"fanscore: --output: {output}: expected another file than {read}\n"
    assert (done.exit_code, done.stderr, Path(output).read_bytes()) == (2, problem, before)


def test_no_text_of_others_breaks_a_line() -> None:
    """What a receipt or the name of a file holds cannot say something in our name."""
    hostile = attrs.evolve(CROWD[3], code_version="1\x1b[2J\nfanscore: all is well")
    write("hostile", receipts_file(hostile))
    escaped = "fanscore: 1 receipt of fanscore 1\\x1b[2J\\nfanscore: all is well, replayed by "
    assert fanscore("replay", "hostile").stderr.startswith(escaped)
    write("one\n\x1b[2J", receipts_file(CROWD[3]))
    write("proof.json", fanscore("receipts", "prove", "one.jsonl", "lines.log").stdout)
    done = fanscore(
        *("receipts", "verify", "one\n\x1b[2J", "--head", "head.json", "--proof", "proof.json")
    )
    assert done.stdout.startswith("one\\n\\x1b[2J: receipt ")
