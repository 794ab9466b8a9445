"""The parts of the template that are made from the code: schema, response handler, resolvers.

A part stands between ``# generated: NAME`` and ``# end``. ``python -m deploy.resolvers`` writes all
parts anew; a test checks that they are current. With ``--api`` and ``--output``, it writes the
template of an API of one's own.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import indent

import attrs

from deploy import own, snapshots
from deploy.own import Own, actions
from fanscore_adapters.documents.proxies import ProxyCall
from fanscore_appsync.api import API, named_api
from fanscore_appsync.fields import Field
from fanscore_appsync.resolvers.cloudformation import References, code_map, literal, resolvers
from fanscore_appsync.resolvers.schema import without_extensions
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import TABLES

TEMPLATE = Path(__file__).with_name("template.yaml")

REFERENCES = References(
    "!GetAtt Api.ApiId", "!GetAtt ResolverDataSource.Name", "!GetAtt NoDataSource.Name", "Schema"
)
"""What resolvers need, by its names in the template."""

SNAPSHOT_OF = "snapshot-of"
"""The part that names all parameters, those of the other parts included."""

_PART = re.compile(r"^( *)# generated: ([a-z-]+)\n.*?^ *# end$", re.DOTALL | re.MULTILINE)


@attrs.frozen(kw_only=True)
class Deployment:
    """The API that a template is for.

    Attributes:
        schema: in SDL; it may extend types.
        fields: the routing table.
        namespaces: the fields that only group others.
        own: what it has beside fanscore's.
    """

    schema: str = attrs.field(factory=API.sdl, converter=without_extensions, repr=False)
    fields: Mapping[str, Field] = API.fields
    namespaces: frozenset[str] = API.namespaces
    own: Own = attrs.field(factory=Own)

    @property
    def parts(self) -> Mapping[str, str]:
        """The text of each part of the template, by its name."""
        return {
            "code": code_map(),
            "resolvers": resolvers(self.fields, self.namespaces, REFERENCES),
            "schema": literal("Definition", self.schema),
            **own.parts(self.own),
        }


OURS = Deployment()
"""The API of this package."""


def refreshed(text: str, deployment: Deployment = OURS) -> str:
    """Make the generated parts of a template anew."""
    written = _with_parts(text, deployment.parts)
    return _with_parts(written, {SNAPSHOT_OF: snapshots.part(written)})


def _with_parts(text: str, parts: Mapping[str, str]) -> str:
    """Write some parts anew, and leave the others as they are."""

    def part(found: re.Match[str]) -> str:
        margin, name = found[1], found[2]
        if name not in parts:
            return found[0]
        return f"{margin}# generated: {name}\n{indent(parts[name], margin)}{margin}# end"

    return _PART.sub(part, text)


def deployment_of(name: str, settings: Sequence[str] = ()) -> Deployment:
    """Return what the template needs to know of an API.

    Args:
        name: such as ``presale.api:PRESALE``.
        settings: the variables that its own adapters read.

    Raises:
        InvalidInput: there is no such API.
        ValueError: a name cannot stand in a template.
    """
    api = named_api(name, "--api")
    theirs = (each for each in api.answers if each not in API.answers)
    asked = actions(each for each in theirs if not isinstance(each, ProxyCall))
    return Deployment(
        schema=api.sdl(),
        fields=api.fields,
        namespaces=api.namespaces,
        own=Own(
            api=name,
            tables={table: asked.get(table, frozenset()) for table in api.own_tables},
            shared={table: asked[table] for table in asked.keys() & set(TABLES)},
            functions=api.own_functions,
            settings=settings,
        ),
    )


def main(arguments: Sequence[str]) -> None:
    """Write the generated parts of the template; with ``--api``, another one."""
    parser = argparse.ArgumentParser("deploy.resolvers", description=__doc__)
    parser.add_argument("--api", help="an API of one's own, such as presale.api:PRESALE")
    parser.add_argument("--output", type=Path, help="where its template is written")
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        help="a variable that its own adapters read; may be given more than once",
    )
    asked = parser.parse_args(arguments)
    if (asked.api is None) is not (asked.output is None) or (asked.setting and not asked.api):
        parser.error("--api and --output go together, and --setting with them")
    text = TEMPLATE.read_text(encoding="utf-8")
    try:
        deployment = deployment_of(asked.api, asked.setting) if asked.api else OURS
    except (InvalidInput, ValueError) as error:
        parser.error(str(error))
    (asked.output or TEMPLATE).write_text(refreshed(text, deployment), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
