"""Reporting what went wrong to the log, without anything of a fan's in it."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from uuid import uuid4

from fanscore_core.errors import PipelineError

_log = logging.getLogger("fanscore")


def report(error: BaseException) -> str:
    """Log an unforeseen error, and give the id to find it by.

    The line holds the types of the error and its causes, and where they were raised. Messages
    stay out, for they may quote what a fan typed; those of our own mistakes do not.
    """
    found_by = str(uuid4())
    _log.error(json.dumps({"id": found_by, "errors": [_facts(each) for each in _chain(error)]}))
    return found_by


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _facts(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "type": type(error).__name__,
        "message": str(error) if isinstance(error, PipelineError) else None,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
