"""Laws of findings as columns (docs/reference/columns.md): they decide as the findings do."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import attrs
import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanscore_adapters.columns.parquet import count_parquet, read_parquet, write_parquet
from fanscore_adapters.columns.policy_sql import policy_sql
from fanscore_adapters.documents.counted_findings import count_findings
from fanscore_adapters.documents.findings import FindingsLine, findings_lines
from fanscore_adapters.documents.policy_diff import diff_document
from fanscore_appsync.cli.diff_text import draw_sections
from fanscore_appsync.diff_report.page import page
from fanscore_appsync.diff_report.sections import sections
from fanscore_core.findings import Finding, Findings, ScoreOrigin
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.policy import CLAMPED, ScorePolicy
from fanscore_core.policy_diff import PolicyDiff, compared_bands, diff, diff_of_classes
from fanscore_core.scoring import AccountFanscore, decide
from fanscore_core.signals import SIGNALS, Band, Missing, Signal, SignalPolicy

FAN = GlobalUserId("user123")
OWN = Signal("own_2", "Own", "Own", tuple(Missing), SignalPolicy(0, (Band(0, "OWN"),)))
ALL_SIGNALS = (*SIGNALS, OWN)
EVENTS = (None, EventId("evt456"), EventId('a"b,\\ ü'))
MOST = 2**53 - 1

points = st.integers(-MOST, MOST) | st.integers(-200, 200)
bounds = st.one_of(
    st.integers(-8, 8).map(lambda halves: Decimal(halves) / 2),
    st.integers(-(10**18), 10**18).map(lambda number: Decimal(number).scaleb(-9)),
    st.integers(-MOST, MOST).map(Decimal),
    st.just(Decimal("9007199254740991.999999999")),
)
nudges = st.sampled_from([Decimal(0), *(Decimal(s).scaleb(e) for s in (1, -1) for e in (-9, -24))])
stored = st.one_of(
    st.integers(0, 200).map(lambda halves: Decimal(halves) / 2),
    st.sampled_from([Decimal("0.4999999999999999999999"), Decimal("99.5"), Decimal("99.4999")]),
    st.decimals(0, 100, places=24),
)
bases = st.one_of(
    st.just((ScoreOrigin.NO_HISTORY, None)),
    st.tuples(st.sampled_from([ScoreOrigin.ACCOUNT_SCORE, ScoreOrigin.IDENTITY_SCORE]), stored),
)
numbers, repeats, events = st.integers(1, 20), st.sampled_from([1, 25]), st.sampled_from(EVENTS)


@attrs.frozen
class Case:
    """Two policies, and people."""

    old: ScorePolicy
    new: ScorePolicy
    people: tuple[FindingsLine, ...]

    @property
    def findings(self) -> list[Findings]:
        """What is known of each person."""
        return [each.findings for each in self.people]


@st.composite
def worths(draw: st.DrawFn, code: str) -> SignalPolicy:
    """Draw what a signal is worth, with bounds of any size that a policy may have."""
    drawn = sorted(draw(st.sets(bounds, max_size=3)))
    bands = [Band(draw(points), f"{code}_{index}", each) for index, each in enumerate(drawn)]
    return SignalPolicy(draw(points), (*bands, Band(draw(points), f"{code}_LAST")))


@st.composite
def policies(draw: st.DrawFn) -> ScorePolicy:
    """Draw a policy of our signals and one more, named by what it says."""
    low, high = sorted(draw(st.lists(points, min_size=2, max_size=2, unique=True)))
    signals = {each: draw(worths(each.name.upper())) for each in ALL_SIGNALS}
    policy = ScorePolicy("drawn", (low, high), draw(st.integers(low, high)), signals)
    return attrs.evolve(policy, version=policy.digest)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw policies and people whose values often lie next to a bound."""
    old, new = draw(policies()), draw(policies())
    findings = {signal: _findings(signal, old, new) for signal in ALL_SIGNALS}
    people = []
    for _ in range(draw(numbers)):
        found = {signal: draw(each) for signal, each in findings.items()}
        origin, raw = draw(bases)
        line = FindingsLine(draw(events), Findings(origin, raw, found))
        people += [line] * draw(repeats)
    return Case(old, new, tuple(people))


def _findings(signal: Signal, old: ScorePolicy, new: ScorePolicy) -> st.SearchStrategy[Finding]:
    edges = [band.below or Decimal(0) for each in (old, new) for band in each.of(signal).bands[:-1]]
    value = st.builds(_exact, st.sampled_from(edges or [Decimal(0)]), nudges)
    return st.one_of(value, value, st.sampled_from([*signal.missing, Missing.NOT_ASKED]))


def _exact(edge: Decimal, nudge: Decimal) -> Decimal:
    """Return what lies on an edge or next to it, with all its digits, as a file can have them."""
    text = f"{edge:.24f}"
    units = int(text.replace(".", "")) + int(nudge.scaleb(24))
    sign, digits = "-" if units < 0 else "", f"{abs(units):025d}"
    return Decimal(f"{sign}{digits[:-24]}.{digits[-24:]}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for files."""
    return tmp_path_factory.mktemp("columns")


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database without tables."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        yield connection


few = settings(max_examples=30)  # each of many people, and with files of its own


def as_row(score: AccountFanscore, findings: Findings) -> dict[str, object]:
    """Return what columns say of a score."""
    row: dict[str, object] = {
        "origin": score.reasons[0].code,
        "raw_score": score.raw_score,
        "score": score.score,
        "cut_off": sum(each.points for each in score.reasons if each.code == CLAMPED),
    }
    for signal, reason in zip(score.boosts, score.reasons[1:], strict=False):
        row[f"{signal.name}_code"] = reason.code
        row[f"{signal.name}_points"] = reason.points
        row[f"{signal.name}_degraded"] = signal in score.degraded
    assert len(findings.signals) == len(score.boosts)
    return row


@few
@given(cases())
def test_a_compiled_policy_decides_as_decide_does(
    duck: duckdb.DuckDBPyConnection, folder: Path, case: Case
) -> None:
    """The query of a policy gives each score, raw score, reason and degraded signal exactly."""
    path = folder / "decided.parquet"
    write_parquet(path, case.people, ALL_SIGNALS)
    for policy in (case.old, case.new):
        cursor = duck.execute(policy_sql(policy, f"read_parquet('{path}')"))
        names = [name for name, *_ in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        for found, row in zip(case.findings, rows, strict=True):
            expected = as_row(decide(policy, FAN, found), found)
            assert {name: row[name] for name in expected} == expected


@few
@given(cases())
def test_parquet_keeps_all_that_a_policy_can_see(folder: Path, case: Case) -> None:
    """What is read back is of the same event, and decides as what was written."""
    path = folder / "kept.parquet"
    write_parquet(path, case.people, ALL_SIGNALS)
    read = list(read_parquet(path, ALL_SIGNALS))
    assert [each.event for each in read] == [each.event for each in case.people]
    for policy in (case.old, case.new):
        assert [decide(policy, FAN, each.findings) for each in read] == [
            decide(policy, FAN, each) for each in case.findings
        ]


def reports(report: PolicyDiff) -> tuple[str, str, str]:
    """Return all forms of a report."""
    drawn = sections(report, ())
    return json.dumps(diff_document(report)), draw_sections(drawn, 100), page(drawn)


@settings(max_examples=50)  # as few, but each of one event
@given(cases(), events)
def test_columns_give_the_same_report(folder: Path, case: Case, event: EventId | None) -> None:
    """A diff by Parquet, by blocks of lines and person by person is the same, byte for byte."""
    path = folder / "diffed.parquet"
    write_parquet(path, case.people, ALL_SIGNALS)
    lines = "".join(findings_lines(case.people)).encode()
    bands = compared_bands(case.old, case.new)
    some = [each.findings for each in case.people if event in (None, each.event)]
    expected = reports(diff(case.old, case.new, some))
    of_columns = count_parquet(path, bands, event, ALL_SIGNALS)
    assert reports(diff_of_classes(case.old, case.new, of_columns)) == expected
    of_lines = count_findings(io.BytesIO(lines), bands, event, ALL_SIGNALS)
    assert reports(diff_of_classes(case.old, case.new, of_lines)) == expected
