from __future__ import annotations

import re
from textwrap import indent

import attrs
from hypothesis import given

from fanscore_appsync.fields import FIELDS, Cache
from fanscore_appsync.resolvers.cloudformation import (
    PLAIN_IDS,
    References,
    code_map,
    logical_id,
    resolvers,
    template,
)
from fanscore_appsync.resolvers.javascript import BATCH, SINGLE, namespace_code, resolver_code
from tests.unit.fanscore_appsync.resolvers.names import FIELD_NAMES

REFERENCES = References("!Ref Id", "!Ref Function", "none", "Schema")
PLAIN = FIELDS["VFApi.campaign"]
BATCHED = attrs.evolve(
    FIELDS["DemandRecord.event"], cache=Cache(60, ("source.eventId", "identity.claims.a:b"))
)

RESOURCES = """\
Query00presaleResolver:
  Type: AWS::AppSync::Resolver
  DependsOn: Schema
  Properties:
    ApiId: !Ref Id
    TypeName: Query
    FieldName: presale
    Kind: UNIT
    DataSourceName: none
    Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}
    Code: !FindInMap [Code, Namespace, Invoke]

VFApiCampaignResolver:
  Type: AWS::AppSync::Resolver
  DependsOn: Schema
  Properties:
    ApiId: !Ref Id
    TypeName: VFApi
    FieldName: campaign
    Kind: UNIT
    DataSourceName: !Ref Function
    Runtime: !If
      - WithResponseHandler
      - {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}
      - !Ref AWS::NoValue
    Code: !If
      - WithResponseHandler
      - !FindInMap [Code, Resolver, Invoke]
      - !Ref AWS::NoValue

On00yesResolver:
  Type: AWS::AppSync::Resolver
  DependsOn: Schema
  Properties:
    ApiId: !Ref Id
    TypeName: "On"
    FieldName: "yes"
    Kind: UNIT
    DataSourceName: !Ref Function
    Runtime: !If
      - WithResponseHandler
      - {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}
      - !Ref AWS::NoValue
    Code: !If
      - WithResponseHandler
      - !FindInMap [Code, Resolver, BatchInvoke]
      - !Ref AWS::NoValue
    MaxBatchSize: 100
    CachingConfig:
      Ttl: 60
      CachingKeys: [$context.source.eventId, "$context.identity.claims.a:b"]
"""

NESTED = """\
Resources:
  Query00presaleResolver:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !Ref ApiId
      TypeName: Query
      FieldName: presale
      Kind: UNIT
      DataSourceName: !Ref NamespaceDataSource
      Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}
      Code: !FindInMap [Code, Namespace, Invoke]

  VFApiCampaignResolver:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !Ref ApiId
      TypeName: VFApi
      FieldName: campaign
      Kind: UNIT
      DataSourceName: !Ref ResolverDataSource
      Runtime: !If
        - WithResponseHandler
        - {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}
        - !Ref AWS::NoValue
      Code: !If
        - WithResponseHandler
        - !FindInMap [Code, Resolver, Invoke]
        - !Ref AWS::NoValue
"""


def test_resources() -> None:
    """A namespace, a plain field, and one that is batched and cached and named like a boolean."""
    fields = {"VFApi.campaign": PLAIN, "On.yes": BATCHED}
    assert resolvers(fields, frozenset({"Query.presale"}), REFERENCES) == RESOURCES


def test_a_template_of_its_own() -> None:
    """Each code is in it once, and its resolvers refer to its parameters alone."""
    text = template({"VFApi.campaign": PLAIN}, frozenset({"Query.presale"}))
    head, _, rest = text.partition("  Code:\n")
    assert rest == indent(code_map(), "    ") + "\n" + NESTED
    assert re.findall("^  ([A-Za-z]+):", head, re.MULTILINE) == [
        "ApiId",
        "ResolverDataSource",
        "NamespaceDataSource",
        "ResponseHandler",
        "WithResponseHandler",
    ]


def test_the_code_stands_once() -> None:
    """The mapping has the three codes, by what they are for and how AppSync calls."""
    codes = [namespace_code(), resolver_code(SINGLE), resolver_code(BATCH)]
    flat = "\n".join(line.strip() for line in code_map().splitlines() if line.strip())
    assert [
        flat.count("\n".join(line.strip() for line in code.splitlines() if line.strip()))
        for code in codes
    ] == [1, 1, 1]


def test_ids_that_stacks_have() -> None:
    """The resolvers of stacks from before keep their names: renamed ones could not be made."""
    assert {logical_id(name) for name in PLAIN_IDS} == {
        "QueryApiResolver",
        "QueryDemandResolver",
        "VFApiAccountFanscoreResolver",
        "VFApiCampaignResolver",
        "VFApiEligibilityResolver",
        "VFApiPhoneScoreResolver",
        "VFApiLivenessSessionResolver",
        "VFApiLnaaMembershipResolver",
        "DemandEventDetailsResolver",
        "DemandRecordsResolver",
        "DemandRecordEventResolver",
        "MutationDemandRecordSaveResolver",
        "MutationDemandRecordDeleteResolver",
        "MutationUpsertEntryResolver",
        "MutationCheckLivenessResolver",
        "MutationLnaaActivateResolver",
    }


def test_ids_of_fields_that_read_alike() -> None:
    """Where only the dot stands elsewhere, the names differ."""
    assert [logical_id(name) for name in ("Demand.recordEvent", "DemandRecord.event")] == [
        "Demand00recordEventResolver",
        "DemandRecordEventResolver",
    ]


@given(FIELD_NAMES, FIELD_NAMES)
def test_no_two_fields_have_the_same_id(one: str, other: str) -> None:
    """Different fields have different names, and these only letters and digits."""
    assert logical_id(one).isalnum()
    assert logical_id(one).isascii()
    assert (logical_id(one) == logical_id(other)) is (one == other)
    assert logical_id(one) not in {logical_id(name) for name in PLAIN_IDS}


def test_reproducible() -> None:
    """The same rows give the same bytes, whatever order a set of namespaces has."""
    fields = {"VFApi.campaign": PLAIN}
    names = [f"Query.n{number}" for number in range(20)]
    assert template(fields, frozenset(names)) == template(fields, frozenset(reversed(names)))
