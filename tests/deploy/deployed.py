"""The template, put on an emulator of AWS by the command that puts it on AWS.

ministack enforces IAM here: every function has what its role allows, and no more. What it lacks
stands behind the template's parameter ``Local``: the API's cache, the firewall's association, the
archive, the policy of the bus, and alarms that calculate.

What it has, and does otherwise than AWS:

- AppSync reads tokens and does not check them; it passes on no identity of an IAM caller, no
  selection set and no ``errorInfo``; it calls the function for each item of a batch.
- EventBridge delivers once. What is retried and kept in the end is an asynchronous invocation.
- The firewall counts nothing, alarms are not evaluated, and nothing expires by its TTL.
- Conditions know no ``Fn::Join``, so that no function starts from a snapshot.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from importlib import resources
from pathlib import Path
from time import time
from types import MappingProxyType
from urllib.parse import urlsplit
from uuid import uuid4

import attrs

from deploy.__main__ import TEMPLATE, main
from fanscore_adapters.documents.proxies import LNAA_CALLS
from fanscore_adapters.embedded.stand_ins import Sample, default_sample, parse_sample
from fanscore_core.consumer_mark import Consumer
from fanscore_core.systems import FAN_IDENTITY, TABLES
from tests.aws import ministack as emulator
from tests.aws.functions import ROLE, create_running_proxies, invoke
from tests.aws.ministack import ACCOUNT, HOST, REGION, SECRET, Ministack, ministack
from tests.aws.parties import LNAA_TOKEN, Parties, parties
from tests.aws.tables import AwsTables

ROOT = TEMPLATE.parents[1]
TRANSFORM = (ROOT / ".deploy/bin/python", Path(__file__).with_name("sam_transform.py"))

STACK = "fanscore-local"
BUCKET = "fanscore-packages"
KEY_LIFETIME_S = 86_400
POLL_S = 0.1

SERVICES = (
    *emulator.SERVICES,
    "appsync",
    "cloudformation",
    "cognito-idp",
    "iam",
    "logs",
    "monitoring",
    "s3",
    "secretsmanager",
    "stepfunctions",
    "sts",
    "wafv2",
)
ENVIRON = {
    "AUTH": "true",  # enforces IAM
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "SFN_WAIT_SCALE": "0",  # state machines try again at once
}

FINISHED = {
    f"consumer#{consumer.value}": "FINISHED"
    for consumer in Consumer
    if consumer is not Consumer.ENTRY  # whose merge needs no mark
}
"""The marks of an event that all consumers are done with."""

SAMPLE_FAN = "user123"
"""Whose place in the sample the fan takes who logs in: Cognito gives every fan an id of its own."""


@attrs.frozen
class Fan:
    """A fan who is logged in.

    Attributes:
        id: ``sub`` of the user pool.
        token: what their requests carry.
    """

    id: str
    token: str = attrs.field(repr=False)


@attrs.frozen
class Response:
    """What the API answered.

    Attributes:
        status: of HTTP.
        document: the body.
    """

    status: int
    document: Mapping[str, object]


@attrs.frozen
class Deployed:
    """The stack, and what stands around it.

    Attributes:
        aws: the emulator.
        parties: LNAA, the webhooks and Rekognition.
        outputs: of the stack, by name.
    """

    aws: Ministack
    parties: Parties
    outputs: Mapping[str, str]

    @property
    def tables(self) -> AwsTables:
        """The four tables."""
        return AwsTables(self.aws, names={table: self.outputs[_output(table)] for table in TABLES})

    @property
    def api_key(self) -> str:
        """The API key that the stack made."""
        appsync = self.aws.client("appsync")
        [key] = appsync.list_api_keys(apiId=self.outputs["ApiId"])["apiKeys"]
        found: str = key["id"]
        return found

    def marks(self, event_id: str) -> Mapping[object, object]:
        """Give how far each consumer is with an event."""
        stored = self.tables.stored(FAN_IDENTITY)
        return {item["SK"]: item["status"] for item in stored if item["PK"] == f"event:{event_id}"}

    def posts(self, event_id: str) -> Sequence[str]:
        """Give where an event was posted."""
        return sorted(
            post.path
            for post in self.parties.posts
            if isinstance(post.document, dict) and post.document["id"] == event_id
        )

    def load(self, sample: Sample) -> None:
        """Write a sample's items to the tables, and let the service functions answer from it."""
        self.tables.load(sample.tables)
        create_running_proxies(self.aws, sample)
        # The resolver waits ten seconds for it: on a busy machine, less than it takes to start.
        invoke(self.aws, self.outputs["IdvCheckLivenessName"], {"operation": "none"})

    def log_in(self, *groups: str) -> Fan:
        """Make a user in the pool, put them into groups, and log in with the pool's client."""
        cognito = self.aws.client("cognito-idp")
        pool = {"UserPoolId": self.outputs["UserPoolId"]}
        name, password = f"{uuid4()}@example.com", f"Aa1!{uuid4()}"
        made = cognito.admin_create_user(**pool, Username=name, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**pool, Username=name, Password=password, Permanent=True)
        for group in groups:
            cognito.create_group(**pool, GroupName=group)
            cognito.admin_add_user_to_group(**pool, Username=name, GroupName=group)
        logged_in = cognito.admin_initiate_auth(
            **pool,
            ClientId=self.outputs["UserPoolClientId"],
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
        attributes = {each["Name"]: each["Value"] for each in made["User"]["Attributes"]}
        return Fan(attributes["sub"], logged_in["AuthenticationResult"]["AccessToken"])

    def ask(
        self, query: str, headers: Mapping[str, str], variables: Mapping[str, object] | None = None
    ) -> Response:
        """Ask the deployed GraphQL API, under the address that the stack gives."""
        address = urlsplit(self.outputs["ApiUrl"])
        body = json.dumps({"query": query, "variables": variables or {}})
        with closing(HTTPConnection(HOST, self.aws.port, timeout=emulator.START_S)) as connection:
            connection.request(
                "POST",
                address.path,
                body,
                {"Host": address.netloc, "Content-Type": "application/json", **headers},
            )
            response = connection.getresponse()
            return Response(response.status, json.loads(response.read()))

    def ask_as(
        self, fan: Fan, query: str, variables: Mapping[str, object] | None = None
    ) -> Response:
        """Ask as a fan."""
        return self.ask(query, {"Authorization": fan.token}, variables)


@contextmanager
def deployed(
    package: Path,
    folder: Path,
    log_level: str = "ERROR",
    template: Path = TEMPLATE,
    own: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Deployed]:
    """Start the emulator, deploy a package to it, and take the stack down in the end.

    Args:
        package: the zip.
        folder: for what is made on the way.
        log_level: of ministack.
        template: what is deployed.
        own: parameters that it has beside those of fanscore's.

    Raises:
        FileNotFoundError: ``.ministack`` or ``.deploy`` is missing.
        DeploymentFailedError: the stack could not be made.
    """
    with (
        parties(default_sample()) as others,
        ministack(log_level, SERVICES, ENVIRON) as aws,
    ):
        aws.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        _make_role(aws)
        made = transformed(folder, template)
        where = [f"--bucket={BUCKET}", f"--template={made}", f"--package={package}"]
        given = [f"{name}={value}" for name, value in {**parameters(aws, others), **own}.items()]
        list(main(["apply", STACK, *given, *where], aws.connect, POLL_S))
        yield Deployed(aws, others, outputs(aws, STACK))
        list(main(["delete", STACK, *where], aws.connect, POLL_S))


def transformed(folder: Path, template: Path = TEMPLATE) -> Path:
    """Write a template as the SAM transform makes it, which ministack lacks."""
    path = folder / "template.json"
    with path.open("wb") as made:
        subprocess.run(
            (*TRANSFORM, template), stdout=made, check=True, env={"AWS_DEFAULT_REGION": REGION}
        )
    return path


def parameters(aws: Ministack, others: Parties) -> Mapping[str, str]:
    """Give the parameters of the template, for everything to be on loopback."""
    secret = aws.client("secretsmanager").create_secret(Name="lnaa", SecretString=LNAA_TOKEN)
    named = {_camel(service): _arn(service) for service in default_sample().services.keys() - _LNAA}
    return {
        "Local": "true",
        "FirstApiKeyExpires": str(int(time()) + KEY_LIFETIME_S),
        "LnaaUrl": others.environ["FANSCORE_LNAA_URL"],
        "LnaaTokenSecret": secret["ARN"],
        "NotificationUrl": others.environ["FANSCORE_NOTIFICATION_URL"],
        "SyncUrl": others.environ["FANSCORE_SYNC_URL"],
        "LocalRekognitionUrl": others.environ["AWS_ENDPOINT_URL_REKOGNITION"],
        **named,
    }


def outputs(aws: Ministack, stack: str) -> Mapping[str, str]:
    """Give the outputs of a stack, by name."""
    [found] = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def sample_of(fan: Fan) -> Sample:
    """Give the sample, with a fan in the place of ``SAMPLE_FAN``."""
    text = (resources.files("fanscore_adapters") / "sample.json").read_text(encoding="utf-8")
    return parse_sample(text.replace(SAMPLE_FAN, fan.id))


def _make_role(aws: Ministack) -> None:
    """Make the role of the service functions, which are no part of the stack."""
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    aws.client("iam").create_role(
        RoleName=ROLE.rpartition("/")[2],
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**trusted, "Action": "sts:AssumeRole"}]}
        ),
    )


_LNAA = {call.service for call in LNAA_CALLS.values()}


def _arn(function: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"


def _output(table: str) -> str:
    return f"{_camel(table)}Name"


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
