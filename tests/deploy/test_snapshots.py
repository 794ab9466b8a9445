"""Starting from a snapshot: of what stands in the template, and of nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import attrs
import jmespath  # type: ignore[import-untyped]
import pytest

from deploy.__main__ import parsed
from deploy.snapshots import DIGEST, OF, SNAP_START, part, snapshot
from deploy.stack import DeploymentFailedError
from tests.deploy.own_api import write_template
from tests.deploy.template import (
    GIVEN,
    Template,
    deployed,
    deployed_text,
    items,
    section,
)
from tests.deploy.test_stack import CloudFormation, run

ANEW = deployed()
ALL = {**ANEW.parameters, SNAP_START: "true"}
TAKEN = snapshot("the template", ALL)
FROM_SNAPSHOT = attrs.evolve(ANEW, parameters={**ALL, **TAKEN})
OTHERS = sorted(ALL.keys() - {DIGEST, OF})
PAGE = Path(__file__).parents[2] / "docs/how-to/deploy.md"
ONLY_WITH_SNAPSHOTS = {"ResolverAlias", "ResolverVersion"}


def _called(template: Template) -> object:
    """Give what AppSync calls."""
    return section(template.resource("ResolverDataSource"), "LambdaConfig")["LambdaFunctionArn"]


# What the page says


@pytest.mark.parametrize(
    ("versions", "listed"),
    [
        (["$LATEST"], []),
        (["$LATEST", "6", "7"], [["6", "Off"], ["7", "Off"]]),
    ],
)
def test_the_versions_that_are_left_can_be_listed(
    versions: Sequence[str], listed: Sequence[object]
) -> None:
    """The query of the page finds all published versions in Lambda's answer."""
    text = PAGE.read_text(encoding="utf-8")
    (query,) = re.findall(r"^    --query '(Versions.*)'$", text, re.MULTILINE)
    answer = {
        "Versions": [
            {"Version": each, "SnapStart": {"OptimizationStatus": "Off"}} for each in versions
        ]
    }
    assert jmespath.search(query, answer) == listed


# Which version answers


def test_with_it_the_alias_of_a_version_answers() -> None:
    """AppSync calls the alias; it points to a version, which is another one for another digest."""
    assert FROM_SNAPSHOT.made() - ANEW.made() == ONLY_WITH_SNAPSHOTS
    assert (_called(ANEW), _called(FROM_SNAPSHOT)) == ("Resolver.Arn", "ResolverAlias")
    assert FROM_SNAPSHOT.resource("ResolverAlias") == {
        "Name": "live",
        "FunctionName": "Resolver",
        "FunctionVersion": "ResolverVersion.Version",
    }
    assert FROM_SNAPSHOT.resource("ResolverVersion") == {
        "FunctionName": "Resolver",
        "Description": TAKEN[DIGEST],
    }


def test_the_function_changes_with_the_digest() -> None:
    """Lambda takes snapshots of its versions; without that, the function is as it was before."""
    resolver, before = FROM_SNAPSHOT.resource("Resolver"), ANEW.resource("Resolver")
    assert {name for name in resolver if resolver[name] != before.get(name)} == {
        "Description",
        "SnapStart",
    }
    assert resolver["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert resolver["Description"] == f"{str(before['Description'])[:-1]}: {TAKEN[DIGEST]}"
    assert len(str(resolver["Description"])) <= 256


def test_appsync_may_call_what_answers() -> None:
    """The role is for the function and for the name of its alias."""
    (policy,) = items(FROM_SNAPSHOT.resource("ResolverDataSourceRole"), "Policies")
    (statement,) = items(section(policy, "PolicyDocument"), "Statement")
    name = FROM_SNAPSHOT.resource("ResolverAlias")["Name"]
    assert statement["Resource"] == ["Resolver.Arn", f"Resolver.Arn:{name}"]


def test_nothing_starts_from_a_snapshot_unasked() -> None:
    """A stack that is deployed as before has no version, whatever deploys it."""
    assert ANEW.parameters[SNAP_START] == "false"
    assert snapshot("the template", ANEW.parameters) == {DIGEST: "", OF: ""}


@pytest.mark.parametrize(("runtime", "is_taken"), [("python3.11", False), ("python3.13", True)])
def test_lambda_must_know_how(runtime: str, is_taken: bool) -> None:
    """A runtime of which Lambda takes no snapshots is refused before anything changes."""
    (rule,) = section(ANEW.document, "Rules").values()
    assert section({"rule": rule}, "rule")["RuleCondition"] == {
        "Fn::Equals": [{"Ref": SNAP_START}, "true"]
    }
    (assertion,) = items(rule, "Assertions")
    match assertion["Assert"]:
        case {"Fn::Contains": [list(runtimes), {"Ref": "Runtime"}]}:
            assert (runtime in runtimes) is is_taken
        case other:
            raise AssertionError(other)


# What is another snapshot


@pytest.mark.parametrize("name", OTHERS)
def test_each_parameter_makes_another_digest(name: str) -> None:
    """Whichever parameter changes, the package's key among them, another version is published."""
    changed = snapshot("the template", {**ALL, name: f"{ALL[name]}0"})
    assert changed[DIGEST] != TAKEN[DIGEST]
    assert changed[OF] != TAKEN[OF]


def test_the_template_makes_another_digest() -> None:
    """An edited template publishes another version; the same again does not."""
    assert snapshot("another", ALL)[DIGEST] != TAKEN[DIGEST]
    assert snapshot("the template", ALL) == TAKEN


@pytest.mark.parametrize("name", OTHERS)
def test_a_parameter_changed_otherwise_uses_no_snapshot(name: str) -> None:
    """Where another tool keeps what make deploy wrote, the function answers as it is now."""
    changed = attrs.evolve(ANEW, parameters={**ALL, **TAKEN, name: f"{ALL[name]}0"})
    assert _called(changed) == "Resolver.Arn"
    assert not changed.made() & ONLY_WITH_SNAPSHOTS


def test_without_make_deploy_there_is_no_snapshot() -> None:
    """The parameter alone, as any other tool would give it, does nothing."""
    asked = attrs.evolve(ANEW, parameters=ALL)
    assert asked.made() == ANEW.made()
    assert asked.resource("Resolver") == ANEW.resource("Resolver")


@pytest.mark.parametrize("text", ["|", ",", " ", "\n", "`", "`|", "|`"])
def test_what_is_moved_from_value_to_value_is_another_snapshot(text: str) -> None:
    """No two sets of values make the same text, so that one's version would decide for the other.

    What could make it is refused, by the name of its parameter.
    """
    for name, following in pairwise(sorted({*OTHERS} - {SNAP_START})):
        taken = [
            _taken_or_refused({**ALL, name: f"a{text}b", following: "c"}),
            _taken_or_refused({**ALL, name: "a", following: f"b{text}c"}),
        ]
        if "`" in text:
            refused = "with SnapStart, no value may have ` in it"
            assert taken == [f"{each}: {refused}" for each in (name, following)]
        else:
            assert taken[0] != taken[1]


def _taken_or_refused(parameters: Mapping[str, str]) -> object:
    """Return what a snapshot is of, or why none is taken."""
    try:
        return snapshot("the template", parameters)
    except ValueError as error:
        return str(error)


def test_two_clients_may_be_named() -> None:
    """The expression of several clients has what separates alternatives."""
    parameters = {**ALL, "UserPoolId": "eu-west-1_a", "UserPoolClientIds": "one|two"}
    taken = {**parameters, **snapshot("the template", parameters)}
    assert _called(attrs.evolve(ANEW, parameters=taken)) == "ResolverAlias"


def test_parameters_of_ones_own_count(tmp_path: Path) -> None:
    """The template of another API compares its own parameters too."""
    theirs = deployed_text(write_template(tmp_path).read_text(encoding="utf-8"), GIVEN)
    given = {**theirs.parameters, SNAP_START: "true"}
    taken = {**given, **snapshot("the template", given)}
    assert _called(attrs.evolve(theirs, parameters=taken)) == "ResolverAlias"
    own = given.keys() - ALL.keys()
    assert len(own) == 3
    for name in own:
        changed = attrs.evolve(theirs, parameters={**taken, name: "another"})
        assert _called(changed) == "Resolver.Arn"


def test_a_template_has_parameters() -> None:
    """What cannot be compared is no template of ours."""
    with pytest.raises(ValueError, match="without parameters"):
        part("Resources:\n")


# What make deploy gives

DEFAULTS = {name: value for name, value in ANEW.parameters.items() if name not in GIVEN}
PRESENT = {**GIVEN, SNAP_START: "true", "ScorePolicyFile": "/opt/old.json"}


def _given(package: Path, present: Mapping[str, str] | None, *given: str) -> Mapping[str, object]:
    cloud = CloudFormation(present, defaults=DEFAULTS)
    run(cloud, package, "preview", *given)
    return cloud.given


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Make a package; nobody looks into it."""
    path = tmp_path / "package.zip"
    path.write_bytes(b"")
    return path


def test_make_deploy_says_what_a_snapshot_is_of(package: Path) -> None:
    """It counts what is given, then what the stack has, then the defaults; the template agrees."""
    given = _given(package, PRESENT, "ShadowPolicyFile=/opt/new.json")
    parameters = {
        **DEFAULTS,
        **PRESENT,
        **{name: str(value) for name, value in given.items() if value is not None},
    }
    assert parameters["ScorePolicyFile"] == "/opt/old.json"
    assert parameters["ShadowPolicyFile"] == "/opt/new.json"
    assert _called(attrs.evolve(ANEW, parameters=parameters)) == "ResolverAlias"


def test_make_deploy_publishes_a_new_policy(package: Path) -> None:
    """The same again is the same version; another policy, package or parameter is another one."""
    first = _given(package, PRESENT)[DIGEST]
    assert _given(package, PRESENT)[DIGEST] == first
    policy = _given(package, PRESENT, "ScorePolicyFile=/opt/new.json")[DIGEST]
    package.write_bytes(b"another")
    assert len({first, policy, _given(package, PRESENT)[DIGEST]}) == 3


@pytest.mark.parametrize("present", [None, GIVEN, {**GIVEN, SNAP_START: "false"}])
def test_make_deploy_leaves_others_as_they_are(
    package: Path, present: Mapping[str, str] | None
) -> None:
    """A new stack, an old one and one without it have nothing of a snapshot."""
    given = _given(package, present)
    assert (given[DIGEST], given[OF]) == ("", "")


def test_make_deploy_turns_it_off(package: Path) -> None:
    """What said what the snapshot was of goes with it."""
    given = _given(package, {**PRESENT, DIGEST: "d", OF: "x"}, "SnapStart=false")
    assert (given[DIGEST], given[OF]) == ("", "")


def test_an_older_template_knows_nothing_of_it(package: Path) -> None:
    """Rolling back to a template from before snapshots gives it no such parameter."""
    names = frozenset(ALL) - {SNAP_START, DIGEST, OF}
    cloud = CloudFormation(PRESENT, names=names, defaults=DEFAULTS)
    run(cloud, package, "preview")
    assert not cloud.given.keys() & {SNAP_START, DIGEST, OF}


@pytest.mark.parametrize("name", [DIGEST, OF])
def test_nobody_else_says_what_a_snapshot_is_of(name: str) -> None:
    """The two parameters are the command's own."""
    with pytest.raises(SystemExit):
        parsed(["apply", "fanscore", "--bucket", "b", f"{name}=x"])


def test_a_text_that_is_too_long_is_refused(package: Path) -> None:
    """CloudFormation takes 4,096 bytes of a parameter; the refusal says which one it was."""
    with pytest.raises(DeploymentFailedError, match="SnapStart"):
        _given(package, PRESENT, f"UserPoolClientIds={'é' * 2000}")
