from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

import attrs
import pytest
from botocore.exceptions import ClientError

from deploy.__main__ import OURS, TEMPLATE, main
from deploy.package import SOURCES, WHEELS, Package, package
from deploy.stack import DeploymentFailedError
from fanscore_adapters.documents.policy import policy_text
from fanscore_adapters.items.operations import Item
from fanscore_appsync.api import API
from fanscore_appsync.fields import FIELDS, NAMESPACES
from fanscore_appsync.resolvers.cloudformation import template as cloudformation_template
from fanscore_appsync.testing import appsync_event, service, user
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.systems import DEMAND, FAN_IDENTITY, VERIFICATION
from tests.aws.functions import Answer, create_function, invoke
from tests.aws.parties import LNAA_TOKEN
from tests.aws.waiting import wait_for
from tests.deploy.deployed import (
    BUCKET,
    FINISHED,
    POLL_S,
    STACK,
    Deployed,
    Fan,
    Response,
    deployed,
    outputs,
    sample_of,
    transformed,
)
from tests.deploy.local import story
from tests.deploy.own_api import write_template, write_wheel
from tests.event_ids import entry_id

SCORE = """query Score($fan: ID!) {
  api {
    accountFanscore(globalUserId: $fan, eventId: "evt456") {
      score rawScore degraded boosts { arm event model }
    }
  }
}"""
POLICY = """query Policy($fan: ID!) {
  api { accountFanscore(globalUserId: $fan) { policyVersion } }
}"""
EXAMPLE = {
    "score": 87,
    "rawScore": 75,
    "degraded": [],
    "boosts": {"arm": 5, "event": 4, "model": 3},
}
NO_LAYER = "ScorePolicyLayer=arn:aws:lambda:eu-west-1:000000000000:layer:none:1"
BROUGHT = (
    "FanIdentityTableName",
    "AccountFanscoreTableName",
    "VerificationTableName",
    "DemandTableName",
    "EventBusName",
    "UserPoolId",
)
FUNCTIONS = (
    "ResolverName",
    "IdvCheckLivenessName",
    "EntryConsumerName",
    "ProfileConsumerName",
    "NotificationConsumerName",
    "SyncConsumerName",
)


@attrs.frozen
class Run:
    """A stack with data in it, and how it came there.

    Attributes:
        stack: the stack.
        fan: who is logged in, and has the place of ``user123`` in the sample.
        files: the options that name package, bucket and template.
    """

    stack: Deployed
    fan: Fan
    files: Sequence[str]

    def command(self, name: str, stack: str, *given: str) -> Sequence[str]:
        """Give the lines that the command writes."""
        return list(main([name, stack, *given, *self.files], self.stack.aws.connect, POLL_S))


@pytest.fixture(scope="module")
def run(made: Package, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Deploy the package of this tree, with the sample's data."""
    folder = tmp_path_factory.mktemp("deployed")
    package = folder / "fanscore.zip"
    package.write_bytes(made.content)
    with deployed(package, folder) as stack:
        fan = stack.log_in()
        stack.load(sample_of(fan))
        yield Run(stack, fan, _files(package, folder))


def _files(package: Path, folder: Path) -> Sequence[str]:
    return (
        f"--bucket={BUCKET}",
        f"--package={package}",
        f"--template={folder / 'template.json'}",
    )


def of_fan(items: Sequence[Item], fan: Fan) -> Sequence[Item]:
    """Give the items of a fan."""
    return [item for item in items if item["PK"] == f"fan:{fan.id}"]


def data(response: Response) -> object:
    """Give the data of an answer without errors."""
    assert response.status == HTTPStatus.OK
    assert response.document.keys() == {"data"}
    return response.document["data"]


def errors(response: Response) -> Sequence[tuple[object, object, object]]:
    """Give the path, type and message of each error."""
    found = response.document["errors"]
    assert isinstance(found, list)
    return [(error.get("path"), error["errorType"], error["message"]) for error in found]


def test_the_functions_run_the_package(run: Run, made: Package) -> None:
    """Every function of the stack has exactly the bytes of the package."""
    lambdas = run.stack.aws.client("lambda")
    digests = {
        lambdas.get_function_configuration(FunctionName=run.stack.outputs[name])["CodeSha256"]
        for name in FUNCTIONS
    }
    assert digests == {base64.b64encode(hashlib.sha256(made.content).digest()).decode()}


def test_a_fan_asks_for_their_score(run: Run) -> None:
    """Over HTTP, with a token of the user pool, the example of the user's document comes out."""
    answer = run.stack.ask_as(run.fan, SCORE, {"fan": run.fan.id})
    assert data(answer) == {"api": {"accountFanscore": EXAMPLE}}


def test_another_fan_is_refused(run: Run) -> None:
    """The response handler gives an error its path, errorType and message."""
    answer = run.stack.ask_as(run.fan, SCORE, {"fan": "top-fan"})
    path = ["api", "accountFanscore"]
    assert answer.document["data"] == {"api": {"accountFanscore": None}}
    assert errors(answer) == [(path, "403", "Only the owner may ask for this")]


def test_the_resolver_function_says_what_kind_of_error_it_is(run: Run) -> None:
    """The envelope that the response handler gets has the code, which the emulator drops."""
    asked = appsync_event(
        "VFApi.accountFanscore", {"globalUserId": "top-fan"}, user(run.fan.id), envelope=True
    )
    assert invoke(run.stack.aws, run.stack.outputs["ResolverName"], asked) == Answer(
        {
            "error": {
                "message": "Only the owner may ask for this",
                "errorType": "403",
                "data": None,
                "errorInfo": {"code": "NOT_OWNER"},
            }
        },
        None,
    )


def test_a_service_asks_the_resolver_function(run: Run) -> None:
    """A trusted caller asks for any fan; the emulator's AppSync knows no IAM callers."""
    asked = appsync_event(
        "VFApi.accountFanscore",
        {"globalUserId": run.fan.id, "eventId": "evt456"},
        service(),
        envelope=True,
    )
    match invoke(run.stack.aws, run.stack.outputs["ResolverName"], asked):
        case Answer({"data": {"score": score, "degraded": degraded}}, None):
            assert (score, degraded) == (87, [])
        case answer:
            raise AssertionError(answer)


def test_an_api_key_opens_what_is_public(run: Run) -> None:
    """With the key that the stack made, campaigns and shows can be seen; scores cannot."""
    key = {"x-api-key": run.stack.api_key}
    public = """{
      api { campaign(campaignId: "camp1") { name status } }
      demand { eventDetails(eventId: "disco456") { name sales { id } } }
    }"""
    assert data(run.stack.ask(public, key)) == {
        "api": {"campaign": {"name": "The Great Show", "status": "OPEN"}},
        "demand": {
            "eventDetails": {
                "name": "The Great Show",
                "sales": [{"id": "sale789"}, {"id": "sale790"}],
            }
        },
    }
    refused = run.stack.ask(SCORE, key, {"fan": run.fan.id})
    assert errors(refused) == [(["api", "accountFanscore"], "401", "User not logged in")]


def test_nobody_gets_in_without_credentials(run: Run) -> None:
    """A request with no token and no key is refused before any function is called."""
    answer = run.stack.ask(SCORE, {}, {"fan": run.fan.id})
    assert answer.status == HTTPStatus.UNAUTHORIZED
    assert [kind for _, kind, _ in errors(answer)] == ["UnauthorizedException"]


def test_demand_is_saved_once(run: Run) -> None:
    """A record is saved, read back with its show, and not written again by a retry."""
    save = """mutation {
      demandRecordSave(input: {eventId: "evt123", saleId: "sale456", requestId: "save-1"}) {
        status record { eventId saleId email version event { name } }
      }
    }"""
    record = {
        "eventId": "evt123",
        "saleId": "sale456",
        "email": "fan@example.com",
        "version": 1,
        "event": {"name": "The Small Show"},
    }
    expected = {"demandRecordSave": {"status": "SUCCESS", "record": record}}
    assert [data(run.stack.ask_as(run.fan, save)) for _ in range(2)] == [expected] * 2
    stored = of_fan(run.stack.tables.stored(DEMAND), run.fan)
    assert [item["version"] for item in stored if item.get("saleId") == "sale456"] == [1]


def test_records_are_listed_with_their_shows(run: Run) -> None:
    """A field that is batched answers for each record."""
    records = '{ demand { records(eventId: "disco456") { items { saleId event { name } } } } }'
    assert data(run.stack.ask_as(run.fan, records)) == {
        "demand": {
            "records": {"items": [{"saleId": "sale789", "event": {"name": "The Great Show"}}]}
        }
    }


def test_a_session_is_started_and_seen_through(run: Run) -> None:
    """The resolver calls the identity verification function, which asks Rekognition."""
    started = data(run.stack.ask_as(run.fan, "mutation { checkLiveness { sessionId status } }"))
    match started:
        case {"checkLiveness": {"sessionId": str(session), "status": "CREATED"}}:
            asked = f'{{ api {{ livenessSession(sessionId: "{session}") {{ status }} }} }}'
        case _:
            raise AssertionError(started)
    finished = data(run.stack.ask_as(run.fan, asked))
    assert finished == {"api": {"livenessSession": {"status": "SUCCEEDED"}}}
    stored = of_fan(run.stack.tables.stored(VERIFICATION), run.fan)
    assert [item.get("status") for item in stored if item["SK"] == f"liveness#{session}"] == [
        "SUCCEEDED"
    ]


def test_the_token_for_lnaa_comes_from_the_secret(run: Run) -> None:
    """A fan becomes a member: LNAA takes no other token than the one in Secrets Manager."""
    assert LNAA_TOKEN not in TEMPLATE.read_text(encoding="utf-8")
    activated = run.stack.ask_as(run.fan, "mutation { lnaaActivate { isMember tier } }")
    assert data(activated) == {"lnaaActivate": {"isMember": True, "tier": "STANDARD"}}


def test_an_entry_reaches_the_consumers(run: Run) -> None:
    """What a fan enters goes over the bus to all four, each of which does its part once."""
    enter = """mutation {
      upsertEntry(
        input: {campaignId: "camp1", phoneNumber: "+442071838750", requestId: "enter-1"}
      ) { status eventId }
    }"""
    event_id = entry_id(run.fan.id, "enter-1", phoneNumber="+442071838750")
    accepted = {"upsertEntry": {"status": "ACCEPTED", "eventId": event_id}}
    assert data(run.stack.ask_as(run.fan, enter)) == accepted
    wait_for(lambda: run.stack.marks(event_id) == FINISHED)
    assert run.stack.posts(event_id) == ["/notification", "/sync"]
    [profile] = [
        item
        for item in of_fan(run.stack.tables.stored(FAN_IDENTITY), run.fan)
        if item["SK"] == "identity"
    ]
    assert (profile["phoneNumber"], profile["memberId"]) == ("+442071838750", "member123")
    wait_for(
        lambda: (
            [
                (item["phoneNumber"], item["version"])
                for item in of_fan(run.stack.tables.stored(DEMAND), run.fan)
                if item["SK"] == "entry#camp1"
            ]
            == [("+442071838750", 1)]
        )
    )


def test_an_event_that_nobody_can_take_is_kept(run: Run) -> None:
    """After its retries an event lies in the consumer's queue, with the reason."""
    event = {"source": "fanscore", "detail-type": "user.upsert", "detail": {"id": "malformed"}}
    run.stack.aws.client("lambda").invoke(
        FunctionName=run.stack.outputs["SyncConsumerName"],
        InvocationType="Event",
        Payload=json.dumps(event).encode(),
    )
    [kept] = wait_for(lambda: _dead_letters(run.stack, "SyncDeadLettersUrl"))
    match kept:
        case {"requestPayload": payload, "requestContext": {"condition": condition}}:
            assert (payload, condition) == (event, "RetriesExhausted")
        case _:
            raise AssertionError(kept)


def test_a_function_can_do_what_its_role_allows_and_no_more(run: Run) -> None:
    """The emulator enforces the roles: without its policy, a function reaches nothing."""
    iam, idv = run.stack.aws.client("iam"), run.stack.outputs["IdvCheckLivenessName"]
    function = run.stack.aws.client("lambda").get_function_configuration(FunctionName=idv)
    role = function["Role"].rpartition("/")[2]
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    arguments = {"globalUserId": "idv-fan", "token": "idv-token"}
    call = {"operation": "startSession", "arguments": arguments}
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    without = invoke(run.stack.aws, idv, call)
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    again = invoke(run.stack.aws, idv, call)
    assert [_code(without), _code(again)] == [503, None]


def test_a_preview_changes_nothing(run: Run) -> None:
    """A preview names what would change; other parameters stay as they were."""
    before = parameters(run, STACK)
    [line] = run.command("preview", STACK, "LatencyAlarm=2999")
    assert line.split()[:3] == ["Modify", "AWS::CloudWatch::Alarm", "LatencyP99Alarm"]
    assert parameters(run, STACK) == before
    assert run.command("preview", STACK) == ["Nothing changes."]


def test_a_preview_of_what_is_not_there_leaves_nothing(run: Run) -> None:
    """Looking at what a new stack would have makes no stack."""
    preview = run.command("preview", "other", *given(parameters(run, STACK)))
    assert {line.split()[0] for line in preview} == {"Add"}
    assert "other" not in stacks(run)


def test_a_mistake_is_told(run: Run) -> None:
    """A parameter that the template does not have is refused by its name."""
    with pytest.raises(DeploymentFailedError, match="has no parameter LatencyAlarms"):
        run.command("preview", STACK, "LatencyAlarms=1")


def test_a_change_is_made(run: Run) -> None:
    """What is given changes; what is not given stays."""
    before = parameters(run, STACK)
    change, *outputs = run.command("apply", STACK, "LatencyAlarm=2500")
    assert change.split()[:3] == ["Modify", "AWS::CloudWatch::Alarm", "LatencyP99Alarm"]
    assert outputs == [f"{name}: {value}" for name, value in sorted(run.stack.outputs.items())]
    assert parameters(run, STACK) == {**before, "LatencyAlarm": "2500"}


def test_a_change_that_fails_is_undone(run: Run) -> None:
    """The reason is told by resource, and the stack is as it was."""
    before = parameters(run, STACK)
    with pytest.raises(DeploymentFailedError, match=r"^Resolver: .*layer"):
        run.command("apply", STACK, NO_LAYER)
    assert parameters(run, STACK) == before
    answer = run.stack.ask_as(run.fan, SCORE, {"fan": run.fan.id})
    assert data(answer) == {"api": {"accountFanscore": EXAMPLE}}


def test_a_stack_that_could_not_be_made_can_be_made_again(run: Run) -> None:
    """What a failed first deployment left does not stand in the way of the second."""
    asked = given(parameters(run, STACK))
    with pytest.raises(DeploymentFailedError, match=r"^Resolver: .*layer"):
        run.command("apply", "again", *asked, NO_LAYER)
    run.command("apply", "again", *asked)
    assert "again" in stacks(run)


def test_what_exists_can_be_brought(run: Run) -> None:
    """A stack uses the tables, the pool and the bus that it is given, and makes none."""
    brought = [f"{name}={run.stack.outputs[name]}" for name in BROUGHT]
    asked = given(parameters(run, STACK))
    run.command("apply", "guest", *asked, *brought, "ResponseHandler=false")
    assert remains(run, "guest") == {"apis": 1, "functions": 6, "queues": 4}
    guest = attrs.evolve(run.stack, outputs=outputs(run.stack.aws, "guest"))
    answer = guest.ask_as(run.fan, SCORE, {"fan": run.fan.id})
    assert data(answer) == {"api": {"accountFanscore": EXAMPLE}}


def test_a_new_policy_decides_from_a_snapshot(run: Run, tmp_path: Path) -> None:
    """With SnapStart, the policy that was given last decides, from the one version that there is.

    The template's comparison is left out: ministack joins no texts in conditions.
    """
    template = json.loads((Path(run.files[-1].partition("=")[2])).read_text("utf-8"))
    template["Conditions"]["StartsFromSnapshot"] = {"Fn::Equals": [{"Ref": "SnapStart"}, "true"]}
    (tmp_path / "template.json").write_text(json.dumps(template), "utf-8")
    snapped = attrs.evolve(run, files=[*run.files[:-1], f"--template={tmp_path}/template.json"])
    files = {name: tmp_path / f"{name}.json" for name in ("first", "second")}
    for name, path in files.items():
        path.write_text(policy_text(attrs.evolve(DEFAULT_POLICY, version=name)), "utf-8")
    brought = [f"{name}={run.stack.outputs[name]}" for name in BROUGHT]
    asked = [*given(parameters(run, STACK)), *brought, "ResponseHandler=false", "SnapStart=true"]

    snapped.command("apply", "snapped", *asked, f"ScorePolicyFile={files['first']}")
    assert _deciding(run, "snapped") == ("first", ["$LATEST", "1"], "1")
    snapped.command("apply", "snapped", f"ScorePolicyFile={files['second']}")
    assert _deciding(run, "snapped") == ("second", ["$LATEST", "2"], "2")
    assert snapped.command("apply", "snapped")[0] == "Nothing changes."
    with pytest.raises((DeploymentFailedError, ClientError), match=r"Python 3\.12 and newer"):
        snapped.command("apply", "snapped", "Runtime=python3.11")
    snapped.command("apply", "snapped", f"ScorePolicyFile={files['first']}", "SnapStart=false")
    assert _deciding(run, "snapped") == ("first", ["$LATEST"], "$LATEST")
    snapped.command("apply", "snapped", "SnapStart=true")
    assert _deciding(run, "snapped") == ("first", ["$LATEST", "3"], "3")


def _deciding(run: Run, stack: str) -> tuple[object, Sequence[str], str]:
    """Give the version of the policy that decides, the function's versions, and which answers."""
    found = outputs(run.stack.aws, stack)
    lambdas = run.stack.aws.client("lambda")
    resolver = found["ResolverName"]

    def active() -> Mapping[str, str]:
        configuration: Mapping[str, str] = lambdas.get_function_configuration(FunctionName=resolver)
        return configuration if configuration["State"] == "Active" else {}

    answers = wait_for(active)
    versions = lambdas.list_versions_by_function(FunctionName=answers["FunctionName"])["Versions"]
    score = attrs.evolve(run.stack, outputs=found).ask_as(run.fan, POLICY, {"fan": run.fan.id})
    match data(score):
        case {"api": {"accountFanscore": {"policyVersion": policy}}}:
            return policy, [each["Version"] for each in versions], answers["Version"]
        case other:
            raise AssertionError(other)


def test_an_api_of_ones_own_reaches_what_is_its_own(run: Run, tmp_path: Path) -> None:
    """Its wheel runs in the resolver, which finds its table, function and settings, and may use it.

    What stands in the place of the resolver's handler is a handler of the wheel.
    """
    crm = {"proxy.py": "def handler(event, context):\n    return 'asked'\n"}
    create_function(run.stack.aws, "crm_proxy", "proxy.handler", crm)
    zipped = package(SOURCES, WHEELS / "x86_64", [write_wheel(tmp_path)])
    (tmp_path / "presale.zip").write_bytes(zipped.content)
    transformed(tmp_path, write_template(tmp_path))
    own = attrs.evolve(run, files=_files(tmp_path / "presale.zip", tmp_path))
    asked = given(parameters(run, STACK))
    own.command("apply", "own", *asked, "ValueOfPartnerUrl=https://partner.example")
    resolver = outputs(run.stack.aws, "own")["ResolverName"]
    run.stack.aws.client("lambda").update_function_configuration(
        FunctionName=resolver, Handler="presale.probe.handler"
    )
    assert invoke(run.stack.aws, resolver, {}) == Answer(
        {
            "points": "7",
            "deletion": "AccessDeniedException",
            "crm": '"asked"',
            "api": "presale.api:PRESALE",
            "partner": "https://partner.example",
        },
        None,
    )


def test_the_nested_template_makes_the_resolvers_of_another_api(run: Run) -> None:
    """An API that was made by hand gets its resolvers from what ``fanscore resolvers`` prints."""
    appsync = run.stack.aws.client("appsync")
    ours = {"apiId": run.stack.outputs["ApiId"], "name": "resolver"}
    source = appsync.get_data_source(**ours)["dataSource"]
    api = appsync.create_graphql_api(name="by-hand", authenticationType="API_KEY")["graphqlApi"]
    key = appsync.create_api_key(apiId=api["apiId"])["apiKey"]["id"]
    appsync.start_schema_creation(apiId=api["apiId"], definition=API.sdl().encode())
    appsync.create_data_source(apiId=api["apiId"], name="nothing", type="NONE")
    appsync.create_data_source(
        apiId=api["apiId"],
        name="fanscore",
        type="AWS_LAMBDA",
        serviceRoleArn=source["serviceRoleArn"],
        lambdaConfig=source["lambdaConfig"],
    )
    cloudformation = run.stack.aws.client("cloudformation")
    named = {
        "ApiId": api["apiId"],
        "ResolverDataSource": "fanscore",
        "NamespaceDataSource": "nothing",
    }
    cloudformation.create_stack(
        StackName="by-hand",
        TemplateBody=cloudformation_template(FIELDS, NAMESPACES),
        Parameters=[{"ParameterKey": each, "ParameterValue": named[each]} for each in named],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="by-hand", WaiterConfig={"Delay": POLL_S, "MaxAttempts": 600}
    )
    by_hand = attrs.evolve(run.stack, outputs={"ApiUrl": api["uris"]["GRAPHQL"]})
    public = '{ api { campaign(campaignId: "camp1") { name } } }'
    assert data(by_hand.ask(public, {"x-api-key": key})) == {
        "api": {"campaign": {"name": "The Great Show"}}
    }


def test_what_is_taken_down_keeps_its_data(run: Run) -> None:
    """A stack that is deleted leaves its tables and its user pool, and nothing else."""
    run.command("apply", "gone", *given(parameters(run, STACK)))
    made = remains(run, "gone")
    run.command("delete", "gone")
    assert "gone" not in stacks(run)
    assert made.keys() == {"apis", "buses", "functions", "pools", "queues", "tables"}
    kept = {kind: count for kind, count in made.items() if kind in ("tables", "pools")}
    assert remains(run, "gone") == kept == {"tables": 4, "pools": 1}


def test_make_deploy_local_tells_what_happens(made: Package, tmp_path: Path) -> None:
    """``make deploy-local`` deploys, uses what is there, and takes it down again."""
    package = tmp_path / "fanscore.zip"
    package.write_bytes(made.content)
    *_, score, entry, consumers, last = story(package, tmp_path)
    assert "'score': 87" in score
    assert "'status': 'ACCEPTED'" in entry
    assert consumers.endswith("['/notification', '/sync']")
    assert last == "Taken down; nothing is kept."


def remains(run: Run, stack: str) -> Mapping[str, int]:
    """Count what there is of a stack, by kind."""
    client = run.stack.aws.client
    pools = client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    queues = client("sqs").list_queues().get("QueueUrls", ())
    found = {
        "apis": named(client("appsync").list_graphql_apis()["graphqlApis"], "name"),
        "buses": named(client("events").list_event_buses()["EventBuses"], "Name"),
        "functions": named(client("lambda").list_functions()["Functions"], "FunctionName"),
        "pools": named(pools, "Name"),
        "queues": [url.rpartition("/")[2] for url in queues],
        "tables": client("dynamodb").list_tables()["TableNames"],
    }
    counts = {
        kind: sum(name.partition("-")[0] == stack for name in names)
        for kind, names in found.items()
    }
    return {kind: count for kind, count in counts.items() if count}


def named(found: Sequence[Mapping[str, str]], name: str) -> Sequence[str]:
    """Give the names of what was found."""
    return [each[name] for each in found]


def parameters(run: Run, stack: str) -> Mapping[str, str]:
    """Give the parameters that a stack has."""
    [found] = run.stack.aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}


def stacks(run: Run) -> Sequence[str]:
    """Give the names of the stacks that are there."""
    found = run.stack.aws.client("cloudformation").describe_stacks()["Stacks"]
    return [each["StackName"] for each in found]


def given(parameters: Mapping[str, str]) -> Sequence[str]:
    """Write parameters as the command takes them, but for the package's."""
    return [f"{name}={value}" for name, value in parameters.items() if name not in OURS and value]


def _code(answer: Answer) -> int | None:
    match answer.payload:
        case {"error": {"code": int(code)}}:
            return code
        case _:
            return None


def _dead_letters(stack: Deployed, queue: str) -> Sequence[Mapping[str, object]]:
    found = stack.aws.client("sqs").receive_message(QueueUrl=stack.outputs[queue])
    return [json.loads(message["Body"]) for message in found.get("Messages", ())]
