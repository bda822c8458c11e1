from __future__ import annotations

from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Control, Directory
from backstage.infra.redis.location import Location
from backstage.infra.server_time import OwnTime
from backstage.infra.system_clock import SystemClock


async def test_thousands_of_queues_become_known_in_one_call(redis_url: str) -> None:
    client = Client(Location.of(redis_url), OwnTime(SystemClock()))
    client.open()
    try:
        queues = sorted(f"q{n}" for n in range(8_500))
        await Directory(client).register(queues)
        assert await Directory(client).queues() == queues
    finally:
        await client.close()


def test_the_queues_of_a_claim_from_all_are_sorted_once() -> None:
    control = Control(frozenset({"b", "a", "c"}), {("queue", "c"): 0, ("type", "b"): 0}, "token")
    assert control.served(None) == ["a", "b"]
    assert control.served(None) is control.served(None)
    assert control.served(["c", "b", "d"]) == ["b"]
