"""Who may pass a field, by the authorization directives of the schema.

A field's directives take the place of its type's; several are alternatives; none means the
default mode of the API, which is the user pool
(https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import attrs
from graphql import ConstDirectiveNode, ListValueNode, StringValueNode

DIRECTIVES = """
directive @aws_api_key on FIELD_DEFINITION | OBJECT
directive @aws_iam on FIELD_DEFINITION | OBJECT
directive @aws_oidc on FIELD_DEFINITION | OBJECT
directive @aws_lambda on FIELD_DEFINITION | OBJECT
directive @aws_cognito_user_pools(cognito_groups: [String!]) on FIELD_DEFINITION | OBJECT
"""


class Mode(enum.Enum):
    """How a request is authorized; the value is its directive."""

    API_KEY = "aws_api_key"
    IAM = "aws_iam"
    USER_POOL = "aws_cognito_user_pools"


@attrs.frozen
class HttpCaller:
    """Who sent a request.

    Attributes:
        mode: how they proved who they are.
        identity: as AppSync puts it in the event; ``None`` for an API key.
    """

    mode: Mode
    identity: Mapping[str, object] | None

    @property
    def groups(self) -> frozenset[str]:
        """The groups of a user."""
        groups = (self.identity or {}).get("groups")
        return frozenset(map(str, groups)) if isinstance(groups, list | tuple) else frozenset()


@attrs.frozen
class Admission:
    """Who may pass.

    Attributes:
        modes: the modes that may, and the groups of which the caller must be in one; no groups
            admit every caller of the mode.
    """

    modes: Mapping[Mode, frozenset[str]]

    @property
    def admits_all(self) -> bool:
        """Whether every caller may pass."""
        return len(self.modes) == len(Mode) and not any(self.modes.values())

    def admits(self, caller: HttpCaller) -> bool:
        """Whether a caller may pass."""
        groups = self.modes.get(caller.mode)
        return groups is not None and (not groups or bool(groups & caller.groups))


def admission(
    of_field: Sequence[ConstDirectiveNode], of_type: Sequence[ConstDirectiveNode]
) -> Admission:
    """Read who may pass a field. A mode that this gateway does not have admits nobody."""
    for directives in (of_field, of_type):
        modes = [each for each in directives if each.name.value in _DIRECTIVES]
        if modes:
            return Admission(
                {_MODES[each.name.value]: _groups(each) for each in modes if _is_ours(each)}
            )
    return Admission({Mode.USER_POOL: frozenset()})


_MODES = {mode.value: mode for mode in Mode}
_DIRECTIVES = {*_MODES, "aws_oidc", "aws_lambda"}


def _is_ours(directive: ConstDirectiveNode) -> bool:
    return directive.name.value in _MODES


def _groups(directive: ConstDirectiveNode) -> frozenset[str]:
    lists = [each.value for each in directive.arguments or ()]
    return frozenset(
        value.value
        for each in lists
        if isinstance(each, ListValueNode)
        for value in each.values
        if isinstance(value, StringValueNode)
    )
