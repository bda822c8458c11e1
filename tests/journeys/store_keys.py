"""A Redis store's own keys, looked at with nothing of ours in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import redis

from tests.journeys.store_inside import Counts

_STATES = {"p": "pending", "r": "running", "c": "completed", "f": "failed", "x": "cancelled"}
_KEPT = ("task", "attempts", "ended", "ids", "counts", "workflow", "correlation")
"""What a queue may have whose tasks have all ended; the rest is of tasks that wait or run."""
_AT_ONCE = 1000


class StoreKeys:
    def __init__(self, url: str, prefix: str) -> None:
        self._url, self._prefix = url, prefix

    async def counts(self) -> Counts:
        found: Counts = {}
        with self._client() as client:
            for key in self._keys(client, "counts"):
                kept = {name: int(number) for name, number in client.hgetall(key).items()}
                for name, tasks in kept.items():
                    letter, colon, type_ = name.partition(":")
                    number = tasks - kept.get(f"{letter.upper()}:{type_}", 0)
                    if colon and letter in _STATES and number:
                        found[_queue_of(key), type_, _STATES[letter]] = number
        return found

    async def recount(self) -> Counts:
        found: Counter[tuple[str, str, str]] = Counter()
        with self._client() as client:
            tasks = list(self._keys(client, "task:*"))
            for start in range(0, len(tasks), _AT_ONCE):
                some = tasks[start : start + _AT_ONCE]
                pipeline = client.pipeline(transaction=False)
                for key in some:
                    pipeline.hmget(key, "type", "state")
                for key, (type_, state) in zip(some, pipeline.execute(), strict=True):
                    found[_queue_of(key), type_, _STATES[state or "p"]] += 1
        return dict(found)

    async def leftovers(self) -> dict[str, int]:
        with self._client() as client:
            found = Counter(part for key in self._keys(client, "*") if (part := _part_of(key)) not in _KEPT)
        return dict(found)

    async def problems(self) -> list[str]:
        """The indexes of ended tasks must have as many members as there are tasks."""
        tasks: Counter[str] = Counter()
        for (_, _, state), number in (await self.recount()).items():
            tasks[state] += number
        with self._client() as client:
            ended: Counter[str] = Counter()
            listed: Counter[str] = Counter()
            for key in self._keys(client, "ended:*"):
                ended[_STATES[key.rpartition(":")[2]]] += client.zcard(key)
            for key in self._keys(client, "ids:*"):
                listed[_STATES[key.split("}:ids:")[1][0]]] += client.zcard(key)
        states = ("completed", "failed", "cancelled")
        return [
            f"{tasks[state]} tasks are {state}, {ended[state]} ended so, {listed[state]} are listed so"
            for state in states
            if not tasks[state] == ended[state] == listed[state]
        ]

    async def spoil_payload(self, task_id: str) -> None:
        with self._client() as client:
            [key] = self._keys(client, f"task:{task_id}")
            client.hset(key, "payload", '{"n": ')

    @contextmanager
    def _client(self) -> Iterator[redis.Redis]:
        with redis.Redis.from_url(self._url, decode_responses=True, socket_timeout=30) as client:
            yield client

    def _keys(self, client: redis.Redis, part: str) -> Iterator[str]:
        """Of all queues; `part` is a pattern for what comes after the queue."""
        yield from client.scan_iter(match=f"{{{self._prefix}:*}}:{part}", count=_AT_ONCE)


def _queue_of(key: str) -> str:
    return unquote(key[1 : key.index("}")].partition(":")[2])


def _part_of(key: str) -> str:
    return key[key.index("}") + 2 :].partition(":")[0]
