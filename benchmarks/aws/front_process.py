"""The process of a front: serves on a free port, says which, and ends with its standard input.

It needs the standard library alone, and starts fast.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections import Counter
from contextlib import closing, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

FUNCTIONS = "/functions/"
"""What the path of a call of a function holds."""


class Message(NamedTuple):
    """A request or a response as HTTP/1.1 has it."""

    head: bytes
    body: bytes

    @property
    def start(self) -> list[str]:
        """The parts of the first line."""
        return self.head.partition(b"\r\n")[0].decode().split()


class Front:
    """Answers requests, and keeps what was asked."""

    def __init__(
        self, upstream: str, delay_s: float, lambda_s: float, answers: dict[str, object]
    ) -> None:
        """Say where to pass calls on to, how much later, what a function takes, and its answers."""
        self._upstream = urlsplit(upstream)
        self._delay_s = delay_s
        self._lambda_s = lambda_s
        self._answers = {part: _ok(document) for part, document in answers.items()}
        self._forget()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve a connection, with one of its own to the server behind."""
        behind = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        with closing(behind[1]), closing(writer), suppress(IncompleteReadError, ConnectionError):
            while True:
                request = await _read(reader)
                if request.start[1] == "/_asked":
                    writer.write(self._tell(request))
                else:
                    with self:
                        writer.write(await self._answer(request, *behind))
                await writer.drain()

    def __enter__(self) -> None:
        self._rounds += not self._under_way
        self._under_way += 1

    def __exit__(self, *_: object) -> None:
        self._under_way -= 1

    async def _answer(self, request: Message, reader: StreamReader, writer: StreamWriter) -> bytes:
        self._calls[_operation(request)] += 1
        await asyncio.sleep(self._delay_s)
        if FUNCTIONS in request.start[1]:
            await asyncio.sleep(self._lambda_s)
        for part, answer in self._answers.items():
            if part in request.start[1]:
                return answer
        writer.write(b"".join(request))
        return b"".join(await _read(reader))

    def _tell(self, request: Message) -> bytes:
        if request.start[0] == "DELETE":
            self._forget()
        return _ok({"calls": self._calls, "rounds": self._rounds})

    def _forget(self) -> None:
        self._calls: Counter[str] = Counter()
        self._rounds = self._under_way = 0


async def _read(reader: StreamReader) -> Message:
    head = await reader.readuntil(b"\r\n\r\n")
    return Message(head, await reader.readexactly(int(_header(head, "content-length") or 0)))


def _operation(request: Message) -> str:
    if FUNCTIONS in request.start[1]:
        return "Invoke"
    return _header(request.head, "x-amz-target").rpartition(".")[2] or request.start[0]


def _header(head: bytes, name: str) -> str:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
    return next((value.strip() for key, _, value in lines if key.lower() == name), "")


def _ok(document: object) -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


async def main(host: str, upstream: str, delay_s: str, lambda_s: str, answers: str) -> None:
    """Serve until standard input ends."""
    front = Front(upstream, float(delay_s), float(lambda_s), json.loads(answers))
    async with await asyncio.start_server(front.serve, host, 0, backlog=256) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
