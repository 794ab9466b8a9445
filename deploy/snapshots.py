"""What a snapshot of the resolver function is of, so that none is used for anything else.

A snapshot is of a published version, which keeps the parameters that it was published with. So the
template is given two more: all others as one text, which it compares with what they are now, and a
digest, which publishes another version wherever it changes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from hashlib import sha256

SNAP_START = "SnapStart"
DIGEST = "SnapshotDigest"
OF = "SnapshotOf"

MAX_BYTES = 4096
"""The length of a parameter (CloudFormation, "Understand CloudFormation quotas")."""

_SEPARATOR = "`"
"""Neither URLs nor names have it, and hardly an expression: ``|`` stands in those of clients."""

_SECTION = re.compile(r"^Parameters:\n(.*?)^(?=[A-Z])", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"^  ([A-Za-z0-9]+):$", re.MULTILINE)


def snapshot(template: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Return the two parameters that say what a snapshot is of; empty ones where none is taken.

    Args:
        template: what names it; another one wherever its text is.
        parameters: all of them. The one that names the package differs with the package.

    Raises:
        ValueError: a value has the character that separates them, so that others could make the
            same text; or they are longer together than a parameter may be.
    """
    if parameters.get(SNAP_START) != "true":
        return {DIGEST: "", OF: ""}
    names = _compared(parameters)
    if unclear := [name for name in names if _SEPARATOR in parameters[name]]:
        message = f"{', '.join(unclear)}: with {SNAP_START}, no value may have {_SEPARATOR} in it"
        raise ValueError(message)
    values = _SEPARATOR.join(parameters[name] for name in names)
    if len(values.encode()) > MAX_BYTES:
        message = f"{SNAP_START}: all parameters together have more than {MAX_BYTES:,} bytes"
        raise ValueError(message)
    return {DIGEST: sha256(f"{template}\n{values}".encode()).hexdigest(), OF: values}


def part(template: str) -> str:
    """Return the part of the template that compares what a snapshot is of with what there is.

    Args:
        template: its text, with the parameters of an API of one's own.

    Raises:
        ValueError: it has no parameters.
    """
    section = _SECTION.search(template)
    if section is None:
        message = "a template without parameters"
        raise ValueError(message)
    values = "\n      - ".join(f"!Ref {name}" for name in _compared(_NAME.findall(section[1])))
    return f'- !Equals\n  - !Ref {OF}\n  - !Join\n    - "{_SEPARATOR}"\n    - - {values}\n'


def _compared(names: Collection[str]) -> list[str]:
    return sorted(set(names) - {DIGEST, OF})
