"""What a claim reads depends on what it takes, and on nothing else that is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from backstage.conformance.trial import Trial
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.server_time import ServerTime

OTHERS = 3000


@pytest.mark.parametrize("others", ["of other types", "due later", "finished"])
async def test_a_claim_beside_thousands_of_others_reads_no_more(trial: Trial, others: str) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(40)])
    alone = await _pages_read(trial)
    if others == "of other types":
        await trial.tasks.add([trial.new_task(type=f"t{n}") for n in range(OTHERS)])
    elif others == "due later":
        await trial.tasks.add([trial.new_task(delay=60.0) for _ in range(OTHERS)])
    else:
        await trial.tasks.add([trial.new_task(type="done") for _ in range(OTHERS)])
        done = await trial.claim(OTHERS, types=frozenset({"done"}))
        await trial.queue.settle([task.completed() for task in done])
    assert await _pages_read(trial) < 2 * alone  # indexes have a level more, and that is all


@pytest.mark.parametrize("lane", [lambda n: {"queue": f"q{n}"}, lambda n: {"type": f"t{n}"}], ids=["queues", "types"])
async def test_a_claim_reads_no_more_with_thousands_of_lanes_that_have_work(
    trial: Trial, lane: Callable[[int], dict[str, str]]
) -> None:
    types = ["email:send", *(f"t{n}" for n in range(OTHERS))]
    await trial.tasks.add([trial.new_task(**lane(n % 2)) for n in range(40)])
    few = await _pages_read(trial, types)
    await trial.tasks.add([trial.new_task(**lane(n)) for n in range(2, OTHERS)])
    assert await _pages_read(trial, types) < 2 * few


async def _pages_read(trial: Trial, types: Sequence[str] = ("email:send",)) -> int:
    """Pages that a claim of ten tasks looks at; the claim is undone."""
    backend = trial.backend
    assert isinstance(backend, PostgresBackend)
    pages = 0

    async def step(session: Session) -> None:
        nonlocal pages
        try:
            async with session.transaction():
                explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement('claim_tasks')}"
                [(text,)] = await session.fetch(explained, *_arguments(backend._time, types))
                pages = sum(_hits(json.loads(text)[0]["Plan"]))
                raise _UndoError
        except _UndoError:
            pass

    await backend._database.run(step)
    return pages


def _arguments(time: ServerTime, types: Sequence[str]) -> tuple[Any, ...]:
    return (time.now(), time.lease_now(), "w", "\n".join(types), None, None, 10, 30_000_000, False, None)


def _hits(plan: dict[str, Any]) -> Iterator[int]:
    yield plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


class _UndoError(Exception):
    pass
