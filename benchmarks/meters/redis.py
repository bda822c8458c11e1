from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import redis

from benchmarks.scene import Scene


class RedisMeter:
    """Asks the server, of which everything counts that anybody does to it but this meter."""

    def __init__(self, scene: Scene) -> None:
        self._client = redis.Redis.from_url(scene.url.partition("?")[0], single_connection_client=True)
        self._own_reads = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    async def bytes_used(self) -> int:
        return int((self._info("memory"))["used_memory"])

    async def connections(self) -> int:
        """Without the one that asks."""
        return int((self._info("clients"))["connected_clients"]) - 1

    async def work(self) -> Mapping[str, float]:
        if not self._own_reads:
            self._info("server")  # connects, which takes some reads
        info = self._info("stats", "cpu")
        self._own_reads += 1
        reads = info["total_reads_processed"] - self._own_reads
        return {
            "commands": info["total_commands_processed"],
            "reads": reads,
            "calls": reads,
            "cpu_s": info["used_cpu_user"] + info["used_cpu_sys"],
        }

    def per_task(self, work: Mapping[str, float], tasks: int) -> dict[str, float]:
        return {
            "commands_per_task": work["commands"] / tasks,
            "reads_per_task": work["reads"] / tasks,
            "server_us_per_task": work["cpu_s"] / tasks * 1e6,
        }

    def _info(self, *sections: str) -> Mapping[str, float]:
        info: Mapping[str, float] = self._client.info(*sections)
        return info
