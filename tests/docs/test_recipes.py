"""The recipes of the how-to guides are followed in a scratch copy of the project.

A recipe that forgets a file fails here: the tests that it names lead nowhere, or the change does
not work.
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path

import pytest

from fanscore_adapters.documents.policy import policy_text
from fanscore_core.policy import DEFAULT_POLICY
from tests.docs.generated import parts_of
from tests.docs.pages import ROOT
from tests.docs.recipes import Copy, apply, copied, leads, steps, touched

BOOST = ROOT / "docs/how-to/add-a-boost.md"
FIELD = ROOT / "docs/how-to/add-a-field.md"
RECIPES = (BOOST, FIELD)

MAX_FILES_OF_A_BOOST = 6
MADE = ("tests/golden/responses/", "tests/golden/events/")
"""What commands of a recipe write, beside the generated parts of pages and of the template."""

HEAD = "--- a/a.txt\n+++ b/a.txt\n@@ -9,9 +9,9 @@\n"

SCORE = """
import json, sys
from importlib import resources
from fanscore_adapters.documents.policy import parse_policy
from fanscore_adapters.embedded.stand_ins import parse_sample
from fanscore_core.errors import Unavailable
from fanscore_core.ports import Attendance
from fanscore_core.signals import SIGNALS
from tests.e2e.calls import call
from tests.e2e.local_system import local_system

ids = [signal.name for signal in SIGNALS]
before = parse_policy(sys.argv[1])
sample = json.loads(resources.files("fanscore_adapters").joinpath("sample.json").read_text())
items = sample["tables"]["account_fanscore_table"]
items.append({"PK": "member:member123", "SK": "attendance", "shows": 3})
for changed in ({}, {"shows": "three"}):
    items[-1].update(changed)
    with local_system(parse_sample(json.dumps(sample))) as system:
        score = system.answer(call("VFApi.accountFanscore"))
    print(json.dumps([score["boosts"], score["reasons"][-1], score["score"], score["degraded"]]))
print([signal.name for signal in before.signals])
"""

PREFERENCE = """
import json
from tests.e2e.calls import call
from tests.e2e.local_system import local_system

with local_system() as system:
    print(json.dumps(system.answer(call("VFApi.seatPreference"))))
    print(json.dumps(system.answer(call("VFApi.seatPreference", caller="nobody", envelope=True))))
"""


@pytest.fixture(scope="module", params=RECIPES, ids=lambda page: page.stem)
def page(request: pytest.FixtureRequest) -> Path:
    """Return the page of a recipe."""
    found: Path = request.param
    return found


@pytest.fixture(scope="module")
def followed(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Follow a recipe, and see after each step that the tests fail which are to lead on."""
    copy = copied(tmp_path_factory.mktemp(page.stem))
    rows = {step: list(each) for step, each in groupby(leads(page), lambda lead: lead.step)}
    assert rows
    for step in steps(page):
        copy.follow(step)
        expected = rows.pop(step.number, [])
        if expected:
            failed, output = copy.test([lead.test for lead in expected])
            assert failed == {lead.test for lead in expected}, output
            assert [lead.says for lead in expected if lead.says not in output] == [], output
    assert rows == {}
    return copy


def test_a_recipe_leads_to_tests_that_pass(page: Path, followed: Copy) -> None:
    """After each step the tests fail that the page names, saying what it says; at the end, none.

    All generated parts are current by then. The golden answers need no run of their own: the same
    code has just written them.
    """
    tests = [*(lead.test for lead in leads(page)), "tests/docs/test_generated.py"]
    failed, output = followed.test(tests)
    assert failed == set(), output


def test_a_recipe_is_in_the_style_of_the_house(followed: Copy) -> None:
    """What a recipe writes passes the linter, the formatter and the import contracts."""
    tools = Path(sys.executable).parent
    checks = (
        (str(tools / "ruff"), "check", "--quiet", "--no-cache"),
        (str(tools / "ruff"), "format", "--quiet", "--check", "--no-cache"),
        (str(tools / "lint-imports"), "--no-logo", "--no-cache"),
    )
    done = [followed.run(*check) for check in checks]
    assert [each.returncode for each in done] == [0] * 3, [each.stdout for each in done]


def test_a_recipe_names_the_files_that_change(page: Path, followed: Copy) -> None:
    """All that changes is in a diff of the page, but for what its commands generate."""
    others = {path for path in followed.changed() - touched(page) if not path.startswith(MADE)}
    assert [path for path in sorted(others) if not parts_of((ROOT / path).read_text("utf-8"))] == []


@pytest.mark.parametrize("page", [BOOST], indirect=True, scope="module", ids=["add-a-boost"])
class TestBoost:
    def test_a_boost_takes_few_files(self, page: Path) -> None:
        """A boost takes six files beside tests and pages that have generated parts."""
        files = {path for path in touched(page) if not path.startswith("tests/")}
        code = {path for path in files if not path.endswith(".md")}
        assert len(code) <= MAX_FILES_OF_A_BOOST
        assert [
            path for path in files - code if not parts_of((ROOT / path).read_text("utf-8"))
        ] == []

    def test_the_boost_counts(self, followed: Copy) -> None:
        """The boost and its reason show, the API's ``boosts`` and older policies stay valid."""
        done = followed.run(sys.executable, "-c", SCORE, policy_text(DEFAULT_POLICY))
        boosts = {"arm": 5, "event": 4, "model": 3}
        some = "Number of shows attended is 1 or more, and below 5"
        reason = {"code": "ATTENDANCE_SOME", "points": 2, "message": some}
        no_answer = "The fan's account gave no answer"
        missing = {"code": "ATTENDANCE_UNAVAILABLE", "points": 0, "message": no_answer}
        assert done.stdout.splitlines() == [
            json.dumps([boosts, reason, 89, []]),
            json.dumps([boosts, missing, 87, ["attendance"]]),
            "['arm', 'event', 'model', 'attendance']",
        ]


@pytest.mark.parametrize("page", [FIELD], indirect=True, scope="module", ids=["add-a-field"])
class TestField:
    def test_the_field_is_answered(self, followed: Copy) -> None:
        """The new field answers a user, and nobody else."""
        done = followed.run(sys.executable, "-c", PREFERENCE)
        answer, refused = map(json.loads, done.stdout.splitlines())
        assert answer == {"eventId": "evt123", "section": "Balcony", "isAisle": True}
        assert refused["error"]["errorType"] == "401"


def test_hunks_are_found_by_their_lines(tmp_path: Path) -> None:
    """A hunk is applied where its lines stand, whatever its line numbers say."""
    path = tmp_path / "a.txt"
    path.write_text("one\ntwo\n\ntwo\nthree\n", encoding="utf-8")
    apply(tmp_path, f"{HEAD} two\n\n-two\n+2\n three\n@@ -1 +1 @@\n-one\n+1\n")
    assert path.read_text(encoding="utf-8") == "1\ntwo\n\n2\nthree\n"


@pytest.mark.parametrize("lines", [" two\n+2\n", " wo\n three\n+4\n", " three\n+4\n two\n"])
def test_hunks_that_fit_nowhere_or_twice_are_refused(tmp_path: Path, lines: str) -> None:
    """The lines of a hunk stand in the file exactly once, or it is not applied."""
    path = tmp_path / "a.txt"
    path.write_text("one\ntwo\n\ntwo\nthree\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        apply(tmp_path, HEAD + lines)


def test_new_files_are_made(tmp_path: Path) -> None:
    """A diff from ``/dev/null`` makes a file, and refuses one that is there."""
    diff = "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+one\n"
    apply(tmp_path, diff)
    assert (tmp_path / "new.txt").read_text(encoding="utf-8") == "one\n"
    with pytest.raises(AssertionError):
        apply(tmp_path, diff)
