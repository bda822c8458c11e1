from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import redis.asyncio

from benchmarks.scene import Scene


class RedisMeter:
    """Asks the server, of which everything counts that anybody does to it."""

    def __init__(self, scene: Scene) -> None:
        self._url = scene.url.partition("?")[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to undo: the server counts anyway."""

    async def bytes_used(self) -> int:
        return int((await self._info("memory"))["used_memory"])

    async def connections(self) -> int:
        """Without the one that asks."""
        return int((await self._info("clients"))["connected_clients"]) - 1

    async def work(self) -> Mapping[str, float]:
        info = await self._info("stats", "cpu")
        return {
            "commands": info["total_commands_processed"],
            "reads": info["total_reads_processed"],
            "calls": info["total_reads_processed"],
            "cpu_s": info["used_cpu_user"] + info["used_cpu_sys"],
        }

    def per_task(self, work: Mapping[str, float], tasks: int) -> dict[str, float]:
        return {
            "commands_per_task": work["commands"] / tasks,
            "reads_per_task": work["reads"] / tasks,
            "server_us_per_task": work["cpu_s"] / tasks * 1e6,
        }

    async def _info(self, *sections: str) -> Mapping[str, float]:
        async with redis.asyncio.Redis.from_url(self._url) as client:
            info: Mapping[str, float] = await client.info(*sections)
            return info
