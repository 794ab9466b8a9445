from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import attrs
import click
import pytest
from click.testing import CliRunner, Result

from fanscore_adapters.documents.findings import FindingsLine, findings_lines
from fanscore_adapters.documents.policy import policy_book_text, policy_text
from fanscore_adapters.documents.policy_diff import diff_document
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_appsync.cli.diff_text import draw_sections
from fanscore_appsync.cli.main import main
from fanscore_appsync.diff_report.page import page
from fanscore_appsync.diff_report.sections import WITHHELD, Section, sections
from fanscore_core.diff_rules import Rule, judge
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook
from fanscore_core.policy_diff import diff
from fanscore_core.seat_chances import Draw, TicketBand

pytestmark = pytest.mark.usefixtures("fresh_app")

OLD = DEFAULT_POLICY
NEW = attrs.evolve(OLD, version="kind", no_history_raw_score=60)
CROWD = list(plausible_findings(3_000, seed=1))
FINDINGS = "".join(findings_lines(FindingsLine(None, each) for each in CROWD))
REPORT = diff(OLD, NEW, CROWD, Draw(1_000, (TicketBand(60, 2), TicketBand(80, 4))))
RULES = (Rule("people", Decimal(1)), Rule("down.people", Decimal(1)))

COMMAND = ("policy", "diff", "old.json", "new.json", "--findings", "findings.jsonl")
KEPT = '[[rule]]\nfigure = "newcomer.parity_ratio"\nat_least = 0.9\n'
BROKEN = '[[rule]]\nfigure = "down.people"\nat_least = 1\n'
WEIGHTS = "[[band]]\nat_least = 60\ntickets = 2\n\n[[band]]\nat_least = 80\ntickets = 4\n"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with two policies, findings, rules and weights."""
    monkeypatch.chdir(tmp_path)
    Path("old.json").write_text(policy_text(OLD))
    Path("new.json").write_text(policy_text(NEW))
    Path("findings.jsonl").write_text(FINDINGS)
    Path("kept.toml").write_text(KEPT)
    Path("broken.toml").write_text(KEPT + BROKEN)
    Path("weights.toml").write_text(WEIGHTS)


def fanscore(*arguments: str, given: str = "", columns: str = "80") -> Result:
    """Run the command without colours."""
    environment = {"COLUMNS": columns, "NO_COLOR": "1", "FORCE_COLOR": None}
    return CliRunner().invoke(main, arguments, given, environment, prog_name="fanscore")


def check_refused(result: Result, said: str) -> None:
    """Check that a command ended for unusable input, in one line that begins so."""
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"fanscore: {said}")
    assert result.stderr.count("\n") == 1


def test_json_is_the_report() -> None:
    """With ``--format json``, it prints the document of the report, with chances and rules."""
    chances = ("--seats", "1000", "--weights", "weights.toml")
    shown = fanscore(*COMMAND, *chances, "--rules", "kept.toml", "--format", "json")
    assert (shown.exit_code, shown.stderr) == (0, "")
    document = json.loads(shown.stdout)
    (rule,) = document.pop("rules")
    assert rule == {
        "figure": "newcomer.parity_ratio",
        "atLeast": 0.9,
        "atMost": None,
        "value": document["figures"]["newcomer.parity_ratio"],
        "holds": True,
    }
    expected = {**diff_document(REPORT)}
    del expected["rules"]
    assert document == expected


def test_text_is_the_report() -> None:
    """Without a format, it draws the report for the terminal."""
    chances = ("--seats", "1000", "--weights", "weights.toml")
    shown = fanscore(*COMMAND, *chances)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "newcomers       +50 to +60     888  888     0     49.27     59.23\n" in shown.stdout
    assert shown.stdout == click.unstyle(draw_sections(sections(REPORT), 80)) + "\n"


def test_a_broken_rule_is_status_1() -> None:
    """The whole report is printed, and the status and standard error say that a rule is broken."""
    text = fanscore(*COMMAND, "--rules", "broken.toml")
    shown = fanscore(*COMMAND, "--rules", "broken.toml", "--format", "json")
    for each in (text, shown):
        assert (each.exit_code, each.stderr) == (1, "fanscore: 1 of 2 rules broken\n")
    document = json.loads(shown.stdout)
    assert [each["holds"] for each in document["rules"]] == [True, False]


def test_a_missing_figure_is_a_broken_rule() -> None:
    """Without a draw there are no chances, so a rule on them is broken."""
    Path("chances.toml").write_text('[[rule]]\nfigure = "newcomer.chance_ratio"\nat_least = 0\n')
    shown = fanscore(*COMMAND, "--rules", "chances.toml")
    assert (shown.exit_code, shown.stderr) == (1, "fanscore: 1 of 1 rules broken\n")
    assert re.search(r"newcomer\.chance_ratio +at least 0 +- +BROKEN", shown.stdout)


def test_findings_come_from_a_pipe() -> None:
    """A file called - is standard input."""
    command = [*COMMAND[:-1], "-"]
    assert fanscore(*command, given=FINDINGS).stdout == fanscore(*COMMAND).stdout


def test_parquet_gives_the_same_report() -> None:
    """Findings written to Parquet give the same report, in each form, byte for byte."""
    written = fanscore("policy", "findings-to-parquet", "findings.jsonl", "findings.parquet")
    assert (written.exit_code, written.output) == (0, "")
    command = [*COMMAND[:-1], "findings.parquet"]
    for form in ("text", "json", "html"):
        given = ("--format", form)
        assert fanscore(*command, *given).stdout == fanscore(*COMMAND, *given).stdout


def test_parquet_that_cannot_be_read_or_written() -> None:
    """A file that is missing, or cannot be written, is named in one line."""
    command = [*COMMAND[:-1], "nope.parquet"]
    said = "--findings: nope.parquet: parquet: there is no such file"
    check_refused(fanscore(*command), said)
    written = fanscore("policy", "findings-to-parquet", "findings.jsonl", "no/such.parquet")
    check_refused(written, "FILE: findings.jsonl: parquet: DuckDB: IOException")


def test_books_are_compared_by_event() -> None:
    """Of books, the policies for one event are compared, by the findings of that event alone."""
    event = EventId("evt456")
    Path("book.json").write_text(policy_book_text(PolicyBook(OLD, {event: NEW})))
    lines = [
        *findings_lines(FindingsLine(event, each) for each in CROWD[:1_000]),
        *findings_lines(FindingsLine(None, each) for each in CROWD[1_000:]),
    ]
    Path("mixed.jsonl").write_text("".join(lines))
    command = ("policy", "diff", "old.json", "book.json", "--findings", "mixed.jsonl")
    shown = fanscore(*command, "--event", "evt456", "--format", "json")
    assert json.loads(shown.stdout) == diff_document(diff(OLD, NEW, CROWD[:1_000]))
    check_refused(
        fanscore(*command), "NEW: book.json: a policy book: name one of its events by --event"
    )
    check_refused(
        fanscore(*command, "--event", "evt1"),
        "--findings: mixed.jsonl: there are none of this event",
    )


def test_a_mistake_in_findings_is_named_by_file_line_and_path() -> None:
    """Nothing is printed of a report whose findings have a mistake anywhere."""
    with Path("findings.jsonl").open("a") as file:
        file.write('{"origin":"NO_HISTORY","signals":{"arm":2}}\n')
    said = "--findings: findings.jsonl: line 3001: signals.arm: expected a decimal number"
    check_refused(fanscore(*COMMAND), said)


@pytest.mark.parametrize(
    ("path", "error"),
    [(".", "IsADirectoryError"), ("nope", "FileNotFoundError"), ("/proc/self/mem", "OSError")],
)
def test_findings_that_cannot_be_read(path: str, error: str) -> None:
    """A file that cannot be opened or read is named, with why."""
    command = [*COMMAND[:-1], path]
    check_refused(fanscore(*command), f"--findings: cannot read {path}: {error}")


def test_no_findings() -> None:
    """An empty file says nothing, which is refused."""
    Path("findings.jsonl").write_text("")
    check_refused(fanscore(*COMMAND), "--findings: findings.jsonl: there are none")


def test_two_policies_of_one_version() -> None:
    """Policies that differ under one version are refused."""
    Path("new.json").write_text(policy_text(attrs.evolve(NEW, version=OLD.version)))
    check_refused(fanscore(*COMMAND), "new.version: the old policy, which differs, has this")


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--rules", "nonsense", "--rules: file.toml: $: not TOML: "),
        ("--rules", BROKEN.replace("down", "dwn"), "--rules: file.toml: rules.rule[0].figure: no "),
        ("--weights", WEIGHTS.replace("80", "50"), "--weights: file.toml: band[1].at_least: "),
        ("--weights", "band = 1", "--weights: file.toml: weights.band: expected a list"),
    ],
)
def test_mistakes_in_toml(option: str, text: str, said: str) -> None:
    """A mistake in a TOML file is named by option, file and path."""
    Path("file.toml").write_text(text)
    seats = ("--seats", "1000") if option == "--weights" else ()
    check_refused(fanscore(*COMMAND, *seats, option, "file.toml"), said)


def test_made_up_findings() -> None:
    """``policy sample-findings`` prints lines that ``policy diff`` reads, the same for a seed."""
    shown = fanscore("policy", "sample-findings", "--people", "3000", "--seed", "1")
    assert (shown.exit_code, shown.stdout) == (0, Path("findings.jsonl").read_text())
    of_event = fanscore("policy", "sample-findings", "--people", "2", "--event", "evt456")
    lines = findings_lines(FindingsLine(EventId("evt456"), each) for each in CROWD[:2])
    assert of_event.stdout == "".join(lines)


def words_of(section: Section) -> list[str]:
    """Return all that a section says, in order."""
    return [section.title, *section.notes, *(cell for row in section.rows for cell in row)]


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_text_says_all_that_there_is(columns: int) -> None:
    """Each title, note and cell is drawn, in order, and no line is wider than the terminal."""
    drawn = sections(REPORT, judge(REPORT, RULES))
    text = draw_sections(drawn, columns)
    plain = click.unstyle(text)
    assert max(map(len, plain.splitlines())) <= columns
    rest = "".join(plain.split())
    for section in drawn:
        for word in words_of(section):
            _, found, rest = rest.partition("".join(word.split()))
            assert found, word


def test_text_says_what_json_says() -> None:
    """Each table of the text has the numbers that the document has, rounded and nothing else."""
    report = diff(OLD, NEW, CROWD[:500])
    document = json.loads(json.dumps(diff_document(report)))
    rows = {each.title: each.rows for each in sections(report)}
    assert rows["Policies"] == tuple(
        (each["where"], each["old"], each["new"]) for each in document["changes"]
    )
    assert [row[1] for row in rows["People"][:2]] == [
        str(document[name]["people"]) for name in ("up", "down")
    ]
    assert [row[1:] for row in rows["Scores"]] == [
        (str(each["old"]), str(each["new"])) for each in document["distribution"]
    ]
    assert rows["Reasons"] == tuple(
        (each["reason"], *_moves(each["up"]), *_moves(each["down"])) for each in document["reasons"]
    )
    assert [row[1:] for row in rows["Examples"]] == [
        (str(each["people"]), str(each["old"]), str(each["new"])) for each in document["examples"]
    ]
    tables = [table for title, table in rows.items() if title.startswith("Cohorts: ")]
    assert any(WITHHELD in row for table in tables for row in table)
    for partition, table in zip(document["partitions"], tables, strict=True):
        assert [(row[0], *row[-5:]) for row in table] == [
            (each["name"], *_counts(each)) for each in partition["cohorts"]
        ]
    measures = [dict(document["newcomer"][side]) for side in ("old", "new")]
    strata = [each.pop("strata") for each in measures]
    assert [row[1:] for row in rows["Newcomer bias"]] == [
        tuple(f"{each:.3f}" for each in pair)
        for pair in zip(*(each.values() for each in measures), strict=True)
    ]
    assert [row[:3] for row in rows["Conditional parity"]] == [
        (old["name"], f"{old['difference']:.3f}", f"{new['difference']:.3f}")
        for old, new in zip(*strata, strict=True)
    ]


def _moves(moves: Mapping[str, float] | None) -> tuple[str, str]:
    if moves is None:
        return (WITHHELD, WITHHELD)
    return (str(moves["people"]), f"{moves['mean']:.2f}")


def _counts(cohort: Mapping[str, Any]) -> tuple[str, ...]:
    if cohort["people"] is None:
        return (WITHHELD,) * 5
    counts = (str(cohort[name]) for name in ("people", "up", "down"))
    return (*counts, f"{cohort['old']['mean']:.2f}", f"{cohort['new']['mean']:.2f}")


class Page(HTMLParser):
    """What a page says, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and whatever of it would be loaded."""
        self.tags.add(tag)
        self.loads.extend(name for name, _ in attrs if name in {"src", "href", "srcset", "data"})

    def handle_data(self, data: str) -> None:
        """Note what is said outside of the style."""
        if data.strip() and self.lasttag != "style":
            self.said.append(data)


def parsed(html: str) -> Page:
    """Parse a page."""
    found = Page()
    found.feed(html)
    found.close()
    return found


def test_html_says_what_the_text_says() -> None:
    """The page has each title, note and cell of the report, in order."""
    drawn = sections(REPORT, judge(REPORT, RULES))
    said = iter(parsed(page(drawn)).said)
    for section in drawn:
        for word in words_of(section):
            assert word in said, word


def test_html_is_one_file() -> None:
    """The page loads nothing, runs nothing, and is printed as the UTF-8 that it says it is."""
    chances = ("--seats", "1000", "--weights", "weights.toml")
    shown = fanscore(*COMMAND, *chances, "--format", "html")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout_bytes == page(sections(REPORT)).encode()
    found = parsed(shown.stdout)
    assert (found.loads, found.tags & {"script", "link", "img", "iframe"}) == ([], set())
    assert "url(" not in shown.stdout
    assert "@import" not in shown.stdout


def test_words_of_a_policy_are_no_html() -> None:
    """What a policy says is shown, and never becomes a part of the page."""
    new = attrs.evolve(NEW, version="<script>alert('$sections')</script>&amp;\n")
    html = page(sections(diff(OLD, new, CROWD[:100])))
    assert parsed(html).tags == parsed(page(sections(REPORT))).tags
    said = parsed(html).said
    assert "<script>alert('$sections')</script>&amp;\\n" in said


def test_broken_rules_stand_out() -> None:
    """A verdict can be told by its word and by its colour."""
    html = page(sections(REPORT, judge(REPORT, RULES)))
    assert html.count('<td class="kept">kept</td>') == 1
    assert html.count('<td class="broken">BROKEN</td>') == 1


def test_a_terminal_without_blocks_gets_ascii() -> None:
    """The picture of the scores is drawn in ASCII where nothing else can be shown."""
    arguments = [*COMMAND]
    shown = CliRunner(charset="ascii").invoke(main, arguments, env={"COLUMNS": "80"})
    assert shown.exit_code == 0
    assert "# under both policies, - under the old one alone" in shown.stdout


def test_words_of_a_policy_cannot_draw() -> None:
    """A version is shown with what a terminal would obey escaped."""
    new = attrs.evolve(NEW, version="\x1b[31mred\n")
    text = draw_sections(sections(diff(OLD, new, CROWD[:100])), 80)
    assert "\x1b[31m" not in text
    assert "\\x1b[31mred\\n" in text
