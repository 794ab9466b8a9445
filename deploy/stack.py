"""A CloudFormation stack of fanscore: put there, changed, and taken down.

Every change goes through a change set, which can be looked at first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from uuid import uuid4

import attrs
from botocore.client import BaseClient
from botocore.exceptions import ClientError, WaiterError

from deploy import snapshots

CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
"""The template makes roles, and is transformed by SAM."""

UNFINISHED = "REVIEW_IN_PROGRESS"
"""The status of a stack of which there is nothing yet but a change set."""

UNMADE = "ROLLBACK_COMPLETE"
"""The status of a stack that could not be made. Nothing can be done with it but to delete it."""

CASE = "UserPoolCaseSensitive"
"""The parameter that says whether users of the stack's own pool differ by case alone."""

STATEFUL = frozenset(
    {
        "AWS::AppSync::GraphQLApi",
        "AWS::Cognito::UserPool",
        "AWS::Cognito::UserPoolClient",
        "AWS::DynamoDB::Table",
        "AWS::Events::Archive",
        "AWS::Events::EventBus",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
    }
)
"""The types of what holds data, or is known to others by an address or an id."""

POLL_S = 5.0
"""How long to wait before looking again, in seconds."""

_MAX_POLLS = 720
_is_about_nothing = re.compile(r"didn't contain changes|No updates are to be performed").search


class DeploymentFailedError(Exception):
    """A change could not be made; its text says why, in CloudFormation's words."""


@attrs.frozen
class Change:
    """What a change set does to one resource.

    Attributes:
        action: such as ``Modify``.
        resource: its name in the template.
        type: such as ``AWS::Lambda::Function``.
        replacement: of a change, whether the resource is made anew: ``True``, ``False`` or
            ``Conditional``; empty for what is added or removed.
    """

    action: str
    resource: str
    type: str
    replacement: str

    @property
    def replaces(self) -> bool:
        """Whether a new resource may take the place of one that holds state."""
        return self.type in STATEFUL and self.replacement in {"True", "Conditional"}

    @property
    def removes(self) -> bool:
        """Whether what holds state goes out of the stack."""
        return self.type in STATEFUL and self.action in {"Remove", "Dynamic"}


@attrs.frozen
class ChangeSet:
    """A change that is ready to be made.

    Attributes:
        name: its ARN.
        changes: what it does.
    """

    name: str
    changes: Sequence[Change]

    def refuse_losses(self, let_go: Collection[str] = ()) -> None:
        """Refuse what no update is ever for.

        Args:
            let_go: names of resources that the stack may give up. What is made anew in its old
                place is refused even so.

        Raises:
            DeploymentFailedError: something that holds state would be replaced or removed.
        """
        replaced = [each.resource for each in self.changes if each.replaces]
        removed = [each.resource for each in self.changes if each.removes]
        lost = [
            *(f"{name} would be made anew, or perhaps: no update may do that" for name in replaced),
            *(
                f"{name} would go out of the stack: LET_GO={name} lets it"
                for name in removed
                if name not in let_go
            ),
        ]
        if lost:
            raise DeploymentFailedError("\n".join(("Nothing was changed.", *lost)))


@attrs.frozen
class Stack:
    """A stack, or the name of one that is not there yet.

    Attributes:
        name: of the stack.
        bucket: where templates and packages are uploaded.
        cloudformation: the client of CloudFormation.
        s3: the client of S3.
        poll_s: how long to wait before looking again, in seconds.
    """

    name: str
    bucket: str
    cloudformation: BaseClient
    s3: BaseClient
    poll_s: float = POLL_S

    def upload(self, content: bytes, suffix: str) -> str:
        """Upload what is named after its content, so that versions never replace each other.

        Returns:
            Its key in the bucket.
        """
        key = f"fanscore/{sha256(content).hexdigest()}{suffix}"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return key

    @contextmanager
    def prepared(self, template: str, parameters: Mapping[str, str]) -> Iterator[ChangeSet | None]:
        """Prepare a change, and remove it in the end; ``None`` if there is nothing to change.

        Args:
            template: the text of it.
            parameters: by name. Those that are not named stay as they are.

        Raises:
            DeploymentFailedError: it cannot be made.
        """
        kind = "CREATE" if self.status() in (None, UNFINISHED) else "UPDATE"
        host = self.s3.meta.endpoint_url.rstrip("/")
        url = f"{host}/{self.bucket}/{self.upload(template.encode(), '.template')}"
        name = self._create_change_set(url, kind, parameters)
        try:
            yield self._finished(name)
        finally:
            self._discard(name)

    def apply(self, change: ChangeSet) -> None:
        """Make a prepared change.

        Raises:
            DeploymentFailedError: it failed, and was undone.
        """
        waiter = "stack_create_complete" if self.status() == UNFINISHED else "stack_update_complete"
        token = uuid4().hex
        self.cloudformation.execute_change_set(
            StackName=self.name, ChangeSetName=change.name, ClientRequestToken=token
        )
        self._wait(waiter, token)

    def is_unmade(self) -> bool:
        """Whether it could not be made, so that it has to be deleted before anything else."""
        return self.status() == UNMADE

    def parameters(self) -> Mapping[str, str]:
        """Return the present parameters by name; none if there is no stack."""
        if self.status() in (None, UNFINISHED, UNMADE):
            return {}
        described = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {
            parameter["ParameterKey"]: parameter["ParameterValue"]
            for parameter in described.get("Parameters", ())
        }

    def outputs(self) -> Mapping[str, str]:
        """Return the outputs by name."""
        described = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {
            output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())
        }

    def delete(self) -> None:
        """Take the stack down, but for what the template retains.

        Raises:
            DeploymentFailedError: something could not be removed.
        """
        token = uuid4().hex
        self.cloudformation.delete_stack(StackName=self.name, ClientRequestToken=token)
        self._wait("stack_delete_complete", token)

    def status(self) -> str | None:
        """Return the status; ``None`` if there is no such stack."""
        try:
            described = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise
        status: str = described["StackStatus"]
        return status

    def _create_change_set(self, url: str, kind: str, parameters: Mapping[str, str]) -> str:
        summary = self.cloudformation.get_template_summary(TemplateURL=url)
        defaults = {
            parameter["ParameterKey"]: str(parameter.get("DefaultValue", ""))
            for parameter in summary["Parameters"]
        }
        names = defaults.keys()
        if unknown := parameters.keys() - names:
            message = f"the template has no parameter {', '.join(sorted(unknown))}"
            raise DeploymentFailedError(message)
        parameters = {**parameters, **self._case_of_users(names, parameters)}
        if snapshots.OF in names:
            # The URL names the template by its hash.
            present = {name: each for name, each in self.parameters().items() if name in names}
            try:
                taken = snapshots.snapshot(url, {**defaults, **present, **parameters})
            except ValueError as error:
                raise DeploymentFailedError(str(error)) from error
            parameters = {**parameters, **taken}
        given = sorted(parameters)
        kept = sorted(self._parameters() & names - parameters.keys())
        made = self.cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=f"fanscore-{uuid4().hex}",
            ChangeSetType=kind,
            TemplateURL=url,
            Capabilities=CAPABILITIES,
            Parameters=[
                *({"ParameterKey": name, "ParameterValue": parameters[name]} for name in given),
                *({"ParameterKey": name, "UsePreviousValue": True} for name in kept),
            ],
        )
        arn: str = made["Id"]
        return arn

    def _case_of_users(
        self, names: Collection[str], parameters: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Keep the user pool as it was made; one that is made now does not go by case.

        Cognito cannot change this of a pool, and a stack from before the parameter has one that
        goes by case.

        Raises:
            DeploymentFailedError: it would have to change.
        """
        present = self.parameters()
        if not present or present.get("UserPoolId"):
            is_said = CASE in parameters or CASE in present or CASE not in names
            return {} if is_said else {CASE: "false"}
        made_with = present.get(CASE, "true")
        wanted = parameters.get(CASE, made_with) if CASE in names else "true"
        if wanted != made_with:
            message = f"{CASE} is {made_with} of the user pool that exists, and cannot be changed"
            raise DeploymentFailedError(message)
        return {CASE: made_with} if CASE in names else {}

    def _finished(self, name: str) -> ChangeSet | None:
        waiter = self.cloudformation.get_waiter("change_set_create_complete")
        polling = {"Delay": self.poll_s, "MaxAttempts": _MAX_POLLS}
        with suppress(WaiterError):  # Its text does not say why.
            waiter.wait(ChangeSetName=name, WaiterConfig=polling)
        described = self.cloudformation.describe_change_set(ChangeSetName=name)
        reason = described.get("StatusReason", "")
        if described["Status"] == "CREATE_COMPLETE":
            return ChangeSet(name, self._changes(name))
        if _is_about_nothing(reason):
            return None
        raise DeploymentFailedError(reason)

    def _changes(self, name: str) -> Sequence[Change]:
        paginator = self.cloudformation.get_paginator("describe_change_set")
        return [
            Change(
                changed["Action"],
                changed["LogicalResourceId"],
                changed["ResourceType"],
                changed.get("Replacement", ""),
            )
            for page in paginator.paginate(ChangeSetName=name)
            for changed in (change["ResourceChange"] for change in page["Changes"])
        ]

    def _discard(self, name: str) -> None:
        with suppress(ClientError):  # It may have been made, and is gone then.
            self.cloudformation.delete_change_set(ChangeSetName=name)
        if self.status() == UNFINISHED:
            self.delete()

    def _parameters(self) -> set[str]:
        if self.status() in (None, UNFINISHED):
            return set()
        described = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {parameter["ParameterKey"] for parameter in described.get("Parameters", ())}

    def _wait(self, name: str, token: str) -> None:
        waiter = self.cloudformation.get_waiter(name)
        polling = {"Delay": self.poll_s, "MaxAttempts": _MAX_POLLS}
        try:
            waiter.wait(StackName=self.name, WaiterConfig=polling)
        except WaiterError as error:
            raise DeploymentFailedError("\n".join(self._failures(token)) or str(error)) from error

    def _failures(self, token: str) -> Sequence[str]:
        """Tell what failed in an operation, the first failure first."""
        paginator = self.cloudformation.get_paginator("describe_stack_events")
        return [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for page in paginator.paginate(StackName=self.name)
            for event in page["StackEvents"]
            if event.get("ClientRequestToken") == token
            and event["ResourceStatus"].endswith("FAILED")
        ][::-1]
