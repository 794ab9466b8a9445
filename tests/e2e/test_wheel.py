from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import attr
import attrs
import pytest

from tests.e2e.wheels import ROOT, build_wheel, unpack

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
    site = unpack(build_wheel(ROOT, folder), folder / "site")
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


PROGRAM = """
import sys
sys.path.insert(0, sys.argv.pop(1))

from importlib.metadata import distribution

(program,) = distribution("fanscore").entry_points.select(group="console_scripts", name="fanscore")
for missing in filter(None, sys.argv.pop(1).split(",")):
    sys.modules[missing] = None
sys.exit(program.load()())
"""


def run_program(
    site: Path, *arguments: str, options: Sequence[str] = (), missing: str = ""
) -> tuple[int, str, str]:
    """Run the wheel's program as its script does; return its status and what it says."""
    done = subprocess.run(
        [sys.executable, *options, "-c", PROGRAM, str(site), missing, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [(), ("--help",), ("demo",), ("token", "user123"), ("serve", "--port", "0")],
    ids=str,
)
def test_the_program_without_extras(installed: Path, arguments: tuple[str, ...]) -> None:
    """Without its extra, the program says in one line what it needs and how to get it."""
    said = "fanscore: the command needs fanscore[cli] (pip install 'fanscore[cli]')\n"
    bare = run_program(installed, *arguments, options=["-I", "-S"])
    assert bare == (2, "", said)
    assert run_program(installed, *arguments, missing="click") == (2, "", said)


@pytest.mark.parametrize(
    ("missing", "arguments"),
    [
        ("joserfc", ("token", "user123")),
        ("joserfc", ("token", "user123", "--group", "fans")),
        ("cryptography", ("token", "user123", "--access")),
        ("uvicorn", ("serve",)),
        ("starlette", ("serve", "--port", "0")),
        ("graphql", ("serve", "--api-keys", "missing.json")),
    ],
    ids=str,
)
def test_the_gateway_without_its_extra(
    installed: Path, missing: str, arguments: tuple[str, ...]
) -> None:
    """Without their extra, the gateway's commands say what they need, with any arguments."""
    needs = "needs fanscore[gateway] (pip install 'fanscore[cli,gateway]')"
    status, out, said = run_program(installed, *arguments, missing=missing)
    assert (status, out) == (2, "")
    assert said.startswith(f"fanscore: {arguments[0]} {needs}: there is no ")
    assert said.count("\n") == 1


def test_the_other_commands_without_the_gateway(installed: Path) -> None:
    """Without the gateway's extra, the others work, and the help lists the gateway's too."""
    status, out, said = run_program(installed, "--help", missing="joserfc,graphql,starlette")
    assert (status, said, out.count("(needs fanscore[gateway])")) == (0, "", 2)
    assert run_program(installed, "demo", missing="joserfc,graphql,starlette")[0] == 0


def test_starting_needs_nothing() -> None:
    """What the script imports first needs no package, or nobody could say what is missing."""
    program = (
        "import sys; before = set(sys.modules); import fanscore_appsync.cli.program\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}"
        " - {*sys.stdlib_module_names}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "fanscore_appsync fanscore_core\n"
