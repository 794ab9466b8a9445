from __future__ import annotations

import pytest
from graphql import ObjectTypeDefinitionNode, parse

from fanscore_appsync.local.graphql.auth_directives import (
    DIRECTIVES,
    Admission,
    HttpCaller,
    Mode,
    admission,
)

USER = HttpCaller(Mode.USER_POOL, {"groups": None})
MEMBER = HttpCaller(Mode.USER_POOL, {"groups": ["staff", "fans"]})
ROLE = HttpCaller(Mode.IAM, {"userArn": "arn"})
KEY = HttpCaller(Mode.API_KEY, None)
CALLERS = {"user": USER, "member": MEMBER, "role": ROLE, "key": KEY}


def read(of_field: str, of_type: str) -> Admission:
    """Read the directives of a field and of its type."""
    (kind,) = parse(f"type T {of_type} {{ f: ID {of_field} }}").definitions
    assert isinstance(kind, ObjectTypeDefinitionNode)
    (field,) = kind.fields or ()
    return admission(field.directives or (), kind.directives or ())


STAFF = '@aws_cognito_user_pools(cognito_groups: ["staff"])'


@pytest.mark.parametrize(
    ("of_field", "of_type", "admitted"),
    [
        ("", "", {"user", "member"}),
        ("", "@aws_api_key", {"key"}),
        ("@aws_iam", "@aws_api_key", {"role"}),
        ("@aws_iam @aws_api_key", "", {"role", "key"}),
        ("@aws_cognito_user_pools", STAFF, {"user", "member"}),
        (STAFF, "", {"member"}),
        ('@aws_cognito_user_pools(cognito_groups: ["x"])', "", set()),
        ('@aws_cognito_user_pools(cognito_groups: ["x", "fans"])', "", {"member"}),
        (f"{STAFF} @aws_iam", "", {"member", "role"}),
        ("@deprecated", "@aws_iam", {"role"}),
        ("@aws_oidc", "@aws_iam", set()),
        ("@aws_lambda @aws_api_key", "", {"key"}),
    ],
)
def test_who_may_pass(of_field: str, of_type: str, admitted: set[str]) -> None:
    """A field's directives take the place of its type's, and none means the user pool."""
    read_admission = read(of_field, of_type)
    assert {name for name, each in CALLERS.items() if read_admission.admits(each)} == admitted


def test_all_modes() -> None:
    """Three modes without groups are everybody."""
    everybody = "@aws_api_key @aws_iam @aws_cognito_user_pools"
    assert read("", everybody).admits_all
    assert not read("", f"@aws_api_key @aws_iam {STAFF}").admits_all
    assert not read("", "").admits_all


def test_every_directive_is_declared() -> None:
    """The directives that are read are those that a schema may have."""
    declared = [line.split()[1] for line in DIRECTIVES.strip().splitlines()]
    assert {f"@{mode.value}" for mode in Mode} < {name.partition("(")[0] for name in declared}
