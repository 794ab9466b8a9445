"""Chunks of an event's registrants: what one call of the scoring function scores.

See docs/how-to/score-an-event-on-aws.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import attrs

from fanscore_adapters.documents.json_text import json_text, parse_json
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.ids import RULE, EventId, GlobalUserId, is_id

FANS_OF_A_CHUNK = 2_000

CHUNKS, SCORES = "chunks/", "scores/"
"""Where the chunks of a run and their scores lie, below its prefix."""

_MEMBERS = {"event", "fans"}


@attrs.frozen
class Chunk:
    """Some registrants of an event.

    Attributes:
        event_id: the event.
        fans: at least one, each once.
    """

    event_id: EventId
    fans: tuple[GlobalUserId, ...]


def chunks_of(
    event_id: EventId, fans: Iterable[GlobalUserId], size: int = FANS_OF_A_CHUNK
) -> Iterator[Chunk]:
    """Divide registrants into chunks.

    Args:
        event_id: for which they have registered.
        fans: each once, in any order; taken as they come.
        size: the most fans of a chunk, 1 or more.
    """
    left = iter(fans)
    while some := tuple(islice(left, size)):
        yield Chunk(event_id, some)


def chunk_name(number: int) -> str:
    """Return the name of a chunk's object below ``chunks/``, so that names sort as numbers."""
    return f"{number:06}.json"


def scores_key(chunk_key: str) -> str:
    """Return the key of a chunk's scores: the chunk's own, but under ``scores/``.

    Raises:
        InvalidInput: it is no key of a chunk.
    """
    prefix, slash, name = chunk_key.rpartition("/")
    folder = f"{prefix}{slash}"
    if not name or not (folder == CHUNKS or folder.endswith(f"/{CHUNKS}")):
        raise InvalidInput("chunk", f"expected a key that ends in {CHUNKS} and a name")
    return f"{folder.removesuffix(CHUNKS)}{SCORES}{name}"


def chunk_text(chunk: Chunk) -> str:
    """Write a chunk as JSON."""
    return json_text({"event": chunk.event_id, "fans": list(chunk.fans)})


def read_chunk(content: bytes) -> Chunk:
    """Read a chunk.

    Raises:
        InvalidInput: it is none (``InvalidId`` if an id is not valid); names the path.
    """
    try:
        document = parse_json(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInput("$", "not UTF-8") from error
    if type(document) is not dict or document.keys() != _MEMBERS:
        raise InvalidInput("$", "expected an object of event and fans")
    if not is_id(document["event"]):
        raise InvalidId("event", RULE)
    return Chunk(document["event"], tuple(_fans(document["fans"])))


def _fans(listed: object) -> Sequence[GlobalUserId]:
    if type(listed) is not list or not listed:
        raise InvalidInput("fans", "expected at least one id")
    seen: dict[GlobalUserId, None] = {}
    for index, fan in enumerate(listed):
        if not is_id(fan):
            raise InvalidId(f"fans[{index}]", RULE)
        if fan in seen:
            raise InvalidInput(f"fans[{index}]", "is listed twice")
        seen[fan] = None
    return tuple(seen)
