"""The parts of the template that are made from the code: schema, response handler, resolvers.

A part stands between ``# generated: NAME`` and ``# end``. ``python -m deploy.resolvers`` writes all
parts anew; a test checks that they are current.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent

import attrs

from deploy import own
from deploy.own import Own
from fanscore_appsync.fields import FIELDS, NAMESPACES, Field
from fanscore_appsync.resolvers.cloudformation import References, code_map, literal, resolvers
from fanscore_appsync.resolvers.schema import shipped_schema, without_extensions

TEMPLATE = Path(__file__).with_name("template.yaml")

REFERENCES = References(
    "!GetAtt Api.ApiId", "!GetAtt ResolverDataSource.Name", "!GetAtt NoDataSource.Name", "Schema"
)
"""What resolvers need, by its names in the template."""

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

    schema: str = attrs.field(factory=shipped_schema, converter=without_extensions, repr=False)
    fields: Mapping[str, Field] = FIELDS
    namespaces: frozenset[str] = NAMESPACES
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
    parts = deployment.parts

    def part(found: re.Match[str]) -> str:
        margin, name = found[1], found[2]
        return f"{margin}# generated: {name}\n{indent(parts[name], margin)}{margin}# end"

    return _PART.sub(part, text)


def main() -> None:
    """Write the generated parts of the template."""
    TEMPLATE.write_text(refreshed(TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
