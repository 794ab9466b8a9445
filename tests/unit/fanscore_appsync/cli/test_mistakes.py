"""Every command, every kind of mistake: one line on standard error, and the status."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from fanscore_appsync.cli.events import MOMENT
from fanscore_appsync.cli.main import main
from fanscore_appsync.cli.mistakes import Program
from fanscore_core.errors import InvalidInput, Unavailable

pytestmark = pytest.mark.usefixtures("fresh_app")

ID = "expected 1 to 128 characters"
SERVICES = "expected one of arm_scoring, check_eligibility"
EMPTY = "given without a value"
AWS = {"FANSCORE_BACKEND": "aws", "AWS_REGION": "eu-west-1"}

DIFF = "policy diff text text --findings"

SCORE_EVENT = "score-event evt456 --output scores"

NAMED = "expected module:NAME, such as presale.api:PRESALE"

ROWS: tuple[tuple[str, str], ...] = (
    ("serv", "No such command 'serv'. Did you mean 'serve'? See 'fanscore --help'."),
    ("explian", "No such command 'explian'. (Did you mean one of: 'explain', 'replay'?) See '"),
    (
        "events replay --db text",
        "Missing option '--consumer'. Choose from: entry, profile, notification, sync. See '",
    ),
    ("nope", "No such command 'nope'. Did you mean 'invoke'? See 'fanscore --help'."),
    ("demo more", "Got unexpected extra argument (more). See 'fanscore demo --help'."),
    ("demo --outage", "Option '--outage' requires an argument."),
    ("demo --outage nope", f"--outage nope: {SERVICES}"),
    ("demo --outage ''", f"--outage : {SERVICES}"),
    ("invoke", "Missing argument 'EVENT.json'."),
    ("invoke ''", "Invalid value for 'EVENT.json': '': No such file or directory."),
    ("explain", "Missing argument 'GLOBAL_USER_ID'."),
    ("explain ''", f"GLOBAL_USER_ID: {ID}"),
    ("explain ' x'", f"GLOBAL_USER_ID: {ID}"),
    ("explain fan more", "Got unexpected extra argument (more)."),
    ("explain fan --event ''", f"--event: {ID}"),
    ("explain fan --event ' x'", f"--event: {ID}"),
    ("explain fan --member ''", f"--member: {ID}"),
    ("explain fan --member ' x'", f"--member: {ID}"),
    ("explain fan --db ''", f"--db: {EMPTY}"),
    ("explain fan --db /", "/: no such file; 'fanscore sample' makes one"),
    ("explain fan --db two\nlines", "two\\nlines: no such file"),
    ("explain fan --db \x1b[31m", "\\x1b[31m: no such file"),
    ("explain fan --outage nope", f"--outage nope: {SERVICES}"),
    ("invoke event.json --api ''", f"--api: {EMPTY}"),
    ("explain fan --api nope", f"--api: {NAMED}"),
    ("explain fan --api nope:API", "--api: cannot import nope: ModuleNotFoundError"),
    ("explain fan --api fanscore_appsync:NOPE", "--api: fanscore_appsync has no NOPE"),
    ("explain fan --api fanscore_appsync:App", "--api: fanscore_appsync:App is no Api"),
    ("sample x.db --api nope", f"--api: {NAMED}"),
    ("erase fan --api ''", f"--api: {EMPTY}"),
    ("serve --api nope", f"--api: {NAMED}"),
    ("explain fan --record ''", f"--record: {EMPTY}"),
    ("explain fan --record text", "--record: text: exists already"),
    ("explain fan --record no/x", "--record: no/x: No such file or directory"),
    ("explain fan --record /", "--record: /: exists already"),
    ("replay", "Missing argument 'FILE'."),
    ("replay ''", f"FILE: {EMPTY}"),
    ("replay text more", "Got unexpected extra argument (more)."),
    ("replay missing", "missing: cannot be read: No such file or directory"),
    ("replay /", "/: cannot be read: Is a directory"),
    ("replay /dev/zero", "/dev/zero: no recording, or not as it was written"),
    ("replay text", "text: no recording, or not as it was written"),
    ("replay text --policy ''", f"--policy: {EMPTY}"),
    ("findings", "Missing argument 'RECEIPTS'."),
    ("findings ''", f"RECEIPTS: {EMPTY}"),
    ("findings text --api nope", f"--api: {NAMED}"),
    ("export --db text", "Missing option '--output'."),
    ("export --db '' --output x", f"--db: {EMPTY}"),
    ("export --db text --output ''", f"--output: {EMPTY}"),
    ("export --db text --output x --api nope", f"--api: {NAMED}"),
    ("policy findings-to-parquet text", "Missing argument 'OUTPUT'."),
    ("policy findings-to-parquet text '' --api nope", f"OUTPUT: {EMPTY}"),
    ("policy findings-to-parquet missing x", "FILE: cannot read missing: FileNotFoundError"),
    ("policy findings-to-parquet text x --api nope", f"--api: {NAMED}"),
    ("chunks", "Missing argument 'EVENT'."),
    ("chunks evt456 --db '' --output x", f"--db: {EMPTY}"),
    ("chunks evt456 --export '' --output x", f"--export: {EMPTY}"),
    ("chunks evt456 --export missing --output x", "missing: no export: No such file or directory"),
    ("chunks evt456 --db text --output ''", f"--output: {EMPTY}"),
    ("chunks evt456 --db text --output x --size 0", "Invalid value for '--size': 0 is not in"),
    ("chunks '' --db text --output x", f"EVENT: {ID}"),
    ("chunks evt456 --output x", "--db and --export: expected one of them"),
    ("score-event", "Missing argument 'EVENT'."),
    (f"{SCORE_EVENT} --db ''", f"--db: {EMPTY}"),
    (f"{SCORE_EVENT} --export ''", f"--export: {EMPTY}"),
    (f"{SCORE_EVENT} --export missing", "missing: no export: No such file or directory"),
    ("score-event evt456 --db text --output ''", f"--output: {EMPTY}"),
    (f"{SCORE_EVENT} --db text --format nope", "Invalid value for '--format': 'nope'"),
    (f"{SCORE_EVENT} --db text --policy ''", f"--policy: {EMPTY}"),
    (f"{SCORE_EVENT} --db text --findings ''", f"--findings: {EMPTY}"),
    (f"{SCORE_EVENT} --db text --receipts ''", f"--receipts: {EMPTY}"),
    (f"{SCORE_EVENT} --db text --decisions ''", f"--decisions: {EMPTY}"),
    (f"{SCORE_EVENT} --db text --arm-scores ''", f"--arm-scores: {EMPTY}"),
    (f"{SCORE_EVENT} --db text --api nope", f"--api: {NAMED}"),
    ("receipts nope", "No such command 'nope'."),
    ("receipts verify ''", f"FILE: {EMPTY}"),
    ("receipts verify text --api nope", f"--api: {NAMED}"),
    ("receipts verify text --head ''", f"--head: {EMPTY}"),
    ("receipts verify text --head text", "--head: text: "),
    ("receipts verify text --proof text", "--proof and --previous: only with --head"),
    ("receipts verify text --previous text", "--proof and --previous: only with --head"),
    ("receipts seal ''", f"LINES: {EMPTY}"),
    ("receipts seal text --previous ''", f"--previous: {EMPTY}"),
    ("receipts seal text --previous /", "--previous: cannot read /: IsADirectoryError"),
    ("receipts seal text --output ''", f"--output: {EMPTY}"),
    ("receipts seal missing", "LINES: cannot read missing"),
    ("receipts prove text", "Missing argument 'LINES'."),
    ("receipts prove text '' --api nope", f"LINES: {EMPTY}"),
    ("receipts prove text text --api nope", f"--api: {NAMED}"),
    ("replay text --api ''", f"--api: {EMPTY}"),
    ("replay text --api nope", f"--api: {NAMED}"),
    ("sample", "Missing argument 'DB'."),
    ("sample ''", f"DB: {EMPTY}"),
    ("sample /", "database /: cannot be used: "),
    ("sample /dev/full", "database /dev/full: cannot be used: "),
    ("sample :memory:", ":memory: has the sample data already"),
    ("events nope", "No such command 'nope'. See 'fanscore events --help'."),
    ("events list", "name a database, by --db or FANSCORE_DB"),
    ("events list --db ''", f"--db: {EMPTY}"),
    ("events list --db /", "/: no such file"),
    (
        "events list more",
        "Got unexpected extra argument (more). See 'fanscore events list --help'.",
    ),
    ("events list --all", "name a database, by --db or FANSCORE_DB"),
    ("events list --fan ''", f"--fan: {ID}"),
    ("events list --all --fan ' x'", f"--fan: {ID}"),
    ("events list --all --type nope", "Invalid value for '--type': 'nope' is not one of"),
    ("events list --all --since ''", f"--since: {EMPTY}"),
    ("events list --all --since soon", f"--since: {MOMENT}"),
    ("events list --all --since 2026-11-01", f"--since: {MOMENT}"),
    ("events list --all --since 2026-11-01T08:00:00", f"--since: {MOMENT}"),
    ("events list --all --since 2026-13-01T08:00:00Z", f"--since: {MOMENT}"),
    ("events list --all --since -1d", f"--since: {MOMENT}"),
    ("events list --all --since ٣d", f"--since: {MOMENT}"),
    ("events list --all --since 999999999d", f"--since: {MOMENT}"),
    (f"events list --all --since {'9' * 5000}s", f"--since: {MOMENT}"),
    ("events list --all --until ''", f"--until: {EMPTY}"),
    ("events list --all --until 5w", f"--until: {MOMENT}"),
    ("events list --all --since 1h --until 2h", "--until: is not after --since"),
    ("events list --all --since 1h --until 1h", "--until: is not after --since"),
    ("events list --since 1h --db text", "--fan, --type, --since, --until and --json are for"),
    ("events list --json --db text", "--fan, --type, --since, --until and --json are for --all"),
    ("events replay", "Missing option '--consumer'."),
    ("events replay --consumer ''", "Invalid value for '--consumer': '' is not one of"),
    ("events replay --consumer nope", "Invalid value for '--consumer': 'nope' is not one of"),
    ("events replay --consumer profile", "name a database, by --db or FANSCORE_DB"),
    ("events replay --consumer sync", "--consumer sync: sends to the outside again; --also-send"),
    ("events replay --consumer profile --consumer notification", "--consumer notification: sends"),
    ("events replay --consumer profile --also-send", "--also-send: no --consumer is named that"),
    ("events replay --consumer profile --fan ''", f"--fan: {ID}"),
    ("events replay --consumer profile --type ''", "Invalid value for '--type': '' is not one of"),
    ("events replay --consumer profile --since soon", f"--since: {MOMENT}"),
    ("events replay --consumer profile --until soon", f"--until: {MOMENT}"),
    ("events replay --consumer profile --db ''", f"--db: {EMPTY}"),
    ("events replay --consumer profile --db /", "/: no such file"),
    ("events retry", "name a database, by --db or FANSCORE_DB"),
    ("events retry --db ''", f"--db: {EMPTY}"),
    ("events retry --db /", "/: no such file"),
    ("events retry --id ''", f"--id: {EMPTY}"),
    ("policy nope", "No such command 'nope'. See 'fanscore policy --help'."),
    ("policy show --api nope", f"--api: {NAMED}"),
    ("policy show more", "Got unexpected extra argument (more)."),
    ("policy show --policy ''", f"--policy: {EMPTY}"),
    ("policy show --policy /", "--policy: cannot read /: IsADirectoryError"),
    ("policy diff", "Missing argument 'OLD'."),
    ("policy diff text", "Missing argument 'NEW'."),
    ("policy diff text text", "Missing option '--findings'."),
    ("policy diff text text more", "Missing option '--findings'."),
    ("policy diff text text --findings", "Option '--findings' requires an argument."),
    (f"{DIFF} ''", f"--findings: {EMPTY}"),
    (f"{DIFF} text", "OLD: text: $: not JSON: "),
    ("policy diff '' text --findings text", f"OLD: {EMPTY}"),
    ("policy diff text '' --findings text", f"NEW: {EMPTY}"),
    ("policy diff / text --findings text", "OLD: cannot read /: IsADirectoryError"),
    (f"{DIFF} text --event ''", f"--event: {ID}"),
    (f"{DIFF} text --event ' x'", f"--event: {ID}"),
    (f"{DIFF} text --seats 999", "Invalid value for '--seats': 999 is not in the range"),
    (f"{DIFF} text --seats many", "Invalid value for '--seats': 'many' is not a valid"),
    (f"{DIFF} text --seats 1000", "--seats and --weights: expected both or neither"),
    (f"{DIFF} text --weights text", "--seats and --weights: expected both or neither"),
    (f"{DIFF} text --weights ''", f"--weights: {EMPTY}"),
    (f"{DIFF} text --rules ''", f"--rules: {EMPTY}"),
    (f"{DIFF} text --format yaml", "Invalid value for '--format': 'yaml' is not one of"),
    (f"{DIFF} text --api ''", f"--api: {EMPTY}"),
    ("policy sample-findings more", "Got unexpected extra argument (more)."),
    ("policy sample-findings --people 0", "Invalid value for '--people': 0 is not in the range"),
    ("policy sample-findings --seed -1", "Invalid value for '--seed': -1 is not in the range"),
    ("policy sample-findings --event ' x'", f"--event: {ID}"),
    ("resolvers", "Missing option '--format'."),
    ("resolvers --format ''", "Invalid value for '--format': '' is not one of 'cloudformation'"),
    ("resolvers --format yaml", "Invalid value for '--format': 'yaml' is not one of"),
    ("resolvers --format terraform more", "Got unexpected extra argument (more)."),
    ("resolvers --format terraform --output ''", f"--output: {EMPTY}"),
    ("resolvers --format terraform --output .", "--output: .: Is a directory"),
    ("resolvers --format terraform --output no/x", "--output: no/x: No such file or directory"),
    ("resolvers --format terraform --output text/x", "--output: text/x: Not a directory"),
    ("resolvers --format terraform --api ''", f"--api: {EMPTY}"),
    ("schema --api ''", f"--api: {EMPTY}"),
    ("schema more", "Got unexpected extra argument (more)."),
    ("schema --output ''", f"--output: {EMPTY}"),
    ("schema --output /", "--output: /: Is a directory"),
    ("erase", "Missing argument 'FAN'."),
    ("erase ''", f"FAN: {ID}"),
    ("erase ' x'", f"FAN: {ID}"),
    ("erase fan", "name a database, by --db or FANSCORE_DB"),
    ("erase fan --member ''", f"--member: {ID}"),
    ("erase fan --member ' x'", f"--member: {ID}"),
    ("erase fan --archive-days 0", "Invalid value for '--archive-days': 0 is not in the range"),
    (
        "erase fan --db text --archive-days 30",
        "--archive-days has no meaning without FANSCORE_BACKEND=aws",
    ),
    ("erase fan --db ''", f"--db: {EMPTY}"),
    ("erase fan --db /", "/: no such file"),
    ("receipts list ' x'", f"FAN: {ID}"),
    ("receipts list fan", "name a database, by --db or FANSCORE_DB"),
    ("receipts list fan --event ''", f"--event: {ID}"),
    ("receipts list fan --db ''", f"--db: {EMPTY}"),
    ("receipts list fan --api ''", f"--api: {EMPTY}"),
    ("receipts list fan --output ''", f"--output: {EMPTY}"),
    ("receipts show ' x' newest", f"FAN: {ID}"),
    ("receipts show fan 1234567", "LEAF: expected newest, or 8 to 64 hexadecimal digits"),
    ("receipts show fan newest --event ''", f"--event: {ID}"),
    ("receipts show fan newest --db ''", f"--db: {EMPTY}"),
    ("receipts show fan newest --api ''", f"--api: {EMPTY}"),
    ("receipts show fan newest --output ''", f"--output: {EMPTY}"),
    ("token", "Missing argument 'GLOBAL_USER_ID'."),
    ("token ''", f"GLOBAL_USER_ID: {ID}"),
    ("token ' x'", f"GLOBAL_USER_ID: {ID}"),
    ("token fan --group ''", f"--group: {EMPTY}"),
    ("token fan --keys ''", f"--keys: {EMPTY}"),
    ("token fan --keys /proc/nope", "/proc/nope/development-issuer.pem: cannot be used: "),
    ("token fan --minutes 0", "Invalid value for '--minutes': 0 is not in the range"),
    ("token fan --minutes soon", "Invalid value for '--minutes': 'soon' is not a valid"),
    ("serve more", "Got unexpected extra argument (more)."),
    ("serve --host ''", f"--host: {EMPTY}"),
    ("serve --host a..b", "a..b:8080: cannot listen: "),
    (f"serve --host {'é' * 80}", f"{'é' * 80}:8080: cannot listen: no such host"),
    ("serve --host 192.0.2.1", "192.0.2.1:8080: cannot listen: Cannot assign requested address"),
    ("serve --port 65536", "Invalid value for '--port': 65536 is not in the range"),
    ("serve --port x", "Invalid value for '--port': 'x' is not a valid"),
    ("serve --db ''", f"--db: {EMPTY}"),
    ("serve --db /", "database /: cannot be used: "),
    ("serve --outage nope", f"--outage nope: {SERVICES}"),
    ("serve --allow-origin ''", f"--allow-origin: {EMPTY}"),
    ("serve --allow-origin x", "--allow-origin x: expected an origin such as https://example.com"),
    ("serve --allow-origin https://x.test/", "--allow-origin https://x.test/: expected an origin"),
    ("serve --limit depth", "--limit: depth: expected a whole number above zero"),
    ("serve --limit depth=00", "--limit: depth: expected a whole number above zero"),
    (f"serve --limit depth={'9' * 5000}", "--limit: depth: expected at most 9 digits"),
    ("serve --limit nope=1", "--limit: expected one of body_bytes, "),
    ("serve --api-keys ''", f"--api-keys: {EMPTY}"),
    ("serve --api-keys /", "--api-keys: cannot read /: IsADirectoryError"),
    ("serve --user-pool ''", f"--user-pool: {EMPTY}"),
    ("serve --user-pool https://x.test", "--client-id: a user pool needs at least one app client"),
    ("serve --user-pool x --client-id a", "--user-pool: expected a URL with a host"),
    ("serve --client-id ''", f"--client-id: {EMPTY}"),
    ("serve --keys ''", f"--keys: {EMPTY}"),
    ("serve --keys /proc/nope", "/proc/nope/development-issuer.pem: cannot be used: "),
    ("serve --allow-iam-header --host 0.0.0.0", "--allow-iam-header: not where other machines"),
)

FILES: Mapping[str, bytes] = {
    "empty": b"",
    "text": b"# fanscore\n\nFan scores.\n" * 100,
    "binary": bytes(range(256)) * 20,
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "cut": b'{"a": ',
    "deep": b"[" * 100_000,
    "number": b"9" * 5_000,
}
"""What a file may hold that no command can use as JSON."""

READERS: tuple[tuple[str, Mapping[str, str], str], ...] = (
    ("invoke FILE", {}, "FILE: "),
    ("serve --api-keys FILE", {}, "--api-keys: "),
    ("explain fan", {"FANSCORE_POLICY": "FILE"}, "FANSCORE_POLICY: "),
    ("explain fan", {"FANSCORE_SAMPLE": "FILE"}, "FANSCORE_SAMPLE: "),
    ("invoke event.json", {"FANSCORE_POLICY": "FILE"}, "FANSCORE_POLICY: "),
    ("policy show", {"FANSCORE_POLICY": "FILE"}, "FANSCORE_POLICY: "),
    ("policy show --policy FILE", {}, "--policy: "),
    ("policy diff FILE FILE --findings event.json", {}, "OLD: "),
    ("replay FILE", {}, "FILE: "),
    ("sample fans.db", {"FANSCORE_SAMPLE": "FILE"}, "FANSCORE_SAMPLE: "),
    ("serve", {"FANSCORE_POLICY": "FILE"}, "FANSCORE_POLICY: "),
    ("explain fan", {"FANSCORE_SHADOW_POLICY": "FILE"}, "FANSCORE_SHADOW_POLICY: "),
    ("invoke event.json", {"FANSCORE_SHADOW_POLICY": "FILE"}, "FANSCORE_SHADOW_POLICY: "),
    ("serve", {"FANSCORE_SHADOW_POLICY": "FILE"}, "FANSCORE_SHADOW_POLICY: "),
)
"""What reads JSON, and what its complaint begins with."""

DATABASES = (
    "explain fan --db FILE",
    "sample FILE",
    "events list --db FILE",
    "events list --all --db FILE",
    "events replay --consumer profile --db FILE",
    "events retry --db FILE",
    "erase fan --db FILE",
    "erase fan --yes --db FILE",
    "serve --db FILE",
    "export --db FILE --output out",
    "chunks evt456 --db FILE --output out",
    "score-event evt456 --db FILE --output out",
    "receipts list fan --db FILE",
    "receipts show fan newest --db FILE",
)

SETTINGS: tuple[tuple[Mapping[str, str], str], ...] = (
    ({"FANSCORE_BACKEND": "paper"}, "FANSCORE_BACKEND: expected embedded or aws"),
    ({"FANSCORE_OUTAGES": "nope"}, "FANSCORE_OUTAGES: expected some of arm_scoring"),
)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name a folder for what lasts: the key of the development issuer, once it is made."""
    return str(tmp_path_factory.mktemp("state"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with a file of each kind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", state)
    for name, content in FILES.items():
        Path(name).write_bytes(content)
    Path("event.json").write_text("{}")


def fanscore(line: str, environ: Mapping[str, str] | None = None) -> Result:
    """Run a command that is given as a line, of words or quoted words."""
    environment: dict[str, str | None] = {
        "FANSCORE_BACKEND": None,
        "FANSCORE_DB": None,
        "FANSCORE_OUTAGES": None,
        **(environ or {}),
    }
    return CliRunner().invoke(main, words(line), env=environment, prog_name="fanscore")


def words(line: str) -> list[str]:
    """Split a line at its spaces, except within quotes."""
    parts = line.split("'")
    unquoted = [part.split(" ") for part in parts[::2]]
    found = unquoted[0]
    for quoted, after in zip(parts[1::2], unquoted[1:], strict=True):
        found = [*found[:-1], found[-1] + quoted + after[0], *after[1:]]
    return found


def check_refused(result: Result, said: str) -> None:
    """Check that a command ended with status 2 and one line that begins so, and printed nothing."""
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"fanscore: {said}")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith("\n")


@pytest.mark.parametrize(("line", "said"), ROWS, ids=lambda text: repr(text[:60]))
def test_arguments(line: str, said: str) -> None:
    """A mistake in an argument or option is said in one line that names it: status 2."""
    check_refused(fanscore(line), said)


def leaves(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Give every command with its path, below the groups."""
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from leaves(child, (*path, name))


def test_every_option_has_a_row() -> None:
    """The table above holds a mistake in each option that takes a value, of each command."""
    lines = [line for line, _ in ROWS]
    missing = [
        f"{path} {option.opts[-1]}"
        for path, command in leaves(main)
        for option in command.params
        if isinstance(option, click.Option) and not option.is_flag
        if not any(line.startswith(path) and option.opts[-1] in line for line in lines)
    ]
    assert missing == []


@pytest.mark.parametrize("path", [path for path, _ in leaves(main)])
def test_unknown_options(path: str) -> None:
    """An option that a command does not have is refused in one line, which says where help is."""
    result = fanscore(f"{path} --nope")
    check_refused(result, "No such option")
    assert "--nope" in result.stderr
    assert result.stderr.endswith(f"See 'fanscore {path} --help'.\n")


@pytest.mark.parametrize("line", ["", "events", "policy"])
def test_a_group_alone(line: str) -> None:
    """A group without a command shows its help."""
    result = CliRunner().invoke(main, line.split())
    assert "Commands:" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", [*FILES, "missing", ".", "/proc/self/mem"])
@pytest.mark.parametrize(("line", "environ", "said"), READERS, ids=str)
def test_files_that_are_no_json(
    line: str, environ: Mapping[str, str], said: str, name: str
) -> None:
    """A file that cannot be read, or is no JSON, is named in one line: status 2."""
    if line == "invoke FILE" and name in {"missing", "."}:
        said = "Invalid value for 'EVENT.json': 'FILE': "
    given = dict.fromkeys(environ, name)
    result = fanscore(line.replace("FILE", name), given)
    check_refused(result, said.replace("FILE", name))
    assert name in result.stderr


@pytest.mark.parametrize("name", ["text", "binary"])
@pytest.mark.parametrize("line", DATABASES)
def test_files_that_are_no_database(line: str, name: str) -> None:
    """A file that is no database is refused by whatever would use it, and stays as it is."""
    check_refused(fanscore(line.replace("FILE", name)), f"database {name}: ")
    assert Path(name).read_bytes() == FILES[name]


@pytest.mark.parametrize(
    "line",
    ["invoke event.json", "explain fan", "events list", "events retry", "serve"],
)
@pytest.mark.parametrize(("environ", "said"), SETTINGS, ids=str)
def test_settings(line: str, environ: Mapping[str, str], said: str) -> None:
    """A setting that means nothing is named, by every command that goes by it."""
    if line == "events list" and "FANSCORE_OUTAGES" in environ:
        pytest.skip("it asks no service")
    assert fanscore("sample fans.db").exit_code == 0
    check_refused(fanscore(line, {**environ, "FANSCORE_DB": "fans.db"}), said)


@pytest.mark.parametrize("line", ["invoke event.json", "explain fan", "schema", "serve"])
def test_an_api_of_the_environment(line: str) -> None:
    """Where the environment names the API, the variable is named, and not the option."""
    environ = {"FANSCORE_API": "fanscore_appsync:App"}
    check_refused(fanscore(line, environ), "FANSCORE_API: fanscore_appsync:App is no Api")


@pytest.mark.parametrize(
    "line",
    ["explain fan --db x", "erase fan --db x", "events list --db x", "serve --db x"],
)
def test_files_on_aws(line: str) -> None:
    """An option that has no meaning on AWS is refused there."""
    check_refused(fanscore(line, AWS), "--db")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (InvalidInput("here", "expected a number"), 2, "here: expected a number"),
        (Unavailable("lnaa_api", "no route"), 1, "lnaa_api is unavailable: no route"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "No space left on device"),
        (PermissionError(errno.EACCES, "Denied", "fans.db"), 1, "fans.db: Denied"),
        (TimeoutError(), 1, "TimeoutError"),
        (sqlite3.OperationalError("attempt to write"), 1, "OperationalError: attempt to write"),
        (RuntimeError("one\ntwo\x1b[0m"), 1, "RuntimeError: one\\ntwo\\x1b[0m"),
        (MemoryError(), 1, "MemoryError"),
        (click.ClickException("not so"), 1, "not so"),
        (click.UsageError("not so"), 2, "not so. See 'fanscore fail --help'."),
        (click.FileError("fans.db", "gone"), 1, "Could not open file 'fans.db': gone"),
        (click.Abort(), 130, "interrupted"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=repr,
)
def test_what_escapes_a_command(error: BaseException, status: int, said: str) -> None:
    """Whatever escapes a command ends it in one line: 2 for its input, 130 for Ctrl+C, else 1."""

    @click.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(Program(commands={"fail": fail}), ["fail"], prog_name="fanscore")
    assert (result.exit_code, result.stdout) == (status, "")
    assert result.stderr == f"fanscore: {said}\n"


def test_tracebacks_for_developers() -> None:
    """In Python's development mode, an error that nobody expected keeps its traceback."""
    program = (
        "import click\n"
        "from fanscore_appsync.cli.mistakes import Program\n"
        "fail = click.Command('fail', callback=lambda: 1 / 0)\n"
        "Program(commands={'fail': fail})(['fail'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.endswith(b"\nZeroDivisionError: division by zero\n")


def test_a_reader_that_has_seen_enough() -> None:
    """A pipe that is closed ends the command without a word."""

    @click.command()
    def fail() -> None:
        raise BrokenPipeError

    result = CliRunner().invoke(Program(commands={"fail": fail}), ["fail"])
    assert (result.exit_code, result.output) == (1, "")
