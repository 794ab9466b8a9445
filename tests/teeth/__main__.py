"""Break copies of the packages on purpose, and see the tests catch each break.

Without arguments, the breaks of ``breaks.py`` are tried: each must be caught. With ``--rule``, a
sample of the breaks that ``rules.py`` makes is tried: 95 of 100 must be caught, and whatever
survives must stand in ``survivors.py`` with its reason. Prints one line for each break: what was
broken, and the first test that failed for it.

Exits with 1 if it is otherwise, if the tests fail without a break, or if there is nothing to break
where a break or a survivor says so.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.teeth.breaks import BREAKS
from tests.teeth.rules import RuleBreak, breaks_of, sample
from tests.teeth.survivors import SURVIVORS
from tests.teeth.trial import MODULES, failure_without_a_break, first_failures, unbroken

CAUGHT = 0.95


def main() -> int:
    """Do what the command line says, and tell whether all is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.teeth", description=__doc__)
    parser.add_argument("--rule", action="store_true", help="try breaks made by rule")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--count", type=int, default=300, help="how many breaks the sample has")
    parser.add_argument("--module", choices=MODULES, help="try only those of this module")
    chosen = parser.parse_args()
    modules = [chosen.module] if chosen.module else list(MODULES)
    with unbroken() as copy:
        if chosen.rule:
            return try_rules(copy, chosen.seed, chosen.count, modules)
        return try_by_hand(copy, modules)


def try_by_hand(copy: Path, modules: Sequence[str]) -> int:
    """Try the breaks of ``breaks.py``: each must be caught."""
    tried = [each for each in BREAKS if each.module in modules]
    stale = [
        each for each in tried if (copy / MODULES[each.module]).read_text().count(each.old) != 1
    ]
    for each in stale:
        print(f"{each.name}: expected exactly once in {each.module}.py: {each.old!r}")
    if stale or not is_sound(copy, [each.module for each in tried]):
        return 1
    width = max(len(each.name) for each in tried)
    survived = 0
    for each, failure in first_failures(copy, tried):
        survived += failure is None
        print(f"{each.name:{width}}  {failure or 'no test fails'}", flush=True)
    print(f"{len(tried)} breaks:", f"{survived} NOT caught" if survived else "each is caught")
    return 1 if survived else 0


def try_rules(copy: Path, seed: int, count: int, modules: Sequence[str]) -> int:
    """Try a sample of the breaks by rule: few may survive, and each for a reason that is given."""
    every = [
        each
        for name, path in MODULES.items()
        for each in breaks_of(name, (copy / path).read_text())
    ]
    stale = [each for each in SURVIVORS if not any(each.is_of(broken) for broken in every)]
    for listed in stale:
        print(f"survivors.py: there is no such break in {listed.module}: {listed.context!r}")
    tried = [each for each in sample(every, count, seed) if each.module in modules]
    if stale or not is_sound(copy, [each.module for each in tried]):
        return 1
    print(f"{len(tried)} of {len(every)} breaks, seed {seed}")
    caught: Counter[str] = Counter()
    survived: list[RuleBreak] = []
    for each, failure in first_failures(copy, tried):
        if failure is None:
            survived.append(each)
        caught[each.module] += failure is not None
        print(f"{each.name}  {failure or survival(each)}", flush=True)
    tried_of = Counter(each.module for each in tried)
    for module, number in tried_of.items():
        print(f"{module}: {caught[module]} of {number} caught")
    part = caught.total() / len(tried) if tried else 1.0
    print(f"all: {caught.total()} of {len(tried)} caught, {part:.1%}")
    unknown = [each for each in survived if not reason(each)]
    for each in unknown:
        print(f"NOT caught, and not in survivors.py: {each!r}")
    is_whole = len(modules) == len(MODULES)  # of a part, few breaks make many of a hundred
    return 1 if unknown or (is_whole and part < CAUGHT) else 0


def is_sound(copy: Path, modules: Sequence[str]) -> bool:
    """Whether the tests pass without a break; if not, print which fails."""
    failure = failure_without_a_break(copy, list(dict.fromkeys(modules)))
    if failure:
        print(f"nothing is broken, and a test fails: {failure}")
    return failure is None


def survival(broken: RuleBreak) -> str:
    """Say that a break survived, and why."""
    known = reason(broken)
    return f"survives: {known}" if known else "NO TEST FAILS"


def reason(broken: RuleBreak) -> str | None:
    """Return why a break is known to survive."""
    return next((each.reason for each in SURVIVORS if each.is_of(broken)), None)


if __name__ == "__main__":
    sys.exit(main())
