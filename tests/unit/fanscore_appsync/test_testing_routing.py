from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from importlib import resources

import attrs
import pytest

from fanscore_appsync.fields import FIELDS, NAMESPACES, Field
from fanscore_appsync.routes.memberships import NoArguments
from fanscore_appsync.testing.routing import check_routing
from fanscore_appsync.testing.spelling import graphql_members, graphql_type
from fanscore_core.ids import EventId
from fanscore_core.scalars import JsonObject

Fields = Mapping[str, Field]

SCHEMA = (resources.files("fanscore_appsync") / "schema.graphql").read_text(encoding="utf-8")
MODES = "@aws_api_key @aws_iam @aws_cognito_user_pools"


def changed(old: str, new: str) -> str:
    """Give the schema with a text of it replaced."""
    assert SCHEMA.count(old) == 1
    return SCHEMA.replace(old, new)


def without(name: str) -> Fields:
    """Give the routing table without a row."""
    return {each: row for each, row in FIELDS.items() if each != name}


def with_given(name: str, given: type) -> Fields:
    """Give the routing table with other arguments in a row."""
    return {**FIELDS, name: attrs.evolve(FIELDS[name], given=given)}


def added(schema_text: str = SCHEMA, fields: Fields = FIELDS) -> list[str]:
    """Give the differences that the schema and table as they are do not have."""
    before = check_routing(SCHEMA, FIELDS)
    return [each for each in check_routing(schema_text, fields) if each not in before]


CAMPAIGN = f"  campaign(campaignId: ID!): Campaign {MODES}\n"
CHILD = f"  event: EventDetails {MODES}\n"


@pytest.mark.parametrize(
    ("schema_text", "differences"),
    [
        pytest.param(
            changed(CAMPAIGN, f"{CAMPAIGN}  news: String {MODES}\n"),
            ["VFApi.news: the routing table has no such field"],
            id="a field of a namespace",
        ),
        pytest.param(
            changed("  lnaaActivate:", f"  forgetMe: Boolean {MODES}\n  lnaaActivate:"),
            ["Mutation.forgetMe: the routing table has no such field"],
            id="a mutation",
        ),
        pytest.param(
            changed(
                "  email: AWSEmail\n  contactMethod: ContactMethod\n  locale: String\n"
                "  attributes: AWSJSON\n  requestedAt",
                "  email(hidden: Boolean): AWSEmail\n"
                "  contactMethod: ContactMethod\n  locale: String\n"
                "  attributes: AWSJSON\n  requestedAt",
            ),
            ["DemandRecord.email: the routing table has no such field"],
            id="a child field with an argument",
        ),
        pytest.param(
            changed("  lineType: String\n", f"  lineType: String {MODES}\n"),
            ["PhoneScore.lineType: the routing table has no such field"],
            id="a child field with directives",
        ),
        pytest.param(
            changed("  lineType: String\n", "  lineType: String @aws_iam\n"),
            [],
            id="a child field for some",
        ),
        pytest.param(
            changed(CAMPAIGN, ""),
            ["VFApi.campaign: the schema has no such field"],
            id="a row too many",
        ),
        pytest.param(
            changed("  demand: Demand", "  demands: Demand"),
            [
                "Query.demand: the schema has no such field",
                "Query.demands: the routing table has no such field",
            ],
            id="another namespace",
        ),
        pytest.param(
            changed("  demand: Demand", "  demand(year: Int): Demand"),
            ["Query.demand: argument year is in the schema, and a namespace has none"],
            id="an argument of a namespace",
        ),
        pytest.param(
            changed("  campaign(campaignId: ID!)", "  campaign(campaignId: ID, id: ID)"),
            [
                "VFApi.campaign: argument campaignId is ID in the schema, ID! in CampaignArguments",
                "VFApi.campaign: argument id is in the schema, and CampaignArguments has none",
            ],
            id="other arguments",
        ),
        pytest.param(
            changed("  phoneScore(phoneNumber: AWSPhone!)", "  phoneScore"),
            [
                (
                    "VFApi.phoneScore: argument phoneNumber is in PhoneScoreArguments, "
                    "and the schema has none"
                )
            ],
            id="no arguments",
        ),
        pytest.param(
            changed(CHILD, CHILD.replace("event:", "event(locale: String):")),
            [
                (
                    "DemandRecord.event: argument locale is in the schema, "
                    "and a field that is resolved from its parent has none"
                )
            ],
            id="an argument of a child field",
        ),
        pytest.param(
            changed(
                "  eventId: ID!\n  saleId: ID!\n  fanId", "  eventId: Int\n  saleId: ID!\n  fanId"
            ),
            [
                (
                    "DemandRecord.event: DemandRecord's eventId is Int in the schema, "
                    "ID! in EventArguments"
                )
            ],
            id="another parent",
        ),
        pytest.param(
            changed("  eventId: ID!\n  saleId: ID!\n  fanId", "  saleId: ID!\n  fanId"),
            [
                (
                    "DemandRecord.event: DemandRecord's eventId is in EventArguments, "
                    "and the schema has none"
                )
            ],
            id="a parent without it",
        ),
        pytest.param(
            changed(
                "input LivenessInput {\n  eventId: ID\n", "input LivenessInput {\n  event: ID!\n"
            ),
            [
                "LivenessInput: member event is in the schema, and the class has none",
                "LivenessInput: member eventId is in the class, and the schema has none",
            ],
            id="members of an input type",
        ),
        pytest.param(
            changed("  EMAIL\n  SMS\n", "  EMAIL\n  POST\n"),
            [
                "ContactMethod: value POST is in the schema only",
                "ContactMethod: value SMS is in the class only",
            ],
            id="values of an enum",
        ),
        pytest.param(
            changed("input EntryInput", "input Given").replace(
                "input: EntryInput!", "input: Given!"
            ),
            [
                "EntryInput: the schema has no such input or enum type",
                (
                    "Mutation.upsertEntry: argument input is Given! in the schema, "
                    "EntryInput! in UpsertEntryArguments"
                ),
            ],
            id="another input type",
        ),
        pytest.param(
            changed(CAMPAIGN, "  campaign(campaignId: ID!): Campaign @aws_iam\n"),
            [
                "VFApi.campaign: @aws_api_key is missing",
                "VFApi.campaign: @aws_cognito_user_pools is missing",
            ],
            id="modes of a field",
        ),
        pytest.param(
            changed(CAMPAIGN, CAMPAIGN.replace("pools\n", 'pools(cognito_groups: ["fans"])\n')),
            ["VFApi.campaign: @aws_cognito_user_pools is for some groups only"],
            id="groups",
        ),
        pytest.param(
            changed(f"type Venue {MODES}", "type Venue @aws_api_key @aws_cognito_user_pools"),
            ["Venue: @aws_iam is missing"],
            id="modes of a type",
        ),
        pytest.param(
            changed(f"  demand: Demand {MODES}\n", "  demand: Demand\n"),
            [
                "Query.demand: @aws_api_key is missing",
                "Query.demand: @aws_cognito_user_pools is missing",
                "Query.demand: @aws_iam is missing",
            ],
            id="modes of a namespace",
        ),
    ],
)
def test_differences_of_the_schema(schema_text: str, differences: list[str]) -> None:
    """What a schema has otherwise than the routing table is said in words, and nothing else."""
    assert added(schema_text) == differences


@pytest.mark.parametrize(
    ("fields", "differences"),
    [
        pytest.param(
            without("VFApi.campaign"),
            ["VFApi.campaign: the routing table has no such field"],
            id="a row too few",
        ),
        pytest.param(
            without("DemandRecord.event"),
            ["DemandRecord.event: the routing table has no such field"],
            id="a row of a child field too few",
        ),
        pytest.param(
            {**FIELDS, "VFApi.news": FIELDS["VFApi.campaign"]},
            ["VFApi.news: the schema has no such field"],
            id="a row too many",
        ),
        pytest.param(
            {**FIELDS, "News.campaign": FIELDS["VFApi.campaign"]},
            ["News.campaign: the schema has no such field"],
            id="a row of an unknown type",
        ),
        pytest.param(
            with_given("VFApi.campaign", NoArguments),
            ["VFApi.campaign: argument campaignId is in the schema, and NoArguments has none"],
            id="other arguments",
        ),
        pytest.param(
            {**FIELDS, "PhoneScore.lineType": FIELDS["VFApi.lnaaMembership"]},
            [
                "PhoneScore.lineType: @aws_api_key is missing",
                "PhoneScore.lineType: @aws_cognito_user_pools is missing",
                "PhoneScore.lineType: @aws_iam is missing",
            ],
            id="a row of a field without directives",
        ),
    ],
)
def test_differences_of_the_table(fields: Fields, differences: list[str]) -> None:
    """What a routing table has otherwise than the schema is said in words, and nothing else."""
    assert added(SCHEMA, fields) == differences


def test_namespaces_of_ones_own() -> None:
    """Who adds a namespace names it, and its fields need rows."""
    schema_text = changed(
        "type VFApi", f"type News {MODES} {{ today: String {MODES} }}\ntype VFApi"
    )
    schema_text = schema_text.replace(CAMPAIGN, f"{CAMPAIGN}  news: News {MODES}\n")
    differences = check_routing(schema_text, FIELDS, NAMESPACES | {"VFApi.news"})
    assert "News.today: the routing table has no such field" in differences
    assert [each for each in differences if "VFApi.news" in each] == []


@pytest.mark.parametrize(
    ("schema_text", "difference"),
    [
        (
            "type Query {",
            "the schema is not valid: Syntax Error: Expected Name, found <EOF>. In: type Query {",
        ),
        ("type Query {\n", "the schema is not valid: Syntax Error: Expected Name, found <EOF>."),
        (
            "type Query {\r\n  a(: ID }\r\n",
            "the schema is not valid: Syntax Error: Expected Name, found ':'. In: a(: ID }",
        ),
        (
            "type Query { a: A }",
            "the schema is not valid: Unknown type 'A'.",
        ),
        ("input A { a: Int }", "the schema is not valid: Query root type must be provided."),
    ],
)
def test_schemas_that_are_none(schema_text: str, difference: str) -> None:
    """What is no schema is refused in one line, with the line of a syntax error, and no more."""
    assert check_routing(schema_text, FIELDS) == [difference]


class Colour(Enum):
    RED = "RED"


@attrs.frozen
class Members:
    event_id: EventId
    colours: tuple[Colour, ...]
    names: tuple[str | None, ...] | None = None
    extra_data: JsonObject | None = None
    odd: int | str | None = None


def test_spelling() -> None:
    """Types are spelt as GraphQL does: what may be null, lists, scalars, and names."""
    assert graphql_members(Members) == {
        "eventId": "ID!",
        "colours": "[Colour!]!",
        "names": "[String]",
        "extraData": "AWSJSON",
        "odd": "Int | String",
    }
    assert graphql_type(Colour, {Colour: "Color"}) == "Color!"
