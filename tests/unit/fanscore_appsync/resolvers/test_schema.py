from __future__ import annotations

import sys

import pytest
from graphql import print_schema

from fanscore_appsync.api import API
from fanscore_appsync.local.graphql.execution import appsync_schema
from fanscore_appsync.resolvers.schema import without_extensions
from fanscore_core.errors import InvalidInput

OURS = """\
# A comment.
type Query @aws_api_key { api: Api }
"What there is."
type Api @aws_api_key { score(id: ID!): Int @aws_api_key }
input Entry { id: ID! }
enum Status { OPEN }
interface Node { id: ID }
union Found = Api
"""
OWN = """
extend type Api implements Node @aws_api_key @aws_iam {
  "Of the presale."
  group(id: ID! = "a", kind: [Status!]): Group @aws_iam
  id: ID
}
type Group @aws_iam { name: String } extend input Entry { more: String } extend enum Status { SOLD }
extend interface Node { name: String }
extend union Found = Group
"""
WHOLE = """\
type Query @aws_api_key {
  api: Api
}

"What there is."
type Api implements Node @aws_api_key @aws_iam {
  score(id: ID!): Int @aws_api_key
  "Of the presale."
  group(id: ID! = "a", kind: [Status!]): Group @aws_iam
  id: ID
}

input Entry {
  id: ID!
  more: String
}

enum Status {
  OPEN
  SOLD
}

interface Node {
  id: ID
  name: String
}

union Found = Api | Group

type Group @aws_iam {
  name: String
}
"""


def test_extensions_become_part_of_their_types() -> None:
    """Fields, members, values, interfaces and directives move over, each directive once."""
    assert without_extensions(OURS + OWN) == WHOLE


def test_what_extends_nothing_stays_as_it_is() -> None:
    """The shipped schema keeps its bytes, and so does what was made whole."""
    assert without_extensions(API.sdl()) == API.sdl()
    assert without_extensions(WHOLE) == WHOLE


def test_it_is_the_same_schema() -> None:
    """With an extension of our own types, the schema has what the gateway makes of both texts."""
    more = "extend type VFApi {\n  presaleGroup: String @aws_iam @aws_api_key\n}\n"
    whole = appsync_schema(without_extensions(API.sdl() + more))
    assert print_schema(whole) == print_schema(appsync_schema(API.sdl() + more))


@pytest.mark.parametrize(
    ("sdl", "problem"),
    [
        ("extend type Api {", "Syntax Error: Expected Name, found <EOF>."),
        ("extend type Api { a: Int }", "Api is extended, and not defined"),
        ("input Api { a: Int }\nextend type Api { a: Int }", "Api is extended, and not defined"),
        ("extend schema @aws_iam", "schema is extended, and not defined"),
        ("type A { a: Int }\ntype A { b: Int }\nextend type A { c: Int }", "A is defined twice"),
    ],
)
def test_mistakes(sdl: str, problem: str) -> None:
    """What cannot be made whole is refused, with the name of the type."""
    with pytest.raises(InvalidInput) as refused:
        without_extensions(sdl)
    assert str(refused.value) == f"schema: {problem}"


def test_extensions_need_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without graphql-core the shipped schema can be written, and an extended one is refused."""
    monkeypatch.setitem(sys.modules, "graphql", None)
    assert without_extensions(API.sdl()) == API.sdl()
    with pytest.raises(InvalidInput, match=r"fanscore\[gateway\] is needed"):
        without_extensions(OURS + OWN)
