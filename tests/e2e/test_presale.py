"""The example: an API of one's own, beside the built wheel of fanscore."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import httpx
import pytest

from fanscore_appsync.testing import unchecked_event, user
from tests.e2e.wheels import PRESALE, ROOT, build_wheel, unpack
from tests.gateway.program import PROGRAM, Program, environment, serving

NAMED = "presale.api:PRESALE"
OWN = ("--api", NAMED)
GROUP = '{ api { presaleGroup(campaignId: "autumn") { campaignId group reasons } } }'
INVITE = """mutation {
  presaleInvite(input: {campaignId: "autumn", globalUserId: "user789"}) {
    campaignId globalUserId invitedBy
  }
}"""
INVITATION = {"campaignId": "autumn", "globalUserId": "user789"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of fanscore, and unpack it."""
    folder = tmp_path_factory.mktemp("fanscore")
    return unpack(build_wheel(ROOT, folder), folder / "site")


@pytest.fixture(scope="module")
def presale_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of the example, and unpack it."""
    folder = tmp_path_factory.mktemp("presale")
    return unpack(build_wheel(PRESALE, folder), folder / "site")


def program(
    site: Path, *arguments: str, given: str = "", environ: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Run the wheel's program in the folder of the example; return its status, and what it says."""
    done = subprocess.run(
        [PROGRAM, *arguments],
        cwd=PRESALE,
        env=environment({"PYTHONPATH": str(site), **(environ or {})}),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


# The packages


def test_what_is_used_is_what_was_built(site: Path, presale_site: Path, tmp_path: Path) -> None:
    """All that follows uses nothing but both wheels."""
    packages = {"fanscore_core": site, "fanscore_adapters": site, "fanscore_appsync": site}
    code = "; ".join(
        f"import {package}; print({package}.__file__)" for package in (*packages, "presale")
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment({"PYTHONPATH": f"{site}:{presale_site}"}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines() == [
        str(where / package / "__init__.py")
        for package, where in {**packages, "presale": presale_site}.items()
    ]


FACES = (
    "fanscore_core",
    "fanscore_core.pipelines",
    "fanscore_core.ports",
    "fanscore_adapters",
    "fanscore_appsync",
    "fanscore_appsync.testing",
)
"""Where all public names stand in ``__all__``."""
TEST_KIT = {
    "fanscore_appsync.testing.executor": {"Executed", "Fanscore"},
    "fanscore_appsync.testing.routing": {"check"},
}
"""What docs/how-to/test-your-own-code.md names of modules that need an extra."""
SOURCES = sorted(
    str(path.relative_to(PRESALE))
    for path in PRESALE.rglob("*.py")
    if "__pycache__" not in path.parts
)


def imported(tree: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Return each module that is imported, and what from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.name, None) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield from ((str(node.module), each.name) for each in node.names)


@pytest.mark.parametrize("source", SOURCES)
def test_public_names_are_enough(source: str) -> None:
    """The example imports public names of fanscore, and replaces nothing in it."""
    tree = ast.parse((PRESALE / source).read_text(encoding="utf-8"))
    public = {
        **{face: set(import_module(face).__all__) for face in FACES},
        **TEST_KIT,
    }
    private = [
        (module, name)
        for module, name in imported(tree)
        if module.startswith("fanscore") and name not in public.get(module, ())
    ]
    assert private == []
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    modules = {module.partition(".")[0] for module, _ in imported(tree)}
    assert {"monkeypatch", "mocker", "mock", "unittest", "setattr"}.isdisjoint(
        names | arguments | modules
    )


def test_there_are_sources() -> None:
    """The test of imports sees the package and its tests."""
    assert {Path(source).parts[0] for source in SOURCES} == {"presale", "tests"}


def test_fanscore_knows_nothing_of_the_example() -> None:
    """In the sources, its name stands as an example of a name, and as that of a sale."""
    allowed = re.compile(r'presale\.api:PRESALE|"name": "Presale"')
    files = [path for path in (ROOT / "src").rglob("*.*") if path.suffix != ".pyc"]
    texts = [path.read_bytes().decode() for path in files if path.is_file()]
    lines = (allowed.sub("", line) for text in texts for line in text.splitlines())
    assert [line for line in lines if "presale" in line.lower()] == []


# The API, served


@pytest.fixture(scope="module")
def served(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Serve the example, on its sample data, by one command in its folder."""
    folder = tmp_path_factory.mktemp("keys")
    environ = {"PYTHONPATH": str(site)}
    with serving(folder, *OWN, environ=environ, cwd=PRESALE) as program:
        yield program


def posted(program: Program, query: str, sub: str, *groups: str) -> object:
    """Ask with a token of the development issuer."""
    wish = {"sub": sub, "groups": groups}
    token = httpx.post(f"{program.url}/dev/token", json=wish).json()["token"]
    response = program.post(query, {"authorization": token})
    assert response.status_code == 200
    return response.json()


def test_a_query_and_a_mutation_over_http(served: Program) -> None:
    """A fan asks; a member of the staff invites them; then the fan is in the first group."""
    before = posted(served, GROUP, "user789")
    invited = posted(served, INVITE, "staff1", "fans", "staff")
    again = posted(served, INVITE, "staff2", "staff")
    after = posted(served, GROUP, "user789")

    def group(tier: str, reason: str) -> object:
        found = {"campaignId": "autumn", "group": tier, "reasons": [reason]}
        return {"data": {"api": {"presaleGroup": found}}}

    by_staff = {"data": {"presaleInvite": {**INVITATION, "invitedBy": "staff1"}}}
    assert (before, invited, again, after) == (
        group("SECOND", "PARTNER_CARD"),
        by_staff,
        by_staff,
        group("FIRST", "INVITED"),
    )


@pytest.mark.parametrize("groups", [(), ("fans",), ("Staff",)])
def test_nobody_else_invites(served: Program, groups: tuple[str, ...]) -> None:
    """A user who is not of the staff is refused with 403."""
    refused = posted(served, INVITE, "user123", *groups)
    assert isinstance(refused, dict)
    assert refused["data"] is None
    assert [
        (error["errorType"], error["errorInfo"], error["path"]) for error in refused["errors"]
    ] == [("403", {"code": "NOT_ALLOWED"}, ["presaleInvite"])]


def test_a_key_is_no_user(served: Program) -> None:
    """An API key is refused by both fields with 401."""
    key = {"x-api-key": served.found(r"API key: (\S+)")}
    answers = [served.post(query, key).json() for query in (GROUP, INVITE)]
    assert [each["errors"][0]["errorType"] for each in answers] == ["401", "401"]


def test_fields_of_fanscore_go_on(served: Program) -> None:
    """What fanscore answers by itself is answered beside the own fields, in one request."""
    query = """{ api {
      campaign(campaignId: "camp1") { name }
      accountFanscore(globalUserId: "user123", eventId: "evt456") { score }
    } }"""
    assert posted(served, query, "user123") == {
        "data": {"api": {"campaign": {"name": "The Great Show"}, "accountFanscore": {"score": 89}}}
    }


# The command


def test_invoke(site: Path) -> None:
    """An event on standard input is answered by the own API; without it, there is no such field."""
    event = unchecked_event("VFApi.presaleGroup", {"campaignId": "camp789"}, user("user456"))
    given = json.dumps({**event, "envelope": True})
    status, out, said = program(site, "invoke", "-", *OWN, given=given)
    assert (status, said) == (0, "")
    assert json.loads(out) == {
        "data": {"campaignId": "camp789", "group": "FIRST", "reasons": ["INVITED"]}
    }
    by_setting = program(site, "invoke", "-", given=given, environ={"FANSCORE_API": NAMED})
    assert by_setting == (0, out, "")
    status, out, _ = program(site, "invoke", "-", given=given)
    assert (status, json.loads(out)["error"]["errorType"]) == (1, "400")


def explained(site: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> object:
    """Explain a score, and return it with the reasons' codes and points."""
    command = ("explain", "user123", "--event", "evt456", "--json")
    status, out, said = program(site, *command, *arguments, environ=environ)
    assert (status, said) == (0, "")
    score = json.loads(out)["score"]
    return score["score"], [(each["code"], each["points"]) for each in score["reasons"]]


OURS = [("ACCOUNT_SCORE", 75), ("ARM_LOW_RISK", 5), ("EVENT_DEMAND", 4), ("MODEL_LIKELY_HUMAN", 3)]
POINTS = ("LOYALTY_MANY_POINTS", 2)


def test_explain(site: Path) -> None:
    """The own signal is explained like ours; without the API, a score is as before."""
    assert explained(site, *OWN) == (89, [*OURS, POINTS])
    assert explained(site) == (87, OURS)
    outage = explained(site, *OWN, "--outage", "arm_scoring")
    assert outage == (84, [OURS[0], ("ARM_UNAVAILABLE", 0), *OURS[2:], POINTS])


def test_policy_files(site: Path, tmp_path: Path) -> None:
    """A policy of before stays valid; one that says what the own signal is worth is gone by."""
    before, own = tmp_path / "before.json", tmp_path / "own.json"
    before.write_text(program(site, "policy", "show")[1])
    status, text, _ = program(site, "policy", "show", *OWN)
    document = json.loads(text)
    loyalty = document.pop("loyalty")
    assert (status, document, loyalty) == (
        0,
        json.loads(before.read_text()),
        {
            "unavailable": 0,
            "bands": [
                {"below": 1000, "points": 0, "code": "LOYALTY_FEW_POINTS"},
                {"points": 2, "code": "LOYALTY_MANY_POINTS"},
            ],
        },
    )
    own.write_text(text.replace('"points": 2', '"points": 7'))
    old, new = ({"FANSCORE_POLICY": str(path)} for path in (before, own))
    assert explained(site, *OWN, environ=old) == (89, [*OURS, POINTS])
    assert explained(site, *OWN, environ=new) == (94, [*OURS, ("LOYALTY_MANY_POINTS", 7)])
    said = f"fanscore: FANSCORE_POLICY: {own}: policy: unknown key 'loyalty'\n"
    assert program(site, "explain", "user123", environ=new) == (2, "", said)


def test_erasing_a_fan(site: Path, tmp_path: Path) -> None:
    """With the API, a fan's items in its table go; without, they stay, and the command says so."""
    database = ("--db", str(tmp_path / "fans.db"))
    assert program(site, "sample", database[1], *OWN)[0] == 0
    found, erased = "presale_table\tother\t2\n", "2 erased, 0 left\n"
    unknown = "Not looked into: presale_table, of another API; name that with --api\n"
    command = ("erase", "user456", "--yes", *database)
    assert program(site, *command) == (0, "", "0 erased, 0 left\n" + unknown)
    assert program(site, *command, *OWN) == (0, found, erased)
    assert program(site, *command, *OWN) == (0, "", "0 erased, 0 left\n")
    assert explained(site, *OWN, *database) == (89, [*OURS, POINTS])  # another fan's stay
