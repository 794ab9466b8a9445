from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.own import (
    ACTIONS,
    Own,
    actions,
    parameter_of_function,
    parameter_of_setting,
    parameter_of_table,
)
from deploy.resolvers import OURS, TEMPLATE, Deployment, refreshed
from fanscore_adapters.items.operations import Lookup, PrefixRead, Write
from fanscore_adapters.items.tables import LOOKUPS, PREFIX_READS, WRITES
from fanscore_appsync.api import API
from fanscore_core.systems import DEMAND, TABLES, VERIFICATION
from tests.deploy.own_api import PRESALE
from tests.deploy.template import GIVEN, Document, Template, deployed, deployed_text, items, section

OWN = {
    **GIVEN,
    "ValueOfPartnerUrl": "https://partner.example",
}
TEXT = TEMPLATE.read_text(encoding="utf-8")
AWS = deployed()
MADE = deployed_text(refreshed(TEXT, PRESALE), OWN)
BROUGHT = deployed_text(
    refreshed(TEXT, PRESALE),
    {
        **OWN,
        "NameOfLoyaltyTable": "points",
        "ArnOfCrmProxy": "arn:aws:lambda:eu-west-1:123456789012:function:crm:live",
    },
)
SYSTEMS = st.from_regex(r"[ab][ab01]{0,2}(_[ab01]{1,2}){1,2}", fullmatch=True)


def environment(template: Template) -> dict[str, object]:
    """Return the resolver's environment."""
    return dict(section(section(template.resource("Resolver"), "Environment"), "Variables"))


def name_of_ours(table: str) -> str:
    """Return what one of the four tables is called in the template."""
    return "".join(word.capitalize() for word in table.split("_"))


def listed(value: object) -> list[object]:
    """Return the members of what may be one or several."""
    return value if isinstance(value, list) else [value]


def statements(template: Template) -> list[Document]:
    """Return what the resolver's role allows."""
    (policy,) = items(template.resource("ResolverRole"), "Policies")
    return list(items(section(policy, "PolicyDocument"), "Statement"))


def test_an_api_without_its_own_adds_nothing() -> None:
    """The template that is shipped has the parts of one's own, and nothing in them."""
    own = {name: text for name, text in OURS.parts.items() if name.startswith("own-")}
    assert len(own) == 7
    assert set(own.values()) == {""}


def test_the_settings_of_the_resolver() -> None:
    """It is told its API, the table, the function and the setting; by name if they are brought."""
    assert environment(MADE) == {
        **environment(AWS),
        "FANSCORE_API": "presale.api:PRESALE",
        "FANSCORE_TABLE_LOYALTY_TABLE": "MadeLoyaltyTable",
        "FANSCORE_FUNCTION_CRM_PROXY": "",
        "PARTNER_URL": "https://partner.example",
    }
    assert environment(BROUGHT) == {
        **environment(MADE),
        "FANSCORE_TABLE_LOYALTY_TABLE": "points",
        "FANSCORE_FUNCTION_CRM_PROXY": "arn:aws:lambda:eu-west-1:123456789012:function:crm:live",
    }


def test_the_role_of_the_resolver() -> None:
    """It may do with the table what was declared, and call the function; with brought ones too."""
    table = {
        "Sid": "UseLoyaltyTable",
        "Effect": "Allow",
        "Action": ["dynamodb:BatchGetItem", "dynamodb:PutItem"],
        "Resource": "MadeLoyaltyTable.Arn",
    }
    function = {
        "Sid": "AskCrmProxy",
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:crm_proxy",
    }
    assert statements(MADE) == [*statements(AWS), table, function]
    assert statements(BROUGHT) == [
        *statements(AWS),
        {**table, "Resource": "arn:aws:dynamodb:eu-west-1:123456789012:table/points"},
        {**function, "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:crm:live"},
    ]


def test_what_is_made() -> None:
    """A table like ours unless one is brought, and the resolver of the field; nothing else."""
    assert MADE.made() - AWS.made() == {"MadeLoyaltyTable", "VFApi00presaleGroupResolver"}
    assert BROUGHT.made() - AWS.made() == {"VFApi00presaleGroupResolver"}
    assert MADE.resource("MadeLoyaltyTable") == AWS.resource("AccountFanscoreTable")
    kept = section(section(MADE.document, "Resources"), "MadeLoyaltyTable")
    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_schema_is_that_of_the_api() -> None:
    """AppSync gets the types and fields of the API."""
    text = section({"schema": MADE.resource("Schema")}, "schema")["Definition"]
    assert text == PRESALE.schema != API.sdl()
    assert "extend type" not in PRESALE.schema


def test_outputs() -> None:
    """The table's name is given, and the role, for policies that adapters of one's own need."""
    outputs = section(MADE.document, "Outputs")
    added = {
        name: MADE.resolved(section(outputs, name)["Value"])
        for name in outputs.keys() - section(AWS.document, "Outputs").keys()
    }
    assert added == {"NameOfLoyaltyTable": "MadeLoyaltyTable", "ResolverRoleName": "ResolverRole"}


def test_only_parameters_with_a_meaning_are_grouped() -> None:
    """Every parameter of one's own stands in a group of the form that CloudFormation shows."""
    interface = section(section(MADE.document, "Metadata"), "AWS::CloudFormation::Interface")
    groups = [each["Parameters"] for each in items(interface, "ParameterGroups")]
    assert ["NameOfLoyaltyTable", "ArnOfCrmProxy", "ValueOfPartnerUrl"] in groups


def test_a_table_that_only_an_adapter_uses() -> None:
    """A table that no declaration is about is named to the resolver, and no action is allowed."""
    own = Deployment(own=Own(tables={"loyalty_table": frozenset()}))
    template = deployed_text(refreshed(TEXT, own), GIVEN)
    assert statements(template) == statements(AWS)
    assert environment(template)["FANSCORE_TABLE_LOYALTY_TABLE"] == "MadeLoyaltyTable"


def test_more_of_the_four_tables() -> None:
    """What declarations of one's own do with fanscore's tables is allowed, if it is not already."""
    every = frozenset(ACTIONS.values())
    own = Deployment(own=Own(shared={VERIFICATION: every, DEMAND: every}))
    statement = {
        "Sid": "UseVerificationTable",
        "Effect": "Allow",
        "Action": ["dynamodb:PutItem", "dynamodb:Query"],
        "Resource": "VerificationTable.Arn",
    }
    made = deployed_text(refreshed(TEXT, own), GIVEN)
    assert statements(made) == [*statements(AWS), statement]
    named = {**GIVEN, "VerificationTableName": "checks"}
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/checks"
    brought = deployed_text(refreshed(TEXT, own), named)
    assert statements(brought)[-1] == {**statement, "Resource": arn}
    assert brought.made() == deployed(VerificationTableName="checks").made()


def test_what_is_allowed_already() -> None:
    """Nothing is added where a declaration needs only what the template allows the resolver."""
    allowed: dict[str, set[str]] = {}
    for each in statements(AWS):
        for table in TABLES:
            if name_of_ours(table) + ".Arn" in listed(each["Resource"]):
                allowed.setdefault(table, set()).update(map(str, listed(each["Action"])))
    own = Deployment(own=Own(shared={table: frozenset(each) for table, each in allowed.items()}))
    assert allowed.keys() == set(TABLES)
    assert statements(deployed_text(refreshed(TEXT, own), GIVEN)) == statements(AWS)


def test_actions_of_declarations() -> None:
    """A look-up, a prefix read and a write take the actions of the adapter's calls."""
    rows: list[Lookup | PrefixRead | Write] = [
        *LOOKUPS.values(),
        *PREFIX_READS.values(),
        *WRITES.values(),
    ]
    assert actions(rows)[DEMAND] == {
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
    }
    assert actions([]) == {}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Own(api="presale"), "api: expected module:NAME, and not 'presale'"),
        (lambda: Own(api='p:X"\n'), "api: expected module:NAME, and not 'p:X\"\\n'"),
        (lambda: Own(tables={"Table": frozenset()}), "tables: 'Table' cannot be such a name"),
        (lambda: Own(shared={"a_table": frozenset()}), "shared: 'a_table' cannot be such a name"),
        (lambda: Own(functions=["a_b: x"]), "functions: 'a_b: x' cannot be such a name"),
        (lambda: Own(settings=["FANSCORE_X"]), "settings: 'FANSCORE_X' cannot be such a name"),
        (lambda: Own(settings=["AWS_REGION"]), "settings: 'AWS_REGION' cannot be such a name"),
        (lambda: Own(settings=["path"]), "settings: 'path' cannot be such a name"),
    ],
)
def test_names_that_cannot_be(make: Callable[[], Own], said: str) -> None:
    """A name that would not be the same in a template or environment is refused."""
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        make()


@given(SYSTEMS, SYSTEMS)
def test_no_two_systems_share_a_parameter(one: str, other: str) -> None:
    """Different tables, functions and settings have different parameters."""
    names = [parameter_of_table, parameter_of_function, parameter_of_setting]
    found = {make(name) for make in names for name in {one, other}}
    assert len(found) == len(names) * len({one, other})
    assert all(name.isalnum() for name in found)
