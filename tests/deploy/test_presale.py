"""The example, deployed: its wheel in the package, its table, function and partner behind it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import attrs
import pytest

from deploy.package import SOURCES, WHEELS, package
from fanscore_adapters import Sample
from fanscore_adapters.embedded.stand_ins import Case
from fanscore_appsync.testing import service, unchecked_event, user
from tests.aws.functions import create_running_proxies, invoke
from tests.aws.tables import AwsTables
from tests.deploy.deployed import ROOT, Deployed, Fan, Response, deployed, sample_of
from tests.e2e.wheels import PRESALE, build_wheel

TABLE = "presale_table"
API = "presale.api:PRESALE"
GROUP = '{ api { presaleGroup(campaignId: "autumn") { campaignId group reasons } } }'
INVITE = """mutation Invite($fan: ID!) {
  presaleInvite(input: {campaignId: "autumn", globalUserId: $fan}) { globalUserId invitedBy }
}"""
CARDS = frozenset({"/cards/card-fan"})


@attrs.frozen
class Run:
    """The example's stack, with data in it.

    Attributes:
        stack: the stack.
        table: the one of its own.
        fan: who is logged in, and has points and shows.
        staff: who is logged in, and may invite.
    """

    stack: Deployed
    table: AwsTables
    fan: Fan
    staff: Fan

    def resolve(
        self, field: str, arguments: Mapping[str, object], identity: Mapping[str, object] | None
    ) -> object:
        """Call the resolver function as AppSync does for a response handler."""
        event = {**unchecked_event(field, arguments, identity), "envelope": True}
        answer = invoke(self.stack.aws, self.stack.outputs["ResolverName"], event)
        assert answer.error is None
        return answer.payload

    def group_of(self, fan: str) -> object:
        """Ask for a fan's group, as the fan."""
        return self.resolve("VFApi.presaleGroup", {"campaignId": "autumn"}, user(fan))

    def items_of(self, fan: str) -> Sequence[object]:
        """Return what lies in the table about a fan, by sort key."""
        return [item["SK"] for item in self.table.stored(TABLE) if item["PK"] == f"fan:{fan}"]


class _Partner(BaseHTTPRequestHandler):
    """Who has the partner's card."""

    def do_GET(self) -> None:
        """Answer as the partner does."""
        body = b'{"active": true}' if self.path in CARDS else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def partner() -> Iterator[str]:
    """Serve the partner's system; return where."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Partner) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def run(partner: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Deploy the example by the commands of docs/how-to/deploy.md, and load what it knows."""
    folder = tmp_path_factory.mktemp("presale")
    template, zipped = folder / "presale.yaml", folder / "presale.zip"
    zipped.write_bytes(package(SOURCES, WHEELS / "x86_64", [build_wheel(PRESALE, folder)]).content)
    subprocess.run(
        [
            *(sys.executable, "-m", "deploy.resolvers"),
            *("--api", API, "--setting", "PRESALE_PARTNER_URL", "--output", str(template)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(PRESALE)},
        check=True,
    )
    own = {"ValueOfPresalePartnerUrl": partner}
    with deployed(zipped, folder, template=template, own=own) as stack:
        fan = stack.log_in()
        stack.load(sample_of(fan))
        shows = [
            Case("attended", {"globalUserId": name}, {"data": {"shows": 5}})
            for name in (fan.id, "card-fan")
        ]
        nobody = Case("attended", {}, {"data": {"shows": 0}})
        create_running_proxies(stack.aws, Sample({}, {"crm_proxy": [*shows, nobody]}))
        table = AwsTables(stack.aws, names={TABLE: stack.outputs["NameOfPresaleTable"]})
        points = {"PK": f"fan:{fan.id}", "SK": "loyalty", "points": 1200}
        table.load({TABLE: [points]})
        yield Run(stack, table, fan, stack.log_in("staff"))


def data(response: Response) -> object:
    """Return the data of an answer without errors."""
    assert response.document.keys() == {"data"}
    return response.document["data"]


def test_a_fan_asks_over_http(run: Run) -> None:
    """With a token of the user pool, a fan learns their group from the table and the function."""
    found = {"campaignId": "autumn", "group": "FIRST", "reasons": ["LOYAL", "SHOWS_ATTENDED"]}
    answer = run.stack.ask_as(run.fan, GROUP)
    assert data(answer) == {"api": {"presaleGroup": found}}


def test_the_partner_is_asked(run: Run) -> None:
    """The adapter that was written by hand asks the URL that the parameter gives."""
    found = {
        "campaignId": "autumn",
        "group": "FIRST",
        "reasons": ["SHOWS_ATTENDED", "PARTNER_CARD"],
    }
    assert run.group_of("card-fan") == {"data": found}
    none = {"campaignId": "autumn", "group": "GENERAL", "reasons": []}
    assert run.group_of("nobody") == {"data": none}


def test_the_own_signal_is_worth_points(run: Run) -> None:
    """The score that the stack gives has the points for loyalty."""
    score = '{ api { accountFanscore(globalUserId: "%s", eventId: "evt456") { score } } }'
    answer = run.stack.ask_as(run.fan, score % run.fan.id)
    assert data(answer) == {"api": {"accountFanscore": {"score": 89}}}


def test_the_staff_invites(run: Run) -> None:
    """A member of the group invites a fan once, who then is in the first group."""
    invitation = {"campaignId": "autumn", "globalUserId": "guest"}
    answers = [
        run.resolve("Mutation.presaleInvite", {"input": invitation}, user(staff, ["staff"]))
        for staff in ("staff1", "staff2")
    ]
    assert answers == [{"data": {**invitation, "invitedBy": "staff1"}}] * 2
    assert run.items_of("guest") == ["invitation#autumn"]
    found = {"campaignId": "autumn", "group": "FIRST", "reasons": ["INVITED"]}
    assert run.group_of("guest") == {"data": found}


def test_the_group_of_a_token_counts(run: Run) -> None:
    """Over HTTP, whose token names the group may invite, and whose does not is refused."""
    invited = run.stack.ask_as(run.staff, INVITE, {"fan": "guest-2"})
    by_staff = {"globalUserId": "guest-2", "invitedBy": run.staff.id}
    assert data(invited) == {"presaleInvite": by_staff}
    refused = run.stack.ask_as(run.fan, INVITE, {"fan": "guest-3"})
    (error,) = json.loads(json.dumps(refused.document["errors"]))
    assert (refused.document["data"], error["errorType"]) == (None, "403")
    assert run.items_of("guest-3") == []


@pytest.mark.parametrize(
    ("identity", "status"),
    [(user("fan1"), "403"), (user("fan1", ["fans"]), "403"), (service(), "401"), (None, "401")],
)
def test_nobody_else_invites(run: Run, identity: Mapping[str, object] | None, status: str) -> None:
    """Another user is refused with 403, whoever is no user with 401; nothing is written."""
    given = {"input": {"campaignId": "autumn", "globalUserId": "guest-4"}}
    answer = run.resolve("Mutation.presaleInvite", given, identity)
    assert isinstance(answer, dict)
    assert answer["error"]["errorType"] == status
    assert run.items_of("guest-4") == []


def test_the_role_allows_what_was_declared(run: Run) -> None:
    """The role may look up and put items of the table, and call the function; nothing else."""
    _, document = policy(run)
    arn = run.stack.aws.client("dynamodb").describe_table(TableName=run.table.name(TABLE))
    own = {
        each["Sid"]: (each["Action"], each["Resource"])
        for each in document["Statement"]
        if each.get("Sid") in {"UsePresaleTable", "AskCrmProxy"}
    }
    function = run.stack.aws.client("lambda").get_function_configuration(FunctionName="crm_proxy")
    assert own == {
        "UsePresaleTable": (
            ["dynamodb:BatchGetItem", "dynamodb:PutItem"],
            arn["Table"]["TableArn"],
        ),
        "AskCrmProxy": ("lambda:InvokeFunction", function["FunctionArn"]),
    }


@pytest.mark.parametrize(
    ("missing", "group", "reasons"),
    [("AskCrmProxy", "SECOND", ["LOYAL"]), ("UsePresaleTable", None, None)],
)
def test_without_its_statement_nothing_is_reached(
    run: Run, missing: str, group: str | None, reasons: Sequence[str] | None
) -> None:
    """The emulator enforces the role: each statement is needed for what it is about."""
    name, document = policy(run)
    left = [each for each in document["Statement"] if each.get("Sid") != missing]
    put_policy(run, name, {**document, "Statement": left})
    answer = run.group_of(run.fan.id)
    put_policy(run, name, document)
    assert isinstance(answer, dict)
    if group is None:
        assert answer["error"]["errorType"] == "503"
    else:
        assert answer == {"data": {"campaignId": "autumn", "group": group, "reasons": reasons}}
    both = ["LOYAL", "SHOWS_ATTENDED"]
    found = {"campaignId": "autumn", "group": "FIRST", "reasons": both}
    assert run.group_of(run.fan.id) == {"data": found}


def policy(run: Run) -> tuple[str, Mapping[str, Sequence[Mapping[str, object]]]]:
    """Return the name of the policy of the resolver's role, and what it allows."""
    iam, role = run.stack.aws.client("iam"), run.stack.outputs["ResolverRoleName"]
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return name, iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


def put_policy(run: Run, name: str, document: Mapping[str, object]) -> None:
    """Let the resolver's role do what a document allows."""
    run.stack.aws.client("iam").put_role_policy(
        RoleName=run.stack.outputs["ResolverRoleName"],
        PolicyName=name,
        PolicyDocument=json.dumps(document),
    )
