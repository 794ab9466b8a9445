from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import attr
import attrs
import pytest

ROOT = Path(__file__).parents[2]

SCORING = """
import sys
sys.path.insert(0, sys.argv[1])

from decimal import Decimal
from fanscore_core import (
    ARM, DEFAULT_POLICY, Findings, GlobalUserId, ScoreOrigin, StoredScore, answer, decide, score_fan
)
from fanscore_core.ports import ArmScore, BotOrNotCursor, FanIdentity, Identity

fan = GlobalUserId("fan1")
findings = Findings(ScoreOrigin.ACCOUNT_SCORE, Decimal(75), {ARM: Decimal(2)})
answers = [
    answer(FanIdentity(fan), Identity(score=StoredScore(75))),
    answer(ArmScore(fan), 2),
    answer(BotOrNotCursor(), None),
]
print(decide(DEFAULT_POLICY, fan, findings).score, score_fan(fan, answers).score)
print(*sorted({name.partition(".")[0] for name in sys.modules} - {*sys.stdlib_module_names}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and install it without its dependencies, beside attrs alone."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    for package in (attr, attrs):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, site / source.name)
    return site


def test_scoring_needs_attrs_alone(installed: Path) -> None:
    """With nothing but attrs beside it, the wheel scores a fan by the default policy."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SCORING, str(installed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    scores, loaded = done.stdout.splitlines()
    assert (scores, loaded.split()) == ("80 80", ["__main__", "attr", "attrs", "fanscore_core"])
