"""A batch is a statement or two, however many tasks it has."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from backstage import Worker
from backstage.conformance.trial import BROKEN, POLICY, Trial
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.infra.postgres.connector import Connector
from backstage.infra.postgres.notifier import Notifier


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement of ours that the backend sends, without hints to waiting workers."""
    queries: list[str] = []
    connect = Connector.connect

    def note(record: asyncpg.connection.LoggedQuery) -> None:
        if "backstage_" in record.query or record.query in ("BEGIN;", "COMMIT;"):
            queries.append(record.query)

    async def logging(connector: Connector) -> asyncpg.Connection[Any]:
        connection = await connect(connector)
        connection.add_query_logger(note)
        return connection

    monkeypatch.setattr(Connector, "connect", logging)
    return queries


async def test_a_claim_is_one_statement(sent: list[str], trial: Trial) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(200)])
    sent.clear()
    assert len(await trial.claim(100)) == 100
    assert len(sent) == 1


async def test_a_claim_that_finds_something_newly_due_is_three(sent: list[str], trial: Trial) -> None:
    await trial.tasks.add([trial.new_task(delay=1.0) for _ in range(50)])
    trial.clock.advance(2)
    sent.clear()
    assert len(await trial.claim(100)) == 50
    assert len(sent) == 3


async def test_a_batch_of_final_outcomes_is_one_statement(sent: list[str], trial: Trial) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(100)])
    claimed = await trial.claim(100)
    sent.clear()
    await trial.queue.settle([task.completed() for task in claimed])
    assert len(sent) == 1


async def test_a_batch_of_failures_that_will_be_retried_is_one_statement(sent: list[str], trial: Trial) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(100)])
    claimed = await trial.claim(100)
    sent.clear()
    await trial.queue.settle([task.failed(BROKEN, POLICY, 0.0) for task in claimed])
    assert len(sent) == 1


async def test_a_batch_of_any_ends_with_next_tasks_is_one_transaction_of_three(sent: list[str], trial: Trial) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(100)])
    claimed = await trial.claim(100)
    sent.clear()
    await trial.queue.settle(
        [task.released() if n % 2 else task.completed(next_tasks=(trial.new_task(),)) for n, task in enumerate(claimed)]
    )
    assert (len(sent), sent[0], sent[-1]) == (5, "BEGIN;", "COMMIT;")


async def test_a_batch_of_new_tasks_is_one_statement(sent: list[str], trial: Trial) -> None:
    await trial.added()  # from now on the lane is known
    sent.clear()
    await trial.tasks.add([trial.new_task() for _ in range(500)])
    assert len(sent) == 1


async def test_a_batch_of_new_tasks_with_keys_is_one_statement(sent: list[str], trial: Trial) -> None:
    await trial.added()
    sent.clear()
    await trial.tasks.add([trial.new_task(dedupe=Dedupe(f"k{n}")) for n in range(500)])
    assert len(sent) == 1


async def test_calls_that_come_while_others_are_stored_go_together(sent: list[str], trial: Trial) -> None:
    await trial.added()
    sent.clear()
    await asyncio.gather(*(trial.added() for _ in range(100)))
    assert len(sent) <= 3


async def test_an_add_is_one_task_of_the_event_loop(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    await trial.added()  # from now on the lane is known
    monkeypatch.setattr(Notifier, "wake_from_home", lambda _: None)  # hints have a task of their own
    begun: list[str] = []

    def note(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        begun.append(work.__qualname__)
        return asyncio.Task(work, loop=loop, **options)

    asyncio.get_running_loop().set_task_factory(note)
    await trial.added()
    assert begun == ["JoinedAdds._store_waiting"]


async def test_a_call_that_cannot_be_stored_spoils_no_other(trial: Trial) -> None:
    good, bad = trial.new_task(), trial.new_task(priority=40_000)
    answers = await asyncio.gather(
        trial.tasks.add([good]), trial.tasks.add([bad]), trial.tasks.add([trial.new_task()]), return_exceptions=True
    )
    assert [isinstance(answer, Exception) for answer in answers] == [False, True, False]
    assert await trial.tasks.get(good.id) == good


async def test_a_caller_who_is_cancelled_leaves_the_others_their_answers(trial: Trial) -> None:
    holder = await trial.added(dedupe=Dedupe("k"))
    calls = [
        asyncio.ensure_future(trial.tasks.add([trial.new_task(dedupe=Dedupe("k" if n % 2 else f"k{n}"))]))
        for n in range(20)
    ]
    await asyncio.sleep(0)
    for call in calls[::4]:
        call.cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for n, answer in enumerate(answers):
        if n % 4:
            assert answer == [Duplicate(holder.id, "k") if n % 2 else None]
        else:
            assert isinstance(answer, asyncio.CancelledError)


async def test_a_worker_without_subscriptions_asks_for_them_once_and_not_for_each_batch(
    sent: list[str], postgres_url: str
) -> None:
    def fails() -> None:
        raise ValueError

    worker = Worker(postgres_url, until_idle=True, silent=True, poll_interval=0.02, concurrency=5, max_attempts=1)
    worker.on("t", fails)
    for _ in range(30):
        await worker.enqueue("t")
    sent.clear()
    await worker.run()
    assert len([query for query in sent if "backstage_subscriptions ORDER BY name" in query]) == 1
    ends = [query for query in sent if ".backstage_finished (" in query]
    assert 1 <= len(ends) <= 30
    assert not [query for query in sent if ".backstage_tasks (" in query]
