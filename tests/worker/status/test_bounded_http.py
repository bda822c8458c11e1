"""Whoever connects to the status port, others are answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from backstage import Worker
from backstage.worker.status import bounded_http
from backstage.worker.status.bounded_http import LONGEST_HEAD, MOST_CONNECTIONS
from backstage.worker.status.server import StatusServer

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def port() -> AsyncIterator[int]:
    worker = Worker("memory://", silent=True)
    async with StatusServer(worker, "127.0.0.1", 0, stuck_after=60) as status, worker:
        yield status.port


@pytest.fixture
async def connections(port: int) -> AsyncIterator[list[Connection]]:
    """More than the server keeps, each connected and silent."""
    async with AsyncExitStack() as stack:
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2 * MOST_CONNECTIONS)]
        for _, writer in opened:
            stack.callback(writer.close)
        yield opened


async def status_of(port: int, path: str = "/health/live") -> int:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return (await client.get(f"http://127.0.0.1:{port}{path}")).status_code


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What was answered until the server closed the connection."""
    async with asyncio.timeout(20):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def test_liveness_is_answered_beside_more_idle_connections_than_are_kept(
    port: int, connections: list[Connection]
) -> None:
    assert [await status_of(port) for _ in range(3)] == [200, 200, 200]
    assert await ended(connections[0][0]) == b""  # the one that was idle for longest made room


async def test_liveness_is_answered_beside_connections_that_never_finish_a_request(
    port: int, connections: list[Connection]
) -> None:
    for _, writer in connections:
        writer.write(b"GET /health HTTP/1.1\r\nX-Slow: ")
    assert await status_of(port) == 200


async def test_headers_have_a_limit(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health/live HTTP/1.1\r\n")
    line = b"X-Filler: " + b"x" * 1000 + b"\r\n"
    writer.write(line * (LONGEST_HEAD // len(line) + 1))
    assert (await ended(reader)).startswith(b"HTTP/1.1 431 ")
    writer.close()
    assert await status_of(port) == 200


async def test_a_body_that_comes_in_one_piece_with_its_head_does_not_count(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length = 2 * LONGEST_HEAD
    head = b"GET /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length
    writer.write(head + b"x" * length + b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await ended(reader)).count(b"HTTP/1.1 200 ") == 2
    writer.close()


async def test_a_later_request_of_a_connection_has_the_same_limit(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
    writer.write(b"GET /health/live HTTP/1.1\r\n")
    await writer.drain()
    writer.write(b"X-Filler: " + b"x" * 2 * LONGEST_HEAD)
    assert (await ended(reader)).startswith(b"HTTP/1.1 431 ")
    writer.close()


async def test_a_head_that_comes_in_one_piece_with_a_request_before_it_has_the_limit_too(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    filler = b"X-Filler: " + b"x" * 2 * LONGEST_HEAD
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/live HTTP/1.1\r\n" + filler)
    assert b"HTTP/1.1 431 " in await ended(reader)
    writer.close()


async def test_a_request_that_does_not_come_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_http, "HEAD_WITHIN", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health/live HTTP/1.1\r\n")
    assert await ended(reader) == b""
    writer.close()
