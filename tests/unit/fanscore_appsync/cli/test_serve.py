from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from fanscore_appsync.cli.main import COMMANDS, GATEWAY_COMMANDS, main
from fanscore_appsync.cli.serve import read_limits
from fanscore_appsync.local.graphql.limits import Limits

pytestmark = pytest.mark.usefixtures("fresh_app")


def serve(folder: Path, *options: str) -> Result:
    """Run a command that cannot serve; what it lets escape is a test's failure."""
    arguments = ["serve", "--port", "0", "--keys", str(folder), *options]
    result = CliRunner().invoke(main, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--limit", "x=1"), "--limit: expected one of body_bytes, query_chars"),
        (("--limit", "depth=0"), "--limit: depth: expected a whole number above zero"),
        (("--limit", "depth"), "--limit: depth: expected a whole number above zero"),
        (("--limit", "introspection=1"), "--limit: expected one of"),
        (("--user-pool", "https://example.com/pool"), "--client-id: a user pool needs"),
        (("--user-pool", "http://example.com", "--client-id", "x"), "https"),
        (
            ("--api-keys", "/nowhere.json"),
            "--api-keys: cannot read /nowhere.json: FileNotFoundError",
        ),
        (("--outage", "x"), "--outage x: expected one of"),
        (("--host", "192.0.2.1"), "192.0.2.1:0: cannot listen: Cannot assign requested address"),
        (("--host", "no such host"), "no such host:0: cannot listen: "),
    ],
)
def test_unusable_options(tmp_path: Path, options: Sequence[str], said: str) -> None:
    """An option that cannot be used ends the program with status 2 and says which and why."""
    result = serve(tmp_path, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """A port that another program has is said to be in use."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = serve(tmp_path, "--port", port)
    assert result.exit_code == 2
    assert result.stderr == f"fanscore: 127.0.0.1:{port}: cannot listen: Address already in use\n"


def test_limits() -> None:
    """Limits that are given take the place of the defaults, the last of a name counts."""
    limits = read_limits(("depth=3", "aliases=5", "depth=4"), has_introspection=False)
    assert limits == Limits(depth=4, aliases=5, introspection=False)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the gateway's packages, its commands say what they need; the others are there."""
    monkeypatch.setitem(COMMANDS, "serve", ("no_such_module", "Serve."))
    packages = "fanscore[gateway] (pip install 'fanscore[cli,gateway]')"
    for arguments in (["serve"], ["serve", "--port", "0"], ["serve", "user123", "-x"]):
        result = CliRunner().invoke(main, arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        problem = f"serve needs {packages}: there is no fanscore_appsync.cli.no_such_module"
        assert result.stderr == f"fanscore: {problem}\n"
    shown = CliRunner().invoke(main, ["serve", "--help"])
    assert (shown.exit_code, "Needs fanscore[gateway]." in shown.stdout) == (0, True)
    assert isinstance(main.get_command(click.Context(main), "demo"), click.Command)


def test_the_other_commands_need_no_extra_but_their_own() -> None:
    """What is no command of the gateway's loads none of the packages of its extra."""
    packages = {"graphql", "joserfc", "starlette", "uvicorn"}
    others = {COMMANDS[name][0] for name in COMMANDS.keys() - GATEWAY_COMMANDS}
    modules = ", ".join(f"fanscore_appsync.cli.{module}" for module in sorted(others))
    program = f"import sys, {modules}\nsys.exit(' '.join(sorted({packages} & set(sys.modules))))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.stderr.decode().strip() == ""
