"""What a worker tells over HTTP, as a probe or Prometheus asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.waiting import until_answer
from tests.journeys.worker_process import WorkerProcess

ANY_PORT = "127.0.0.1:0"


@dataclass(frozen=True, slots=True)
class Status:
    """Of one worker, which serves it."""

    url: str

    @classmethod
    async def of(cls, worker: WorkerProcess) -> Status:
        """Return once it serves, which is before it claims."""
        await worker.logged("status_served")
        return cls(worker.lines("status_served")[-1]["url"].removesuffix("/health"))

    async def get(self, path: str) -> tuple[int, Any]:
        """The code and the JSON of an answer."""
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            answer = await client.get(f"{self.url}{path}")
        return answer.status_code, answer.json()

    async def becomes(self, path: str, code: int) -> Any:
        """The JSON of the first answer with that code."""
        answers: list[Any] = []

        async def is_so() -> bool:
            seen, answer = await self.get(path)
            answers.append(answer)
            return seen == code

        await until_answer(f"{code} from {path}", is_so)
        return answers[-1]

    async def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Name and labels to the value."""
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            answer = await client.get(f"{self.url}/metrics")
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.text)
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    async def metric(self, name: str, /, **labels: str) -> float | None:
        return (await self.metrics()).get((name, frozenset(labels.items())))
