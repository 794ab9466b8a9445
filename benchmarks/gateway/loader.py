"""Asks over HTTP, on connections that are kept, and times each answer."""

from __future__ import annotations

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping, Sequence
from contextlib import closing
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import urlsplit

import attrs


@attrs.frozen
class Target:
    """A GraphQL request, and where it goes.

    Attributes:
        url: of the endpoint.
        query: the text of the document.
        variables: its variables.
        headers: that tell who asks.
        expected: the response, which each answer has to be.
    """

    url: str
    query: str
    variables: Mapping[str, object]
    headers: Mapping[str, str]
    expected: object

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    @property
    def request(self) -> bytes:
        """The request as HTTP/1.1 has it."""
        body = json.dumps({"query": self.query, "variables": self.variables}).encode()
        headers = {
            "host": "{}:{}".format(*self.address),
            "content-type": "application/json",
            "content-length": str(len(body)),
            **self.headers,
        }
        lines = [f"POST {urlsplit(self.url).path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


@attrs.frozen
class Timed:
    """What asking came to.

    Attributes:
        took_s: how long each answer took.
        total_s: from the first request to the last answer.
    """

    took_s: Sequence[float]
    total_s: float

    @property
    def p50_s(self) -> float:
        """The median."""
        return median(self.took_s)

    @property
    def p99_s(self) -> float:
        """The 99th percentile."""
        return quantiles(self.took_s, n=100)[-1]

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.took_s) / self.total_s


def ask(target: Target, requests: int, connections: int = 1) -> Timed:
    """Ask on several connections at a time, each as soon as it has its last answer.

    Raises:
        AssertionError: an answer is not the one expected.
    """
    return asyncio.run(_ask(target, requests, connections))


async def _ask(target: Target, requests: int, connections: int) -> Timed:
    streams = [await asyncio.open_connection(*target.address) for _ in range(connections)]
    started_at = perf_counter()
    took = await asyncio.gather(
        *(_ask_on(target, requests // connections, *each) for each in streams)
    )
    return Timed([each for one in took for each in one], perf_counter() - started_at)


async def _ask_on(
    target: Target, requests: int, reader: StreamReader, writer: StreamWriter
) -> list[float]:
    request, took_s, answers = target.request, [], set()
    with closing(writer):
        for _ in range(requests):
            started_at = perf_counter()
            writer.write(request)
            answers.add(await _read(reader))
            took_s.append(perf_counter() - started_at)
    assert all(json.loads(each) == target.expected for each in answers), answers
    return took_s


async def _read(reader: StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert head.startswith(b"http/1.1 200 "), head
    _, _, rest = head.partition(b"\r\ncontent-length:")
    return await reader.readexactly(int(rest.partition(b"\r\n")[0]))
