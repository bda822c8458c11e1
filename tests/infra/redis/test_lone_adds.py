"""A plain task that comes alone takes a shorter way through the script: it must leave what the long way leaves."""

from __future__ import annotations

from typing import Any

import redis
from msgspec.structs import replace

from backstage.conformance.trial import Trial
from backstage.testing.fake_clock import FakeClock
from tests.infra.redis.key_space import keys_of


async def test_tasks_added_one_by_one_lie_as_those_added_together(
    trial: Trial, clock: FakeClock, server: redis.Redis, prefix: str
) -> None:
    tasks = []
    for number in range(8):
        tasks.append(trial.new_task(payload_json=str(number), priority=number % 2, max_attempts=7))
        clock.advance(number % 3)
    for task in [*tasks[1:], tasks[0], tasks[5]]:  # one comes late, and one twice
        await trial.tasks.add([replace(task, queue="alone")])
    await trial.tasks.add([replace(task, queue="together") for task in [*tasks[1:], tasks[0]]])
    assert _contents(server, f"{prefix}:alone") == _contents(server, f"{prefix}:together")


def _contents(server: redis.Redis, queue: str) -> dict[str, Any]:
    read = {"hash": server.hgetall, "stream": server.xrange}
    contents = {}
    for name in keys_of(server, f"{queue}}}"):
        key = name.replace("{", f"{{{queue}}}", 1)
        kind = str(server.type(key))
        contents[name] = read[kind](key) if kind in read else server.zrange(key, 0, -1, withscores=True)
    assert "{:counts" in contents
    return contents
