from __future__ import annotations

import json

import attrs
from hypothesis import given

from fanscore_appsync.fields import FIELDS, Cache
from fanscore_appsync.resolvers.javascript import BATCH, SINGLE, namespace_code, resolver_code
from fanscore_appsync.resolvers.terraform import module, resource_name
from tests.unit.fanscore_appsync.resolvers.names import FIELD_NAMES

PLAIN = FIELDS["VFApi.campaign"]
BATCHED = attrs.evolve(
    FIELDS["DemandRecord.event"], cache=Cache(60, ("source.eventId", "source.${x}%{y}"))
)
RUNTIME = {"name": "APPSYNC_JS", "runtime_version": "1.0.0"}


def test_a_module() -> None:
    """A namespace, a plain field, one that is batched and cached, and all that they refer to."""
    fields = {"VFApi.campaign": PLAIN, "DemandRecord.event": BATCHED}
    text = module(fields, frozenset({"Query.presale"}))
    assert json.loads(text) == {
        "//": "Written by `fanscore resolvers --format terraform`.",
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "variable": {
            "api_id": {
                "type": "string",
                "description": "Id of the AppSync API. It has the schema already.",
            },
            "resolver_data_source": {
                "type": "string",
                "description": "Name of its data source that calls the resolver function.",
            },
            "namespace_data_source": {
                "type": "string",
                "description": "Name of its data source of the type NONE.",
            },
        },
        "locals": {
            "fanscore_namespace": namespace_code(),
            "fanscore_resolver": resolver_code(SINGLE),
            "fanscore_batch_resolver": resolver_code(BATCH),
        },
        "resource": {
            "aws_appsync_resolver": {
                "Query-presale": {
                    "api_id": "${var.api_id}",
                    "type": "Query",
                    "field": "presale",
                    "kind": "UNIT",
                    "data_source": "${var.namespace_data_source}",
                    "runtime": RUNTIME,
                    "code": "${local.fanscore_namespace}",
                },
                "VFApi-campaign": {
                    "api_id": "${var.api_id}",
                    "type": "VFApi",
                    "field": "campaign",
                    "kind": "UNIT",
                    "data_source": "${var.resolver_data_source}",
                    "runtime": RUNTIME,
                    "code": "${local.fanscore_resolver}",
                },
                "DemandRecord-event": {
                    "api_id": "${var.api_id}",
                    "type": "DemandRecord",
                    "field": "event",
                    "kind": "UNIT",
                    "data_source": "${var.resolver_data_source}",
                    "runtime": RUNTIME,
                    "code": "${local.fanscore_batch_resolver}",
                    "max_batch_size": 100,
                    "caching_config": {
                        "ttl": 60,
                        "caching_keys": ["$context.source.eventId", "$context.source.$${x}%%{y}"],
                    },
                },
            }
        },
    }


def test_the_code_has_nothing_that_terraform_would_replace() -> None:
    """No code holds the beginning of a template, so that each is written as it is."""
    codes = (namespace_code(), resolver_code(SINGLE), resolver_code(BATCH))
    assert [code for code in codes if "${" in code or "%{" in code] == []


def test_reproducible() -> None:
    """The bytes follow from the rows alone, and not from their order or that of a set."""
    fields = {"VFApi.campaign": PLAIN, "DemandRecord.event": BATCHED}
    turned = dict(reversed(fields.items()))
    names = [f"Query.n{number}" for number in range(20)]
    text = module(fields, frozenset(names))
    assert text == module(turned, frozenset(reversed(names)))
    assert text.isascii()
    assert text.endswith("}\n")


@given(FIELD_NAMES, FIELD_NAMES)
def test_no_two_fields_have_the_same_name(one: str, other: str) -> None:
    """Different fields have different names, which are identifiers once ``-`` is allowed."""
    assert resource_name(one).replace("-", "").isidentifier()
    assert (resource_name(one) == resource_name(other)) is (one == other)
