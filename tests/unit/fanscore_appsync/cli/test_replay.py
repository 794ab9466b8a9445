from __future__ import annotations

import json
import resource
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from fanscore_adapters.documents.policy import policy_text
from fanscore_appsync.api import API
from fanscore_appsync.cli.main import main
from fanscore_appsync.cli.recordings import read_recording, write_recording
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook

pytestmark = pytest.mark.usefixtures("fresh_app")

PRESALE = Path(__file__).parents[4] / "examples/presale"
KINDER = attrs.evolve(DEFAULT_POLICY, version="kinder", no_history_raw_score=60)

DEAD_AWS: Mapping[str, str] = {
    "FANSCORE_BACKEND": "aws",
    "AWS_REGION": "eu-west-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "111122223333",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "FANSCORE_LNAA_URL": "http://127.0.0.1:1",
    "FANSCORE_LNAA_TOKEN": "token",
}


def fanscore(*arguments: str, environ: Mapping[str, str] | None = None) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, arguments, env=dict(environ or {}), prog_name="fanscore")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of one's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def recorded(*arguments: str, environ: Mapping[str, str] | None = None) -> Result:
    """Explain, and record that in ``case.json``."""
    return fanscore("explain", *arguments, "--record", "case.json", environ=environ)


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["drawn", "json"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("user123", "--event", "evt456"),
        ("user123",),
        ("nobody-yet", "--event", "disco456", "--member", "member123"),
        ("user123", "--event", "evt456", "--outage", "arm_scoring"),
    ],
    ids=" ".join,
)
def test_a_replay_prints_what_explain_printed(
    arguments: tuple[str, ...], options: tuple[str, ...]
) -> None:
    """From a recording, without the system that was asked, each byte is printed again."""
    explained = recorded(*arguments, *options)
    assert explained.stderr == "fanscore: case.json: recorded; it holds personal data\n"
    again = fanscore("replay", "case.json", *options)
    assert (again.stdout_bytes, again.exit_code) == (explained.stdout_bytes, 0)
    assert again.stderr == ""


def test_a_run_that_ended_in_an_error() -> None:
    """On AWS too, a run that ended in an error is recorded, and ends in that error again."""
    explained = recorded("user123", "--event", "evt456", environ=DEAD_AWS)
    note, said = explained.stderr.splitlines()
    assert note == "fanscore: case.json: recorded; it holds personal data"
    assert said.startswith("fanscore: fan_identity_table is unavailable: ")
    again = fanscore("replay", "case.json")
    assert (again.stdout, again.stderr) == (explained.stdout, f"{said}\n")
    assert (explained.exit_code, again.exit_code) == (1, 1)
    Path("kinder.json").write_text(policy_text(KINDER))
    other = fanscore("replay", "case.json", "--policy", "kinder.json")
    assert other.stderr == f"fanscore: recorded no score; would have been no score\n{said}\n"


def test_the_policy_of_the_event_is_recorded(folder: Path) -> None:
    """A replay decides by the policy that decided, whatever the settings say by then."""
    book = PolicyBook(DEFAULT_POLICY, {EventId("evt456"): KINDER})
    events = ", ".join(f'"{each}": {policy_text(KINDER)}' for each in book.events)
    text = f'{{"default": {policy_text(DEFAULT_POLICY)}, "events": {{{events}}}}}'
    (folder / "book.json").write_text(text)
    explained = recorded(
        "nobody-yet", "--event", "evt456", environ={"FANSCORE_POLICY": "book.json"}
    )
    assert explained.stdout.startswith("Score 60 of nobody-yet, policy kinder\n")
    again = fanscore("replay", "case.json", environ={"FANSCORE_POLICY": "missing.json"})
    assert again.stdout == explained.stdout


def test_another_policy(folder: Path) -> None:
    """With another policy, a replay prints what would have been, and says what was."""
    recorded("nobody-yet", "--event", "evt456")
    (folder / "kinder.json").write_text(policy_text(KINDER))
    replayed = fanscore("replay", "case.json", "--policy", "kinder.json")
    said = "fanscore: recorded 50 by policy 2026-11-01; would have been 60 by policy kinder\n"
    assert (replayed.exit_code, replayed.stderr) == (0, said)
    explained = fanscore(
        "explain", "nobody-yet", "--event", "evt456", environ={"FANSCORE_POLICY": "kinder.json"}
    )
    assert score_drawn(replayed) == score_drawn(explained)


def score_drawn(result: Result) -> str:
    """Return the upper picture, in which no time stands."""
    return result.stdout.partition("round")[0].rpartition("\n")[0]


def test_an_api_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The questions of one's own signals are recorded too, and need their API to be replayed."""
    monkeypatch.syspath_prepend(str(PRESALE))
    api = ("--api", "presale.api:PRESALE")
    explained = recorded("user123", "--event", "evt456", *api)
    assert (explained.exit_code, fanscore("replay", "case.json", *api).stdout) == (
        0,
        explained.stdout,
    )
    text = Path("case.json").read_text()
    assert "presale." in text
    alone = fanscore("replay", "case.json")
    said = "fanscore: case.json: api: expected --api presale.api:PRESALE\n"
    assert (alone.exit_code, alone.stdout, alone.stderr) == (2, "", said)


def test_another_api_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording of the shipped API is not replayed by another one."""
    monkeypatch.syspath_prepend(str(PRESALE))
    recorded("user123")
    result = fanscore("replay", "case.json", "--api", "presale.api:PRESALE")
    said = "fanscore: case.json: api: expected none\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)


OWN = """
from datetime import date

import attrs

from fanscore_adapters import ProxyCall
from fanscore_appsync import API
from fanscore_core import Band, Missing, Query, Signal, SignalPolicy, SignalStep


@attrs.frozen
class Sizes(Query[object]):
    pass


async def ask_for_bytes(args):
    await Sizes()
    return Missing.NOT_ASKED


async def fail(args):
    raise KeyError("a bug")


def api(ask):
    worth = SignalPolicy(0, [Band(0, "SIZE_ANY")])
    signal = Signal("size", "Size", "The scale", (Missing.UNAVAILABLE, Missing.NOT_ASKED), worth)
    call = ProxyCall(Sizes, "own_scale", "size", lambda _: {}, lambda data: b"large")
    return API.extended_by(
        answers=[call],
        signals=[SignalStep(signal, ask)],
        sample='{"tables": {}, "services": {"own_scale": [{"operation": "size", "arguments": {}, '
        '"response": {"data": {}}}]}}',
    )


BYTES, BUG = api(ask_for_bytes), api(fail)
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("BYTES", "bytes: a value of this type cannot be recorded"),
        ("BUG", "the run ended in an error of the code"),
    ],
)
def test_a_run_that_cannot_be_recorded(folder: Path, name: str, said: str) -> None:
    """What would not be the same again is not recorded, which is said in one line: status 1."""
    (folder / f"own_{name.lower()}.py").write_text(OWN)
    result = recorded("user123", "--api", f"own_{name.lower()}:{name}")
    lines = [line for line in result.stderr.splitlines() if line.startswith("fanscore: ")]
    assert (result.exit_code, result.stdout) == (1, "")
    assert lines == [f"fanscore: case.json: not recorded: {said}"]
    assert not (folder / "case.json").exists()


# The file


def test_the_first_line_says_what_the_file_holds() -> None:
    """Whoever opens a recording reads first that it holds personal data; its owner alone may."""
    recorded("user123")
    first, *_ = Path("case.json").read_text().splitlines()
    assert json.loads(first)["notice"].startswith("This file holds personal data: ")
    assert stat.S_IMODE(Path("case.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("make", ["file", "link", "folder"])
def test_nothing_is_written_over(folder: Path, make: str) -> None:
    """A recording takes no name that something has, also of a link that leads nowhere."""
    path = folder / "case.json"
    match make:
        case "file":
            path.write_text("kept")
        case "link":
            path.symlink_to("nowhere")
        case _:
            path.mkdir()
    result = recorded("user123")
    said = "fanscore: --record: case.json: exists already\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)
    assert not (folder / "nowhere").exists()
    assert make != "file" or path.read_text() == "kept"


def test_a_file_that_came_up_meanwhile(folder: Path) -> None:
    """Of two that write one recording at a time, one is refused."""
    recorded("user123")
    known = read_recording("case.json", API)
    with pytest.raises(FileExistsError):
        write_recording("case.json", known, API)
    write_recording("other.json", known, API)
    assert (folder / "other.json").read_bytes() == (folder / "case.json").read_bytes()


@contextmanager
def changed(content: bytes) -> Iterator[Path]:
    """Write what a recording became."""
    path = Path("changed.json")
    path.write_bytes(content)
    yield path
    path.unlink()


def test_every_changed_byte_is_found() -> None:
    """A recording with any one byte changed, left out or added is refused."""
    recorded("user123", "--event", "evt456")
    content = Path("case.json").read_bytes()
    broken = [
        *(
            content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            for at in range(len(content))
        ),
        *(content[:at] for at in range(0, len(content), 7)),
        content[1:],
        content + b"\n",
        b"\xef\xbb\xbf" + content,
        content.replace(b"\n", b"\r\n"),
    ]
    for each in broken:
        with changed(each) as path, pytest.raises(InvalidInput):
            read_recording(str(path), API)


def signed(rest: bytes) -> bytes:
    """Write what begins as a recording does, with the right digest."""
    first = Path("case.json").read_bytes().partition(b"\n")[0]
    line = {**json.loads(first), "sha256": sha256(rest).hexdigest()}
    return json.dumps(line).encode() + b"\n" + rest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\n", b"\n\n"),
        (b'{"code"', b'["code"'),
        (b'"code": "', b'"code": 1, "x": "'),
        (b'"question": ', b'"question": null, "x": '),
        (b'"arguments": {', b'"arguments": {"eventId": 1, "x": {'),
        (b'"api": null', b'"api": 1'),
        (b"fanscore_core.ports.fan_identity:FanIdentity", b"os:system"),
        (b"fanscore_core.engine.question:Answered", b"fanscore_core.findings:StoredScore"),
        (b'{"Decimal": "2"}', b'{"Decimal": "two"}'),
        (b'{"Decimal": "87"}', b'{"Decimal": "870"}'),
        (b'"version', b'"'),
        (b"ARM_LOW_RISK", b"arm low risk"),
    ],
    ids=repr,
)
def test_forged_recordings(old: bytes, new: bytes) -> None:
    """A recording whose digest is right, and whose content is not, is refused in one line."""
    recorded("user123", "--event", "evt456")
    rest = Path("case.json").read_bytes().partition(b"\n")[2]
    assert old in rest
    with changed(signed(rest.replace(old, new, 1))) as path:
        result = fanscore("replay", str(path))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("fanscore: changed.json: ")


def test_a_response_that_is_another() -> None:
    """Where the run comes to another response than the recorded one, that is said: status 1."""
    recorded("user123", "--event", "evt456")
    rest = Path("case.json").read_bytes().partition(b"\n")[2]
    with changed(signed(rest.replace(b'{"Decimal": "2"}', b'{"Decimal": "9"}'))) as path:
        result = fanscore("replay", str(path))
    said = "fanscore: changed.json: the response is not the recorded one\n"
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", said)


def test_another_version_of_the_code() -> None:
    """A recording that another version of fanscore made is replayed, and that is said."""
    recorded("user123", "--event", "evt456")
    known = read_recording("case.json", API)
    write_recording("old.json", attrs.evolve(known, code="0.0.1"), API)
    result = fanscore("replay", "old.json")
    assert result.stderr == f"fanscore: recorded by fanscore 0.0.1, replayed by {known.code}\n"
    assert (result.exit_code, result.stdout) == (0, fanscore("replay", "case.json").stdout)


def test_a_disk_that_is_full(folder: Path) -> None:
    """A recording that could be written in part alone is taken away again."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        result = recorded("user123")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "fanscore: File too large\n"
    assert [*folder.iterdir()] == []


def test_a_recording_that_cannot_be_written(folder: Path) -> None:
    """Where no file can be made, that is said in one line, and none is left."""
    result = fanscore("explain", "user123", "--record", "x" * 300)
    said = f"fanscore: {'x' * 300}: File name too long\n"
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", said)
    assert [*folder.iterdir()] == []
