"""Plain tasks that come in order take a shorter way through the script: it must leave what the long way leaves."""

from __future__ import annotations

from typing import Any

import redis
from msgspec.structs import replace

from backstage.conformance.trial import Trial
from backstage.infra.redis.add import stored
from backstage.testing.fake_clock import FakeClock
from tests.infra.redis.key_space import keys_of


async def test_plain_tasks_lie_as_those_that_went_the_long_way(
    trial: Trial, clock: FakeClock, server: redis.Redis, prefix: str
) -> None:
    tasks = []
    for number in range(20):
        tasks.append(trial.new_task(payload_json=str(number), priority=number % 2, max_attempts=7))
        clock.advance(number % 3)
    before, others = tasks[1:6], [*tasks[6:], tasks[0], tasks[9]]  # one comes late, and one twice
    for queue in ("alone", "together"):
        await trial.tasks.add([replace(task, queue=queue) for task in before])
    for task in others:
        await trial.tasks.add([replace(task, queue="alone")])
    await trial.tasks.add([replace(task, queue="together") for task in others])
    client = trial.backend._client  # type: ignore[attr-defined]
    for portion in (before, others[:-1]):
        packed = [stored(replace(task, queue="packed")) for task in portion]
        await client.run("add_tasks", client.keys.queue("packed"), packed)
    contents = [_contents(server, f"{prefix}:{queue}") for queue in ("alone", "together", "packed")]
    assert contents[0] == contents[1] == contents[2]


def _contents(server: redis.Redis, queue: str) -> dict[str, Any]:
    read = {"hash": server.hgetall, "stream": server.xrange}
    contents = {}
    for name in keys_of(server, f"{queue}}}"):
        key = name.replace("{", f"{{{queue}}}", 1)
        kind = str(server.type(key))
        contents[name] = read[kind](key) if kind in read else server.zrange(key, 0, -1, withscores=True)
    assert "{:counts" in contents
    return contents
