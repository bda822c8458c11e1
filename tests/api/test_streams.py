"""Streams end with the right to read them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backstage import Container, Identity, Role
from backstage.api import backstage_app
from backstage.domain.event_log import NewEvent
from backstage.domain.followed_event import EventKind
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from backstage.pages import while_admitted
from tests.api.conftest import Api, client


@pytest.mark.parametrize("path", ["/v1/live", "/v1/tasks/{id}/events", "/live", "/tasks/{id}/told"])
async def test_a_stream_ends_when_its_token_is_revoked(api: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(while_admitted, "ASK_AGAIN", 0.01)
    task = await api.container.enqueue("email:send")
    has_told = asyncio.Event()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            await send(message)
            if message.get("body"):
                has_told.set()

        await api.app(scope, receive, sent)

    viewer = client(watched, Authorization=f"Bearer {api.secrets[Role.VIEWER]}")
    stream = asyncio.create_task(viewer.get(path.format(id=task.id)))
    async with asyncio.timeout(30):
        await has_told.wait()
        [token] = [each for each in await api.container.list_tokens() if each.role is Role.VIEWER]
        await api.container.revoke_token(token.id)
        assert (await stream).status_code == 200
    assert (await viewer.get("/v1/me")).status_code == 401


async def test_a_reader_goes_on_at_a_server_that_was_started_anew(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tasks.db"
    async with Container.open(url) as container:
        secret = (await container.create_token("ada", Role.VIEWER, may_read_payloads=True)).secret
        await container.enqueue("a")
        request = ClaimRequest(worker_id="w1", types=frozenset({"a"}), queues=None, limit=1, lease=300.0)
        [task] = (await container.backend.queue.claim(request)).tasks
        await container.backend.task_events.append([_chunk(task, place) for place in (1, 2)])
        seen = [each async for each in _first_chunks(container, secret, task, 2)]
        assert seen == ["1", "2"]
    async with Container.open(url) as container:
        await container.backend.task_events.append([_chunk(task, place) for place in (3, 4)])
        await container.backend.queue.settle([task.completed()])
        async with client(backstage_app(container), Authorization=f"Bearer {secret}") as http:
            rest = await http.get(f"/v1/tasks/{task.id}/events", headers={"Last-Event-ID": seen[-1]})
    assert re.findall(r"id: (\d+)\nevent: chunk", rest.text) == ["3", "4"]
    assert rest.text.endswith("event: end\ndata: {}\n\n")


@pytest.mark.parametrize("path", ["/v1/live", "/v1/tasks/{id}/events", "/live"])
async def test_many_readers_cost_the_store_as_much_as_one_and_leave_nothing_behind(api: Api, path: str) -> None:
    task, asked = await api.container.enqueue("email:send"), Counter[str]()
    for port, name in ((api.container.backend.tasks, "counts"), (api.container.backend.task_events, "standings")):
        setattr(port, name, _counted(asked, getattr(port, name)))
    before = asyncio.all_tasks()
    secret = api.secrets[Role.VIEWER]
    readers = [_Reader(api.app, path.format(id=task.id), secret) for _ in range(50)]
    async with asyncio.timeout(20):
        await asyncio.gather(*(reader.has_told.wait() for reader in readers))
        assert asked.total() < len(readers)
        for reader in readers:
            reader.leave()
        while asyncio.all_tasks() - before:
            await asyncio.wait(asyncio.all_tasks() - before)
    assert api.app.state.live.readers == 0


class _Reader:
    """A client of a stream, on a connection of its own."""

    def __init__(self, app: Any, path: str, secret: str = "none") -> None:
        self.has_told, self._leaves = asyncio.Event(), asyncio.Event()
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"backstage.test"), (b"authorization", f"Bearer {secret}".encode())],
            "client": ("192.0.2.1", 1234),
            "server": ("backstage.test", 80),
            "scheme": "http",
            "root_path": "",
        }
        self.answer = asyncio.create_task(app(scope, self._receive, self._send))

    def leave(self) -> None:
        self._leaves.set()

    async def _receive(self) -> Any:
        await self._leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message.get("body"):
            self.has_told.set()


def _chunk(task: Task, place: int) -> NewEvent:
    return NewEvent(task.id, task.fence, place=place, attempt=1, kind=EventKind.CHUNK, data_json=f'"{place}"')


async def _first_chunks(container: Container, secret: str, task: Task, number: int) -> AsyncIterator[str]:
    """The ids of the first chunks that the stream of a server tells, before it is stopped."""
    told: asyncio.Queue[str] = asyncio.Queue()
    app = backstage_app(container)

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            for id_ in re.findall(r"id: (\d+)\nevent: chunk", message.get("body", b"").decode()):
                told.put_nowait(id_)

        await app(scope, receive, sent)

    http = client(watched, Authorization=f"Bearer {secret}")
    stream = asyncio.create_task(http.get(f"/v1/tasks/{task.id}/events"))
    async with asyncio.timeout(30):
        for _ in range(number):
            yield await told.get()
    stream.cancel()
    await asyncio.wait({stream})


def _counted(asked: Counter[str], call: Any) -> Any:
    async def counted(*arguments: Any, **options: Any) -> Any:
        asked[call.__name__] += 1
        return await call(*arguments, **options)

    return counted


async def test_a_stream_ends_when_the_rights_of_its_reader_change(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(while_admitted, "ASK_AGAIN", 0.01)
    may_read_payloads = True
    app = backstage_app(api.container, authorize=lambda request: Identity("ada", Role.VIEWER, may_read_payloads))
    task = await api.container.enqueue("email:send")
    readers = [_Reader(app, path) for path in ("/v1/live", f"/v1/tasks/{task.id}/events", "/live")]
    async with asyncio.timeout(30):
        await asyncio.gather(*(reader.has_told.wait() for reader in readers))
        may_read_payloads = False
        await asyncio.gather(*(reader.answer for reader in readers))
