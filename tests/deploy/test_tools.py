"""The template in the hands of the tools that know AWS best. ``make lint-deploy`` installs them."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.resolvers import TEMPLATE
from fanscore_appsync.fields import FIELDS, NAMESPACES
from fanscore_appsync.resolvers import cloudformation
from tests.deploy.own_api import write_template
from tests.deploy.template import Document, Template, deployed, items, section
from tests.deploy.test_snapshots import ANEW, FROM_SNAPSHOT

ROOT = TEMPLATE.parents[1]
TOOLS = ROOT / ".deploy/bin"

pytestmark = pytest.mark.skipif(not TOOLS.exists(), reason="make lint-deploy installs the tools")


def _run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool without a way to AWS."""
    environ = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}
    return subprocess.run(
        [TOOLS / tool, *arguments],
        cwd=ROOT,
        env=environ,
        text=True,
        capture_output=True,
        check=False,
    )


@pytest.fixture(scope="module")
def transformed() -> Document:
    """Apply the SAM transform."""
    run = _run("python", Path(__file__).with_name("sam_transform.py"), TEMPLATE)
    assert run.returncode == 0, run.stderr
    return section({"template": json.loads(run.stdout)}, "template")


def write_nested(folder: Path) -> Path:
    """Write what ``fanscore resolvers`` prints."""
    path = folder / "nested.yaml"
    path.write_text(cloudformation.template(FIELDS, NAMESPACES), encoding="utf-8")
    return path


@pytest.mark.parametrize("write", [lambda _: TEMPLATE, write_template, write_nested])
def test_cfn_lint_finds_nothing(write: Callable[[Path], Path], tmp_path: Path) -> None:
    """CloudFormation would take each template, as far as that can be known beforehand."""
    run = _run("cfn-lint", write(tmp_path))
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("deployment", [ANEW, FROM_SNAPSHOT])
def test_cfn_lint_finds_nothing_with_or_without_snapshots(deployment: Template) -> None:
    """CloudFormation would take the template with the parameters of either."""
    given = {name: each for name, each in deployment.parameters.items() if each != "None"}
    named = [f"{name}={each}" for name, each in given.items()]
    run = _run("cfn-lint", TEMPLATE, "--parameters", *named)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("write", [lambda _: TEMPLATE, write_template])
def test_checkov_finds_what_is_justified(write: Callable[[Path], Path], tmp_path: Path) -> None:
    """Only checks fail that the template names, with the reason; and each of these does."""
    run = _run(
        "checkov",
        *("--file", write(tmp_path), "--framework", "cloudformation"),
        *("--output", "json", "--compact", "--skip-download"),
    )
    results = section(json.loads(run.stdout), "results")
    failed = {str(each["check_id"]) for each in items(results, "failed_checks")}
    justified = section(section(deployed().document, "Metadata"), "SkippedChecks")
    assert failed == justified.keys()
    assert all(justified.values())


def test_the_transform_makes_what_is_deployed(transformed: Document) -> None:
    """SAM makes functions, rules and their permissions, and no role or version of its own."""
    resources = section(transformed, "Resources")
    kinds = Counter(str(section(resources, name)["Type"]) for name in resources)
    made = {kind: count for kind, count in kinds.items() if kind in _BY_SAM}
    assert made == _BY_SAM
    written = section(deployed().document, "Resources")
    added = {str(section(resources, name)["Type"]) for name in resources.keys() - written.keys()}
    assert added == {
        "AWS::Events::Rule",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
    }


_BY_SAM = {
    "AWS::Events::Rule": 4,
    "AWS::IAM::Role": 12,
    "AWS::Lambda::Alias": 1,
    "AWS::Lambda::EventInvokeConfig": 4,
    "AWS::Lambda::Function": 7,
    "AWS::Lambda::Permission": 4,
    "AWS::Lambda::Version": 1,
}


@pytest.mark.parametrize("consumer", ["Profile", "Notification", "Sync"])
def test_only_its_rule_may_call_a_consumer(transformed: Document, consumer: str) -> None:
    """EventBridge may call a consumer for its rule, and send what failed to its queue."""
    resources = section(transformed, "Resources")
    rule, function = f"{consumer}ConsumerUserUpsert", f"{consumer}Consumer"
    assert section(resources, f"{rule}Permission")["Properties"] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": function},
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": [rule, "Arn"]},
    }
    (target,) = items(section(section(resources, rule), "Properties"), "Targets")
    assert target == {
        "Id": f"{rule}LambdaTarget",
        "Arn": {"Fn::GetAtt": [function, "Arn"]},
        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": [f"{consumer}DeadLetters", "Arn"]}},
    }
    assert section(resources, f"{function}EventInvokeConfig")["Properties"] == {
        "FunctionName": {"Ref": function},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {
            "OnFailure": {"Destination": {"Fn::GetAtt": [f"{consumer}DeadLetters", "Arn"]}}
        },
    }
