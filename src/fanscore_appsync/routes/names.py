"""The names that errors may repeat: those of all arguments, and of demand records."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import attrs

from fanscore_adapters.documents.converter import camel
from fanscore_appsync.fields import FIELDS
from fanscore_core.demand import DemandRecord, StoredDemandRecord


def _classes() -> Iterator[type]:
    """Give the classes of arguments: the attrs classes of each module that has rows."""
    for name in {field.given.__module__ for field in FIELDS.values()}:
        for each in vars(sys.modules[name]).values():
            if isinstance(each, type) and each.__module__ == name and attrs.has(each):
                yield each


NAMES = frozenset(
    camel(member.name)
    for kind in (*_classes(), DemandRecord, StoredDemandRecord)
    for member in attrs.fields(kind)
)
