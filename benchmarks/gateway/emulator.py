"""One field of the gateway, against the same field of an emulator of AppSync."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.findings import Finding, Measure, Number
from benchmarks.gateway.loader import Target, ask
from benchmarks.gateway.queries import CAMPAIGN, CAMPAIGN_VARIABLES
from fanscore_adapters.embedded.stand_ins import default_sample
from tests.aws.functions import ROLE, create_function
from tests.aws.ministack import Ministack, ministack
from tests.gateway.program import serving

ROUNDS = 20
REQUESTS = 20
"""In each round, of each side."""

FUNCTION = """import json, pathlib

ANSWER = json.loads(pathlib.Path(__file__).with_name("answer.json").read_text())

def handler(event, context):
    print("asked for", event["info"]["fieldName"])  # the emulator waits 50 ms for a line
    return ANSWER
"""


def against_an_emulator() -> list[Finding]:
    """Time ``VFApi.campaign``: our handler in our gateway, and a function that knows the answer.

    Raises:
        FileNotFoundError: as ``ministack``.
    """
    campaign = _campaign()
    expected = {"data": {"api": {"campaign": campaign}}}
    with TemporaryDirectory() as folder, serving(Path(folder)) as program, ministack() as aws:
        headers = {"authorization": program.token("user123")}
        urls = (f"{program.url}/graphql", f"{aws.url}/v1/apis/{_api(aws, campaign)}/graphql")
        ours, theirs = (
            Target(url, CAMPAIGN, CAMPAIGN_VARIABLES, headers, expected) for url in urls
        )
        ours_s, theirs_s = _in_turns(ours, theirs)
    return [
        Measure("one field over HTTP: p50, against ministack's AppSync", 0.2, ours_s / theirs_s),
        Number("one field over HTTP: p50", ours_s * 1e3, "ms"),
        Number("one field over HTTP: p50 of ministack's AppSync", theirs_s * 1e3, "ms"),
    ]


def _in_turns(*targets: Target) -> list[float]:
    """Ask each target in turns; give the median of all answers of each, in seconds.

    The first round makes what is kept, and does not count.
    """
    rounds = [[ask(target, REQUESTS).took_s for target in targets] for _ in range(ROUNDS + 1)]
    return [
        median(took_s for one in column for took_s in one)
        for column in zip(*rounds[1:], strict=True)
    ]


def _campaign() -> Mapping[str, object]:
    """Give the campaign as the sample has it."""
    cases = default_sample().services["proxy_campaign_service"]
    arguments = {"campaignId": CAMPAIGN_VARIABLES["id"]}
    campaign = next(case.response["data"] for case in cases if case.arguments == arguments)
    assert isinstance(campaign, Mapping)
    return campaign


def _api(aws: Ministack, campaign: Mapping[str, object]) -> str:
    """Make the API with a direct Lambda resolver for the field; give its id."""
    files = {"function.py": FUNCTION, "answer.json": json.dumps(campaign)}
    arn = create_function(aws, "campaign", "function.handler", files)
    appsync = aws.client("appsync")
    pool = {"userPoolId": "pool", "awsRegion": "eu-west-1", "defaultAction": "ALLOW"}
    api = appsync.create_graphql_api(
        name="fanscore", authenticationType="AMAZON_COGNITO_USER_POOLS", userPoolConfig=pool
    )
    api_id: str = api["graphqlApi"]["apiId"]
    schema = (resources.files("fanscore_appsync") / "schema.graphql").read_bytes()
    appsync.start_schema_creation(apiId=api_id, definition=schema)
    appsync.create_data_source(apiId=api_id, name="none", type="NONE")
    appsync.create_data_source(
        apiId=api_id,
        name="campaign",
        type="AWS_LAMBDA",
        serviceRoleArn=ROLE,
        lambdaConfig={"lambdaFunctionArn": arn},
    )
    for kind, field, source in (("Query", "api", "none"), ("VFApi", "campaign", "campaign")):
        appsync.create_resolver(
            apiId=api_id, typeName=kind, fieldName=field, dataSourceName=source, kind="UNIT"
        )
    return api_id
