"""The parts of the template that an API of one's own adds: its tables, functions and settings.

What stands in the template for them is called ``MadeXxx``, ``NameOfXxx``, ``ArnOfXxx`` or
``ValueOfXxx``. Nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs

from fanscore_adapters.items.operations import Lookup, PrefixRead, Write
from fanscore_core.systems import DEMAND, TABLES

ACTIONS: Mapping[type[Lookup | PrefixRead | Write], str] = {
    Lookup: "dynamodb:BatchGetItem",
    PrefixRead: "dynamodb:Query",
    Write: "dynamodb:PutItem",
}
"""The action that each kind of declaration takes, as the adapter of DynamoDB performs it."""

_is_api = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII).fullmatch
_is_system = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+").fullmatch
_is_ours = frozenset(TABLES).__contains__
_is_setting = re.compile(r"(?!AWS_|FANSCORE_|LAMBDA_)[A-Z][A-Z0-9]*(_[A-Z0-9]+)*").fullmatch


_GRANTED: Mapping[str, frozenset[str]] = {
    **{table: frozenset({ACTIONS[Lookup]}) for table in TABLES},
    DEMAND: frozenset(ACTIONS.values()),
}
"""What the resolver may do with fanscore's tables anyway; to demand it writes under fans' keys."""


def _each(matches: Callable[[str], object]) -> Callable[[object, object, Iterable[str]], None]:
    def check(_: object, attribute: object, names: Iterable[str]) -> None:
        for name in names:
            if not matches(name):
                what = getattr(attribute, "name", "")
                message = f"{what}: {name!r} cannot be such a name"
                raise ValueError(message)

    return check


@attrs.frozen(kw_only=True)
class Own:
    """What an API has beside the tables and functions that every stack of fanscore has.

    Attributes:
        api: where the API is found, such as ``presale.api:PRESALE``; empty for fanscore's.
        tables: the actions that the resolver needs on each table, in IAM's words.
        shared: the same, of fanscore's four tables.
        functions: the Lambda functions that the resolver calls.
        settings: more variables of the resolver's environment, such as ``PARTNER_URL``.

    Raises:
        ValueError: a name that nothing in AWS or Python can have, or a setting of fanscore's, of
            AWS's or of Lambda's.
    """

    api: str = attrs.field(default="")
    tables: Mapping[str, frozenset[str]] = attrs.field(factory=dict, validator=_each(_is_system))
    shared: Mapping[str, frozenset[str]] = attrs.field(factory=dict, validator=_each(_is_ours))
    functions: Sequence[str] = attrs.field(default=(), validator=_each(_is_system))
    settings: Sequence[str] = attrs.field(default=(), validator=_each(_is_setting))

    @api.validator
    def _check_api(self, _: object, text: str) -> None:
        if text and not _is_api(text):
            message = f"api: expected module:NAME, and not {text!r}"
            raise ValueError(message)


def actions(rows: Iterable[Lookup | PrefixRead | Write]) -> Mapping[str, frozenset[str]]:
    """Return the actions that declarations take, by table."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.table, set()).add(ACTIONS[type(row)])
    return {table: frozenset(names) for table, names in found.items()}


def parts(own: Own) -> Mapping[str, str]:
    """Return the text of each part, by its name."""
    return {
        "own-parameter-groups": _lines(_parameter_groups(own)),
        "own-parameters": _lines(_parameters(own)),
        "own-conditions": _lines(_conditions(own)),
        "own-settings": _lines(_settings(own)),
        "own-statements": _lines(_statements(own)),
        "own-tables": _lines(_tables(own)),
        "own-outputs": _lines(_outputs(own)),
    }


def parameter_of_table(name: str) -> str:
    """Return the parameter that names a table which exists already."""
    return f"NameOf{_camel(name)}"


def parameter_of_function(name: str) -> str:
    """Return the parameter that has the ARN of a function."""
    return f"ArnOf{_camel(name)}"


def parameter_of_setting(name: str) -> str:
    """Return the parameter that has the value of a setting."""
    return f"ValueOf{_camel(name.lower())}"


def _parameter_groups(own: Own) -> Iterator[str]:
    names = [
        *map(parameter_of_table, sorted(own.tables)),
        *map(parameter_of_function, sorted(own.functions)),
        *map(parameter_of_setting, sorted(own.settings)),
    ]
    if names:
        yield "- Label: {default: What this API has beside fanscore's}"
        yield f"  Parameters: [{', '.join(names)}]"


def _parameters(own: Own) -> Iterator[str]:
    for name in sorted(own.tables):
        yield f"{parameter_of_table(name)}:"
        yield "  Type: String"
        yield f"  Description: Name of an existing {name}; empty to make one."
        yield '  Default: ""'
        yield '  AllowedPattern: "^([A-Za-z0-9_.-]{3,255})?$"'
    for name in sorted(own.functions):
        yield f"{parameter_of_function(name)}:"
        yield "  Type: String"
        yield f"  Description: ARN of the function; empty for the one named {name}."
        yield '  Default: ""'
        yield f'  AllowedPattern: "{_ARN}"'
    for name in sorted(own.settings):
        yield f"{parameter_of_setting(name)}:"
        yield "  Type: String"
        yield f"  Description: The setting {name}."


def _conditions(own: Own) -> Iterator[str]:
    for name in sorted(own.tables):
        yield f'{_makes(name)}: !Equals [!Ref {parameter_of_table(name)}, ""]'
    for name in sorted(own.functions):
        yield f'{_names(name)}: !Not [!Equals [!Ref {parameter_of_function(name)}, ""]]'


def _settings(own: Own) -> Iterator[str]:
    if own.api:
        yield f'FANSCORE_API: "{own.api}"'
    for name in sorted(own.tables):
        yield f"FANSCORE_TABLE_{name.upper()}: {_name_of(name)}"
    for name in sorted(own.functions):
        yield f"FANSCORE_FUNCTION_{name.upper()}: !Ref {parameter_of_function(name)}"
    for name in sorted(own.settings):
        yield f"{name}: !Ref {parameter_of_setting(name)}"


def _statements(own: Own) -> Iterator[str]:
    for name in sorted(own.tables):
        yield from _table_statement(name, own.tables[name], _made(name), parameter_of_table(name))
    for name in sorted(own.shared):
        more = own.shared[name] - _GRANTED[name]
        yield from _table_statement(name, more, _camel(name), f"{_camel(name)}Name")
    for name in sorted(own.functions):
        yield f"- Sid: Ask{_camel(name)}"
        yield "  Effect: Allow"
        yield "  Action: lambda:InvokeFunction"
        yield "  Resource: !If"
        yield f"    - {_names(name)}"
        yield f"    - !Ref {parameter_of_function(name)}"
        yield f"    - !Sub {_HERE.format('lambda')}:function:{name}"


def _table_statement(
    name: str, allowed: frozenset[str], made: str, parameter: str
) -> Iterator[str]:
    if allowed:
        yield f"- Sid: Use{_camel(name)}"
        yield "  Effect: Allow"
        yield f"  Action: [{', '.join(sorted(allowed))}]"
        yield "  Resource: !If"
        yield f"    - {_makes(name)}"
        yield f"    - !GetAtt {made}.Arn"
        yield f"    - !Sub {_HERE.format('dynamodb')}:table/${{{parameter}}}"


def _tables(own: Own) -> Iterator[str]:
    for name in sorted(own.tables):
        yield f"{_made(name)}:"
        yield "  Type: AWS::DynamoDB::Table"
        yield f"  Condition: {_makes(name)}"
        yield from _TABLE.splitlines()


def _outputs(own: Own) -> Iterator[str]:
    if own.api:
        yield "ResolverRoleName:"
        yield "  Description: The role of the resolver, for policies that its own adapters need."
        yield "  Value: !Ref ResolverRole"
    for name in sorted(own.tables):
        yield f"{parameter_of_table(name)}:"
        yield f"  Description: {name}."
        yield f"  Value: {_name_of(name)}"


_ARN = "^(arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?)?$"
_HERE = "arn:${{AWS::Partition}}:{}:${{AWS::Region}}:${{AWS::AccountId}}"
_TABLE = """\
  DeletionPolicy: Retain
  UpdateReplacePolicy: Retain
  Properties:
    BillingMode: PAY_PER_REQUEST
    AttributeDefinitions:
      - {AttributeName: PK, AttributeType: S}
      - {AttributeName: SK, AttributeType: S}
    KeySchema:
      - {AttributeName: PK, KeyType: HASH}
      - {AttributeName: SK, KeyType: RANGE}
    DeletionProtectionEnabled: !If [IsLocal, false, true]
    PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
    SSESpecification: {SSEEnabled: true}
"""


def _makes(table: str) -> str:
    return f"Makes{_camel(table)}"


def _made(table: str) -> str:
    return f"Made{_camel(table)}"


def _name_of(table: str) -> str:
    return f"!If [{_makes(table)}, !Ref {_made(table)}, !Ref {parameter_of_table(table)}]"


def _names(function: str) -> str:
    return f"Names{_camel(function)}"


def _camel(name: str) -> str:
    """Join the words of a name, so that no two names become the same."""
    words = name.replace("0", "-").split("_")
    joined = "".join(word.capitalize() if word[0].isalpha() else f"00{word}" for word in words)
    return joined.replace("-", "02")


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
