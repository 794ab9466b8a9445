"""Resolvers for Terraform, in its JSON syntax (HashiCorp, "JSON Configuration Syntax")."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fanscore_appsync.fields import Field
from fanscore_appsync.resolvers.javascript import (
    BATCH,
    RUNTIME_NAME,
    RUNTIME_VERSION,
    SINGLE,
    namespace_code,
    operation_of,
    resolver_code,
)

FILE = "resolvers.tf.json"
"""The name that the file has by convention. Terraform reads JSON only from ``.tf.json``."""

_CODES = {SINGLE: "fanscore_resolver", BATCH: "fanscore_batch_resolver"}
_NAMESPACE_CODE = "fanscore_namespace"
_RUNTIME = {"name": RUNTIME_NAME, "runtime_version": RUNTIME_VERSION}

_VARIABLES = {
    "api_id": "Id of the AppSync API. It has the schema already.",
    "resolver_data_source": "Name of its data source that calls the resolver function.",
    "namespace_data_source": "Name of its data source of the type NONE.",
}


def module(fields: Mapping[str, Field], namespaces: frozenset[str]) -> str:
    """Return a module: variables, the code that AppSync runs, and a resolver for each field.

    Args:
        fields: the routing table.
        namespaces: the fields that only group others.
    """
    resolvers = {
        **{name: _namespace(name) for name in namespaces},
        **{name: _field(name, field) for name, field in fields.items()},
    }
    document = {
        "//": "Written by `fanscore resolvers --format terraform`.",
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "variable": {
            name: {"type": "string", "description": text} for name, text in _VARIABLES.items()
        },
        "locals": {
            _NAMESPACE_CODE: _quoted(namespace_code()),
            **{name: _quoted(resolver_code(operation)) for operation, name in _CODES.items()},
        },
        "resource": {
            "aws_appsync_resolver": {
                resource_name(name): resolvers[name] for name in sorted(resolvers)
            }
        },
    }
    return json.dumps(document, indent=2) + "\n"


def resource_name(name: str) -> str:
    """Return the name that a field's resolver has; ``-`` is in no name of GraphQL."""
    return name.replace(".", "-")


def _namespace(name: str) -> Mapping[str, object]:
    return {
        **_head(name),
        "data_source": "${var.namespace_data_source}",
        "runtime": _RUNTIME,
        "code": f"${{local.{_NAMESPACE_CODE}}}",
    }


def _field(name: str, field: Field) -> Mapping[str, object]:
    resolver: dict[str, object] = {
        **_head(name),
        "data_source": "${var.resolver_data_source}",
        "runtime": _RUNTIME,
        "code": f"${{local.{_CODES[operation_of(field)]}}}",
    }
    if field.batch_size:
        resolver["max_batch_size"] = field.batch_size
    if field.cache:
        keys = [_quoted(f"$context.{key}") for key in field.cache.keys]
        resolver["caching_config"] = {"ttl": field.cache.ttl_s, "caching_keys": keys}
    return resolver


def _head(name: str) -> Mapping[str, object]:
    parent, _, field = name.partition(".")
    return {"api_id": "${var.api_id}", "type": parent, "field": field, "kind": "UNIT"}


def _quoted(text: str) -> str:
    """Write a text so that Terraform takes nothing in it for a template."""
    return text.replace("${", "$${").replace("%{", "%%{")
