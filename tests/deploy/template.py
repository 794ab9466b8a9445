"""The template as CloudFormation reads it: with parameters, conditions and functions resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias, cast

import attrs
import yaml

from deploy.resolvers import TEMPLATE

Document: TypeAlias = "Mapping[str, object]"

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "stack",
}
NO_VALUE = object()
"""What a property is that is not there."""

GIVEN = {
    "CodeBucket": "bucket",
    "CodeKey": "fanscore-arm64.zip",
    "LnaaUrl": "https://lnaa.example",
    "LnaaTokenSecret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:lnaa-AbCdEf",
    "NotificationUrl": "https://notification.example",
    "SyncUrl": "https://sync.example",
    "UserPoolCaseSensitive": "false",
}
"""What must be given to deploy it."""

_in_text = re.compile(r"\$\{([\w:.]+)\}")


class _Loader(yaml.SafeLoader):
    """Reads ``!Ref x`` as ``{"Ref": "x"}``, and so on."""


def _construct(loader: _Loader, suffix: str, node: yaml.Node) -> object:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(cast("yaml.MappingNode", node), deep=True)}


_Loader.add_multi_constructor("!", _construct)


def read_template() -> Document:
    """Read the template, its functions unresolved."""
    return parsed(TEMPLATE.read_text(encoding="utf-8"))


def parsed(text: str) -> Document:
    """Read a template, its functions unresolved."""
    return cast("Document", yaml.load(text, _Loader))  # noqa: S506  # a safe loader, with tags


@attrs.frozen
class Template:
    """The template, deployed.

    Attributes:
        document: as it is written.
        parameters: all of them.
    """

    document: Document
    parameters: Mapping[str, str]

    def resource(self, name: str) -> Document:
        """Give the properties of a resource."""
        return section(self.resolved(section(self.document, "Resources")[name]), "Properties")

    def resources(self, kind: str) -> Mapping[str, Document]:
        """Give the properties of the resources of a kind that there are, by name."""
        return {name: self.resource(name) for name in self.made() if self.kind(name) == kind}

    def kind(self, name: str) -> object:
        """Give the type of a resource."""
        return section(section(self.document, "Resources"), name)["Type"]

    def made(self) -> frozenset[str]:
        """Name the resources that there are."""
        written = section(self.document, "Resources")
        return frozenset(name for name in written if self._is_made(section(written, name)))

    def global_variables(self) -> Document:
        """Give the environment that all functions have."""
        function = section(section(self.document, "Globals"), "Function")
        return section(section(function, "Environment"), "Variables")

    def resolved(self, value: object) -> object:  # noqa: PLR0911  # one line for each function
        """Resolve the functions in a value; what is known only once deployed stands for itself."""
        match value:
            case {"Ref": str(name)}:
                return self._referenced(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return f"{name}.{attribute}"
            case {"Fn::If": [str(name), then, otherwise]}:
                return self.resolved(then if self.holds({"Condition": name}) else otherwise)
            case {"Fn::FindInMap": [str(name), str(first), str(second)]}:
                found = section(section(section(self.document, "Mappings"), name), first)
                return found[second]
            case {"Fn::Join": [str(separator), list(values)]}:
                return separator.join(map(str, cast("list[object]", self.resolved(values))))
            case {"Fn::Sub": str(text)}:
                return self._substituted(text, {})
            case {"Fn::Sub": [str(text), dict(names)]}:
                return self._substituted(text, cast("Document", self.resolved(names)))
            case dict():
                members = {name: self.resolved(each) for name, each in value.items()}
                return {name: each for name, each in members.items() if each is not NO_VALUE}
            case list():
                items = [self.resolved(each) for each in value]
                return [each for each in items if each is not NO_VALUE]
            case _:
                return value

    def holds(self, condition: object) -> bool:
        """Tell whether a condition holds."""
        match condition:
            case {"Condition": str(name)}:
                return self.holds(section(self.document, "Conditions")[name])
            case {"Fn::Equals": [one, other]}:
                return self.resolved(one) == self.resolved(other)
            case {"Fn::Not": [one]}:
                return not self.holds(one)
            case {"Fn::And": list(all_of)}:
                return all(map(self.holds, all_of))
            case _:
                raise AssertionError(condition)

    def _is_made(self, resource: Document) -> bool:
        return "Condition" not in resource or self.holds({"Condition": resource["Condition"]})

    def _referenced(self, name: str) -> object:
        if name == "AWS::NoValue":
            return NO_VALUE
        known = {**PSEUDO, **self.parameters}
        if name not in known:
            assert name in self.made(), name
        return known.get(name, name)

    def _substituted(self, text: str, names: Document) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name in names:
                return str(names[name])
            return name if "." in name else str(self._referenced(name))

        return _in_text.sub(value, text)


def deployed(**given: str) -> Template:
    """Deploy the template with what must be given, and some parameters besides."""
    return deployed_text(TEMPLATE.read_text(encoding="utf-8"), {**GIVEN, **given})


def deployed_text(text: str, given: Mapping[str, str]) -> Template:
    """Deploy a template with some parameters."""
    document = parsed(text)
    defaults = {
        name: str(section(section(document, "Parameters"), name).get("Default"))
        for name in section(document, "Parameters")
    }
    return Template(document, {**defaults, **given})


def section(document: object, name: str) -> Document:
    """Give a member of a document that is one itself."""
    assert isinstance(document, Mapping)
    found = document[name]
    assert isinstance(found, Mapping), name
    return found


def items(document: object, name: str) -> list[Document]:
    """Give a member of a document that is a list of documents."""
    assert isinstance(document, Mapping)
    found = document[name]
    assert isinstance(found, list), name
    return found
