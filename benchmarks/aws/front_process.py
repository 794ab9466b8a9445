"""The process of a front: serves on a free port, says which, and ends with its standard input.

It needs the standard library alone, and starts fast.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio import CancelledError, IncompleteReadError, StreamReader, StreamWriter
from collections import Counter
from contextlib import closing, suppress
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

FUNCTIONS = "/functions/"
"""What the path of a call of a function holds."""

REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
ENDS = (IncompleteReadError, ConnectionError, CancelledError)
"""How a connection ends: by the client, by a fault, and with the process."""

FAULTS = ("refused", "cut off", "answer lost")
END = b"\r\n\r\n"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


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

    def __init__(  # what it is started with
        self,
        upstream: str,
        delay_s: float,
        lambda_s: float,
        answers: dict[str, object],
        fails: float,
        seed: int,
    ) -> None:
        """Say where to pass calls on to, how much later, what a function takes, and its answers.

        The share of calls that fails, so many of 1, is refused, cut off before it is passed on, or
        after, so that the answer is lost, in turns.
        """
        self._upstream = urlsplit(upstream)
        self._delay_s = delay_s
        self._lambda_s = lambda_s
        self._answers = {part: _ok(document) for part, document in answers.items()}
        self._fails, self._random = fails, Random(seed)  # no secret
        self._forget()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve a connection, with one of its own to the server behind."""
        behind = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        with closing(behind[1]), closing(writer), suppress(*ENDS):
            while True:
                request = await _read_request(reader, writer)
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
        fault = self._fault()
        await asyncio.sleep(self._delay_s)
        if fault == "refused":
            return REFUSED
        if fault == "cut off":
            raise ConnectionError
        if FUNCTIONS in request.start[1]:
            await asyncio.sleep(self._lambda_s)
        for part, answer in self._answers.items():
            if part in request.start[1]:
                return answer
        writer.write(b"".join(request))
        answer = b"".join(await _read(reader, has_body=request.start[0] != "HEAD"))
        if fault == "answer lost":
            raise ConnectionError
        return answer

    def _fault(self) -> str:
        if self._random.random() >= self._fails:
            return ""
        fault = FAULTS[self._faults.total() % len(FAULTS)]
        self._faults[fault] += 1
        return fault

    def _tell(self, request: Message) -> bytes:
        if request.start[0] == "DELETE":
            self._forget()
        return _ok({"calls": self._calls, "rounds": self._rounds, "faults": self._faults})

    def _forget(self) -> None:
        self._calls: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._rounds = self._under_way = 0


async def _read_request(reader: StreamReader, writer: StreamWriter) -> Message:
    head = await reader.readuntil(END)
    if _header(head, "expect"):
        writer.write(GO_ON)
        head = b"\r\n".join(
            line for line in head.split(b"\r\n") if not line.lower().startswith(b"expect:")
        )
    return Message(head, await reader.readexactly(_length(head)))


async def _read(reader: StreamReader, *, has_body: bool = True) -> Message:
    head = await reader.readuntil(END)
    return Message(head, await reader.readexactly(_length(head)) if has_body else b"")


def _length(head: bytes) -> int:
    return int(_header(head, "content-length") or 0)


def _operation(request: Message) -> str:
    if FUNCTIONS in request.start[1]:
        return "Invoke"
    if "list-type=" in request.start[1]:
        return "LIST"
    return _header(request.head, "x-amz-target").rpartition(".")[2] or request.start[0]


def _header(head: bytes, name: str) -> str:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
    return next((value.strip() for key, _, value in lines if key.lower() == name), "")


def _ok(document: object) -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


async def main(host: str, options: str) -> None:
    """Serve until standard input ends."""
    front = Front(**json.loads(options))
    async with await asyncio.start_server(front.serve, host, 0, backlog=256) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
