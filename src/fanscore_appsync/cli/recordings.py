"""Files of recordings: every question and answer of one run, to run it again without a system.

A file is lines of JSON. The first says that it holds personal data, and has the SHA-256 of all
bytes after it; then come what the run was asked for, a line for each question with its answer, in
order, and the response.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import cast

import attrs

from fanscore_adapters.documents.policy import parse_policy, policy_text
from fanscore_adapters.documents.typed_values import TypedValues
from fanscore_appsync.api import Api
from fanscore_core.engine.question import Answered, Question
from fanscore_core.errors import InvalidInput
from fanscore_core.policy import ScorePolicy

NOTICE = (
    "This file holds personal data: what systems answered about a fan. "
    "Give it to nobody whom the case does not concern, and delete it when the case is closed."
)

MAX_BYTES = 32 * 1024 * 1024
"""Of a file that is read; a recording of a score has a few thousand."""

NO_RECORDING = "no recording, or not as it was written"


@attrs.frozen
class Recorded:
    """A run that was recorded.

    Attributes:
        code: the version of fanscore that ran.
        api: the name of its API, as ``--api`` takes it; ``None`` for the shipped one.
        arguments: of the field, by name.
        policy: that decided.
        answers: the questions and their answers, in order.
        response: to an event that asks for an envelope; JSON.
    """

    code: str
    api: str | None
    arguments: Mapping[str, str]
    policy: ScorePolicy
    answers: Sequence[tuple[Question[object], Answered]]
    response: object


def check_new_file(path: str) -> None:
    """See that a new file can be made at a path, before anything is asked.

    Raises:
        InvalidInput: something has this name, or there is no folder for it.
    """
    if os.path.lexists(path):
        raise InvalidInput("--record", f"{path}: exists already")
    if not Path(path).parent.is_dir():
        raise InvalidInput("--record", f"{path}: No such file or directory")


def write_recording(path: str, recorded: Recorded, api: Api) -> None:
    """Write a recording into a new file that its owner alone may read.

    Raises:
        InvalidInput: a value is of a type that cannot be recorded.
        OSError: there is such a file, or it cannot be written; then none is left of it.
    """
    content = _content(recorded, _values(api))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except BaseException:
        with suppress(OSError):
            Path(path).unlink()
        raise


def read_recording(path: str, api: Api, named: str | None = None) -> Recorded:
    """Read a recording.

    Args:
        path: of the file.
        api: whose questions it may hold.
        named: the name of the API; ``None`` for the shipped one.

    Raises:
        InvalidInput: the file cannot be read, is not a recording, was changed, or holds what the
            API does not know.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(path, f"cannot be read: {error.strerror}") from error
    first, _, rest = content.partition(b"\n")
    if len(content) > MAX_BYTES or first + b"\n" != _first_line(rest):
        raise InvalidInput(path, NO_RECORDING)
    try:
        return _recorded(rest, api, named)
    except InvalidInput as error:
        raise InvalidInput(path, str(error)) from error
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        raise InvalidInput(path, NO_RECORDING) from error


def _content(recorded: Recorded, values: TypedValues) -> bytes:
    head = {
        "code": recorded.code,
        "api": recorded.api,
        "arguments": recorded.arguments,
        "policy": policy_text(recorded.policy),
    }
    answers = [
        {"question": values.write(question), "answered": values.write(answered)}
        for question, answered in recorded.answers
    ]
    documents = [head, *answers, {"response": recorded.response}]
    rest = "".join(f"{json.dumps(each)}\n" for each in documents).encode("ascii")
    return _first_line(rest) + rest


def _first_line(rest: bytes) -> bytes:
    """Return the first line of a file, by the bytes after it: it has no other freedom."""
    line = {"notice": NOTICE, "fanscore_recording": 1, "sha256": sha256(rest).hexdigest()}
    return f"{json.dumps(line)}\n".encode("ascii")


def _recorded(rest: bytes, api: Api, named: str | None) -> Recorded:
    head, *answers, end = map(json.loads, rest.decode("ascii").splitlines())
    arguments = {**head["arguments"]}
    texts = (head["code"], head["policy"], *chain.from_iterable(arguments.items()))
    if not all(type(each) is str for each in texts) or type(head["api"]) not in {str, type(None)}:
        raise InvalidInput("head", "expected strings")
    if head["api"] != named:
        expected = f"--api {head['api']}" if head["api"] else "none"
        raise InvalidInput("api", f"expected {expected}")
    policy, values = parse_policy(head["policy"], api.signals), _values(api)
    pairs = [(values.read(each["question"]), values.read(each["answered"])) for each in answers]
    if not all(isinstance(asked, Question) and type(got) is Answered for asked, got in pairs):
        raise InvalidInput("answers", "expected questions and their answers")
    known = cast("Sequence[tuple[Question[object], Answered]]", pairs)
    return Recorded(head["code"], head["api"], arguments, policy, known, end["response"])


def _values(api: Api) -> TypedValues:
    connected = chain.from_iterable(each.systems for each in api.connectors)
    asked = (*api.operations.systems, *api.calls, *connected)
    return TypedValues((*asked, cast("type[Question[object]]", Answered)))
