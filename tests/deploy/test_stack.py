"""Updates of a stack, on a CloudFormation that is a written fake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import attrs
import pytest
from botocore.exceptions import ClientError

from deploy.__main__ import main
from deploy.stack import CASE, STATEFUL, Change, ChangeSet, DeploymentFailedError
from tests.deploy.template import read_template, section

NAMES = frozenset(section(read_template(), "Parameters"))
POOL = {"LogicalResourceId": "UserPool", "ResourceType": "AWS::Cognito::UserPool"}
TABLE = {"LogicalResourceId": "DemandTable", "ResourceType": "AWS::DynamoDB::Table"}
CODE = {
    "Action": "Modify",
    "LogicalResourceId": "Resolver",
    "ResourceType": "AWS::Lambda::Function",
    "Replacement": "False",
}
RULE = {**CODE, "LogicalResourceId": "Rule", "ResourceType": "AWS::Events::Rule"}


@attrs.define
class CloudFormation:
    """One stack, and what its next change set would do.

    Attributes:
        present: the parameters of the stack; ``None`` where there is no stack.
        changes: of the next change set.
        names: the parameters that the template has.
        defaults: of those that have one.
        given: the parameters of the last change set.
        executed: how many change sets were made to happen.
    """

    present: Mapping[str, str] | None = None
    changes: Sequence[Mapping[str, str]] = (CODE,)
    names: frozenset[str] = NAMES
    defaults: Mapping[str, str] = MappingProxyType({})
    given: dict[str, str | None] = attrs.field(factory=dict)
    executed: int = 0
    meta: object = SimpleNamespace(endpoint_url="https://s3.example")

    def describe_stacks(self, **_: str) -> object:
        """Describe the stack, or say that there is none."""
        if self.present is None:
            error = {"Error": {"Code": "ValidationError", "Message": ""}}
            raise ClientError(error, "DescribeStacks")
        named = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in self.present.items()
        ]
        return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", "Parameters": named}]}

    def get_template_summary(self, **_: str) -> object:
        """Name the parameters of the template."""
        return {
            "Parameters": [
                {
                    "ParameterKey": name,
                    **({"DefaultValue": self.defaults[name]} if name in self.defaults else {}),
                }
                for name in self.names
            ]
        }

    def create_change_set(self, **asked: object) -> object:
        """Note what is asked for."""
        parameters = asked["Parameters"]
        assert isinstance(parameters, list)
        self.given = {each["ParameterKey"]: each.get("ParameterValue") for each in parameters}
        return {"Id": "change-set"}

    def describe_change_set(self, **_: str) -> object:
        """Describe the change set, which is ready."""
        return {
            "Status": "CREATE_COMPLETE",
            "Changes": [{"ResourceChange": each} for each in self.changes],
        }

    def get_paginator(self, _: str) -> CloudFormation:
        """Give what pages through the change set."""
        return self

    def paginate(self, **_: str) -> Iterator[object]:
        """Give its one page."""
        yield self.describe_change_set()

    def get_waiter(self, _: str) -> CloudFormation:
        """Give what waits."""
        return self

    def wait(self, **_: object) -> None:
        """Wait for nothing: all is done at once."""

    def execute_change_set(self, **_: str) -> None:
        """Count it."""
        self.executed += 1

    def delete_change_set(self, **_: str) -> None:
        """Forget it."""

    def put_object(self, **_: object) -> None:
        """Take a file, as S3 does."""

    def close(self) -> None:
        """Close nothing."""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Make a package; nobody looks into it."""
    path = tmp_path / "package.zip"
    path.write_bytes(b"")
    return path


def run(cloud: CloudFormation, package: Path, command: str, *given: str) -> Sequence[str]:
    """Give the lines that the command writes."""
    where = ("fanscore", "--bucket=b", f"--package={package}")
    return list(main([command, *where, *given], lambda _: cloud, 0))


OLD = {"LnaaUrl": "https://lnaa.example"}
"""Some parameters of a stack from before ``UserPoolCaseSensitive``."""


@pytest.mark.parametrize(
    ("present", "given", "case"),
    [
        pytest.param(None, (), "false", id="a new stack"),
        pytest.param(None, (f"{CASE}=true",), "true", id="a new stack that is told otherwise"),
        pytest.param(OLD, (), "true", id="an old stack"),
        pytest.param(OLD, (f"{CASE}=true",), "true", id="an old stack that says so"),
        pytest.param({**OLD, "UserPoolId": ""}, (), "true", id="an old stack with its own pool"),
        pytest.param({**OLD, "UserPoolId": "a_b"}, (), "false", id="an old stack without one"),
        pytest.param({**OLD, CASE: "false"}, (), "false", id="a stack of today"),
        pytest.param({**OLD, CASE: "true"}, (), "true", id="an old stack, updated again"),
        pytest.param({CASE: "true", "UserPoolId": "a_b"}, (), None, id="no pool: as it was"),
        pytest.param(
            {CASE: "true", "UserPoolId": "a_b"}, (f"{CASE}=false",), "false", id="no pool: changed"
        ),
    ],
)
def test_a_pool_stays_as_it_was_made(
    package: Path, present: Mapping[str, str] | None, given: Sequence[str], case: str | None
) -> None:
    """A pool that exists keeps its case, without a word from its owner; a new one goes by none."""
    cloud = CloudFormation(present)
    run(cloud, package, "preview", *given)
    assert cloud.given[CASE] == case


@pytest.mark.parametrize(
    ("present", "wanted"),
    [(OLD, "false"), ({**OLD, CASE: "true"}, "false"), ({**OLD, CASE: "false"}, "true")],
)
@pytest.mark.parametrize("command", ["apply", "preview"])
def test_the_case_of_a_pool_cannot_be_changed(
    package: Path, command: str, present: Mapping[str, str], wanted: str
) -> None:
    """What Cognito cannot change is refused before CloudFormation is asked."""
    cloud = CloudFormation(present)
    with pytest.raises(DeploymentFailedError, match="cannot be changed"):
        run(cloud, package, command, f"{CASE}={wanted}")
    assert (cloud.given, cloud.executed) == ({}, 0)


def test_an_older_template_is_not_for_a_newer_pool(package: Path) -> None:
    """A template that does not know the parameter would change the pool, and is refused."""
    cloud = CloudFormation({**OLD, CASE: "false"}, names=NAMES - {CASE})
    with pytest.raises(DeploymentFailedError, match="cannot be changed"):
        run(cloud, package, "apply")
    older = CloudFormation(OLD, names=NAMES - {CASE})
    run(older, package, "preview")
    assert CASE not in older.given


LOSSES = [
    ({**POOL, "Action": "Modify", "Replacement": "True"}, "UserPool would be made anew"),
    ({**TABLE, "Action": "Modify", "Replacement": "Conditional"}, "DemandTable would be made anew"),
    ({**TABLE, "Action": "Remove"}, "DemandTable would go out of the stack"),
]


@pytest.mark.parametrize("command", ["apply", "preview"])
@pytest.mark.parametrize(("change", "reason"), LOSSES)
def test_no_update_loses_state(
    package: Path, command: str, change: Mapping[str, str], reason: str
) -> None:
    """What would replace or remove a pool or a table is shown, refused and not made."""
    cloud = CloudFormation(OLD, [CODE, change])
    with pytest.raises(DeploymentFailedError, match=reason):
        run(cloud, package, command)
    assert cloud.executed == 0


def test_a_preview_shows_what_it_refuses(package: Path) -> None:
    """The list of changes comes before the refusal, with what is made anew marked."""
    cloud = CloudFormation(OLD, [LOSSES[0][0]])
    told = main(["preview", "fanscore", "--bucket=b", f"--package={package}"], lambda _: cloud, 0)
    assert next(told).split() == ["Modify", POOL["ResourceType"], "UserPool", "(made", "anew)"]
    with pytest.raises(DeploymentFailedError):
        next(told)


def test_a_stack_may_let_a_table_go(package: Path) -> None:
    """What is named goes out of the stack; another one, or one that is replaced, does not."""
    removed = [CODE, {**TABLE, "Action": "Remove"}]
    cloud = CloudFormation(OLD, removed)
    run(cloud, package, "apply", "--let-go=DemandTable")
    assert cloud.executed == 1
    for changes, name in ((removed, "UserPool"), ([LOSSES[0][0]], "UserPool")):
        cloud = CloudFormation(OLD, changes)
        with pytest.raises(DeploymentFailedError):
            run(cloud, package, "apply", f"--let-go={name}")
        assert cloud.executed == 0


def test_what_holds_no_state_may_come_and_go(package: Path) -> None:
    """Functions, rules and the like are removed and made anew as an update needs it."""
    changes = [
        {**RULE, "Replacement": "True"},
        {**CODE, "Action": "Remove"},
        {**POOL, "Action": "Add"},
        {**TABLE, "Action": "Modify", "Replacement": "False"},
    ]
    cloud = CloudFormation(OLD, changes)
    run(cloud, package, "apply")
    assert cloud.executed == 1


def test_all_losses_are_told_at_once() -> None:
    """One refusal names everything that would be lost."""
    changes = [
        Change("Modify", "UserPool", "AWS::Cognito::UserPool", "True"),
        Change("Remove", "DemandTable", "AWS::DynamoDB::Table", ""),
    ]
    with pytest.raises(DeploymentFailedError) as refused:
        ChangeSet("name", changes).refuse_losses()
    assert str(refused.value).splitlines() == [
        "Nothing was changed.",
        "UserPool would be made anew, or perhaps: no update may do that",
        "DemandTable would go out of the stack: LET_GO=DemandTable lets it",
    ]


def test_every_retained_resource_is_guarded() -> None:
    """What the template retains is of a type that no update may replace, and is in the template."""
    resources = section(read_template(), "Resources")
    kinds = {str(section(resources, name)["Type"]) for name in resources}
    retained = {
        str(section(resources, name)["Type"])
        for name in resources
        if section(resources, name).get("DeletionPolicy") == "Retain"
    }
    assert retained <= STATEFUL <= kinds
