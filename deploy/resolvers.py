"""The parts of the template that are made from the code: schema, response handler, resolvers.

A part stands between ``# generated: NAME`` and ``# end``. ``python -m deploy.resolvers`` writes all
parts anew; a test checks that they are current.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from textwrap import indent

from fanscore_appsync.fields import FIELDS, NAMESPACES, Cache

HERE = Path(__file__).parent
TEMPLATE = HERE / "template.yaml"
RESOLVER = HERE / "appsync/resolver.js"
NAMESPACE = HERE / "appsync/namespace.js"

SINGLE, BATCH = "Invoke", "BatchInvoke"
"""How AppSync calls a function for a field: with one event, or with a list of them."""

_PART = re.compile(r"^( *)# generated: ([a-z-]+)\n.*?^ *# end$", re.DOTALL | re.MULTILINE)


def refreshed(text: str) -> str:
    """Make the generated parts of a template anew."""
    return _PART.sub(_refreshed_part, text)


def main() -> None:
    """Write the generated parts of the template."""
    TEMPLATE.write_text(refreshed(TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")


def resolver_code(operation: str) -> str:
    """Give the code of the response handler, for ``SINGLE`` or ``BATCH``."""
    return RESOLVER.read_text(encoding="utf-8").replace(f"'{SINGLE}'", f"'{operation}'")


def namespace_code() -> str:
    """Give the code that resolves a namespace."""
    return NAMESPACE.read_text(encoding="utf-8")


def schema() -> str:
    """Give the schema, as it is shipped."""
    return (resources.files("fanscore_appsync") / "schema.graphql").read_text(encoding="utf-8")


def _refreshed_part(found: re.Match[str]) -> str:
    margin, name = found[1], found[2]
    part = indent(PARTS[name](), margin)
    return f"{margin}# generated: {name}\n{part}{margin}# end"


def _schema() -> str:
    return _literal("Definition", schema())


def _code() -> str:
    """Give a map: CloudFormation takes no YAML aliases, and so each text stands only once."""
    texts = {
        "Namespace": {SINGLE: namespace_code()},
        "Resolver": {operation: resolver_code(operation) for operation in (SINGLE, BATCH)},
    }
    return "".join(
        f"{name}:\n" + "".join(indent(_literal(*each), "  ") for each in codes.items())
        for name, codes in texts.items()
    )


def _resolvers() -> str:
    return "\n".join((*map(_namespace, sorted(NAMESPACES)), *map(_field, FIELDS)))


def _namespace(name: str) -> str:
    return "".join(
        f"{line}\n"
        for line in (
            *_head(name),
            "    DataSourceName: !GetAtt NoDataSource.Name",
            "    Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}",
            "    Code: !FindInMap [Code, Namespace, Invoke]",
        )
    )


def _field(name: str) -> str:
    field = FIELDS[name]
    operation = BATCH if field.batch_size else SINGLE
    lines = [
        *_head(name),
        "    DataSourceName: !GetAtt ResolverDataSource.Name",
        "    Runtime: !If",
        "      - WithResponseHandler",
        "      - {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}",
        "      - !Ref AWS::NoValue",
        "    Code: !If",
        "      - WithResponseHandler",
        f"      - !FindInMap [Code, Resolver, {operation}]",
        "      - !Ref AWS::NoValue",
    ]
    if field.batch_size:
        lines.append(f"    MaxBatchSize: {field.batch_size}")
    if field.cache:
        lines.extend(_caching(field.cache))
    return "".join(f"{line}\n" for line in lines)


def _head(name: str) -> Iterator[str]:
    parent, _, field = name.partition(".")
    yield f"{logical_id(name)}:"
    yield "  Type: AWS::AppSync::Resolver"
    yield "  DependsOn: Schema"
    yield "  Properties:"
    yield "    ApiId: !GetAtt Api.ApiId"
    yield f"    TypeName: {parent}"
    yield f"    FieldName: {field}"
    yield "    Kind: UNIT"


def _caching(cache: Cache) -> Iterator[str]:
    yield "    CachingConfig:"
    yield f"      Ttl: {cache.ttl_s}"
    yield f"      CachingKeys: [{', '.join(f'$context.{key}' for key in cache.keys)}]"


def logical_id(name: str) -> str:
    """Give the name that a field's resolver has in the template."""
    parent, _, field = name.partition(".")
    return f"{parent}{field[0].upper()}{field[1:]}Resolver"


def _literal(name: str, text: str) -> str:
    return f"{name}: |\n{indent(text, '  ')}"


PARTS: Mapping[str, Callable[[], str]] = {
    "code": _code,
    "resolvers": _resolvers,
    "schema": _schema,
}
"""What makes each part."""


if __name__ == "__main__":
    main()
