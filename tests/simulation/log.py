"""The log of a schedule, to be read by people."""

from __future__ import annotations

import enum

import attrs

from fanscore_core.engine.question import Question


@attrs.frozen
class Line:
    """One line of the log.

    Attributes:
        second: of the world's clock.
        who: did something.
        what: it was: a text, or a question.
        note: what came of it.
    """

    second: int
    who: str
    what: object
    note: object = ""

    def __str__(self) -> str:
        return f"{self.second:4} s  {self.who:36} {_text(self.what):40} {_text(self.note)}".rstrip()


def _text(value: object) -> str:
    match value:
        case str() | None:
            return value or ""
        case bool():
            return str(value)
        case enum.Enum():
            return str(value.value)
        case Exception():
            return f"{type(value).__name__}: {value}"
        case Question():
            return f"{type(value).__name__}{_details(value)}"
        case _:
            return _details(value) or type(value).__name__


def _details(value: object) -> str:
    """Give the short attributes of a value that matter to a reader."""
    shown = []
    for name in ("expected_version", "attempt", "written", "replaces", "status", "token"):
        detail = getattr(value, name, None)
        if detail is not None:
            shown.append(f"{name}={getattr(detail, 'value', detail)}")
    for name in ("new", "mark", "stored", "session", "record"):
        inner = getattr(value, name, None)
        if inner is not None:
            shown.append(f"{name}={_inner(inner)}")
    return f"({', '.join(shown)})" if shown else ""


def _inner(value: object) -> str:
    version, status = getattr(value, "version", None), getattr(value, "status", None)
    if version is not None:
        return f"version {version}"
    if status is not None:
        return f"{status.value} {getattr(value, 'owner', '')}".strip()
    return type(value).__name__
