from __future__ import annotations

from tests.teeth import trial
from tests.teeth.breaks import BREAKS
from tests.teeth.rules import breaks_of, sample
from tests.teeth.survivors import SURVIVORS
from tests.teeth.trial import MODULES, ROOT

SOURCE = '''"""A module."""
from typing import TYPE_CHECKING, TypeVar, overload
if TYPE_CHECKING:
    LEAST = 1
T = TypeVar("T")
LIMIT: int = 3

@overload
def less(a: int) -> bool: ...

@overload
async def less(a: int, b: int = 1) -> bool:
    return False

def less(a: int, b: "int | None" = None) -> bool:
    """Compare."""
    if b is None:
        raise ValueError("no b")
    a += 1
    return a < b and not f"{a + 1}"
'''


def test_what_is_broken() -> None:
    """Each place is changed by each rule that fits; what only readers see is left as it is."""
    assert [each.name for each in breaks_of("m", SOURCE)] == [
        "m:6 constant: 3 -> (4)",
        "m:17 comparison: b is None -> (b is not None)",
        'm:18 dropped statement: raise ValueError("no b") -> pass',
        "m:18 constant: \"no b\" -> ('no b!')",
        "m:19 arithmetic: a += 1 -> a = 1",
        "m:19 dropped statement: a += 1 -> pass",
        "m:19 constant: 1 -> (2)",
        'm:20 dropped statement: return a < b and not f"{a + 1}" -> pass',
        "m:20 boolean: a < b and not f\"{a + 1}\" -> (a < b or not f'{a + 1}')",
        "m:20 comparison: a < b -> (a <= b)",
        "m:20 boolean: not f\"{a + 1}\" -> (f'{a + 1}')",
    ]


def test_a_break_changes_one_place() -> None:
    """What is broken is the source with one thing replaced, and it can be compiled."""
    for each in breaks_of("m", SOURCE):
        broken = each.apply(SOURCE)
        assert broken != SOURCE
        assert len(SOURCE) - len(each.old) + len(each.new) == len(broken)
        compile(broken, "broken", "exec")


def test_a_sample_stays() -> None:
    """A seed has one sample; a larger one holds it, and where a break stands does not matter."""
    breaks = breaks_of("m", SOURCE)
    moved = breaks_of("m", SOURCE.replace("LIMIT", "\nLIMIT"))
    few = sample(breaks, 4, seed=1)
    assert len(few) == 4
    assert set(few) < set(sample(breaks, 6, seed=1))
    assert few != sample(breaks, 4, seed=2)
    assert [each.old for each in sample(moved, 4, seed=1)] == [each.old for each in few]


def test_survivors_are_breaks() -> None:
    """Each listed survivor is a break that a rule makes of the code as it is."""
    breaks = [
        each
        for name, path in MODULES.items()
        for each in breaks_of(name, (ROOT / "src" / path).read_text())
    ]
    stale = [each for each in SURVIVORS if not any(each.is_of(broken) for broken in breaks)]
    assert stale == []


def test_what_is_broken_on_purpose_stands_there_once() -> None:
    """Each break of the list changes one place of the code as it is."""
    sources = {name: (ROOT / "src" / path).read_text("utf-8") for name, path in MODULES.items()}
    counts = {each.name: sources[each.module].count(each.old) for each in BREAKS}
    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_the_tests_that_catch_are_there() -> None:
    """What is run for a module exists."""
    paths = {path for module in MODULES for path in trial.tests_of(module)}
    assert {path for path in paths if not (ROOT / path).exists()} == set()
