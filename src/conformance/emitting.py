from __future__ import annotations

import asyncio
from random import Random

import pytest
from msgspec.structs import replace

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import LEASE, Trial
from backstage.domain.event_log import MOST_DATA_BYTES, MOST_EVENT_BYTES, MOST_EVENTS, NewEvent
from backstage.domain.followed_event import EventKind
from backstage.domain.ports.task_events import StoredEvent
from backstage.domain.retention import Retention
from backstage.domain.run_log import RunLog
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

KEPT_FOR = 3600.0
UNKNOWN = "01940000-0000-7000-8000-ffffffffffff"


class Emitting(BackendSuite):
    """TaskEvents: what runs tell is fenced, kept in order, bounded, and forgotten some time after the end."""

    async def test_chunks_are_read_in_order_from_any_number(self, trial: Trial) -> None:
        task = await trial.running()
        assert await trial.task_events.append(chunks(task, 1, 3)) == frozenset()
        trial.clock.advance(1)
        assert await trial.task_events.append(chunks(task, 4, 5)) == frozenset()
        for after in range(6):
            read = await trial.task_events.read({task.id: after}, 10)
            assert [event.number for event in read.get(task.id, ())] == list(range(after + 1, 6))
        everything = await _read(trial, task)
        assert [event.data_json for event in everything] == ["1", "2", "3", "4", "5"]
        assert {event.kind for event in everything} == {EventKind.CHUNK}
        assert {event.attempt for event in everything} == {1}
        assert [event.at for event in everything[2:4]] == [task.started_at, trial.clock.now()]

    async def test_no_more_is_read_than_asked_for_of_each_task(self, trial: Trial) -> None:
        first, second = await trial.running(), await trial.running(queue="mail")
        await trial.task_events.append([*chunks(first, 1, 3), *chunks(second, 1, 4)])
        read = await trial.task_events.read({first.id: 0, second.id: 1, UNKNOWN: 0, "no id": 0}, 2)
        numbers = {task_id: [event.number for event in events] for task_id, events in read.items()}
        assert numbers == {first.id: [1, 2], second.id: [2, 3]}

    async def test_events_of_many_runs_may_be_mixed_in_one_batch(self, trial: Trial) -> None:
        first, second = await trial.running(), await trial.running()
        pairs = zip(chunks(first, 1, 5), chunks(second, 1, 5), strict=True)
        assert await trial.task_events.append([event for pair in pairs for event in pair]) == frozenset()
        for task in (first, second):
            assert [event.data_json for event in await _read(trial, task)] == ["1", "2", "3", "4", "5"]

    async def test_what_is_stored_again_after_a_lost_reply_is_kept_once(self, trial: Trial) -> None:
        task = await trial.running()
        await trial.task_events.append(chunks(task, 1, 3))
        assert await trial.task_events.append(chunks(task, 1, 3)) == frozenset()
        await trial.task_events.append(chunks(task, 2, 4))
        assert [event.data_json for event in await _read(trial, task)] == ["1", "2", "3", "4"]

    async def test_one_batch_stored_by_many_at_once_is_kept_once(self, trial: Trial) -> None:
        task = await trial.running()
        batch = chunks(task, 1, 20)
        await asyncio.gather(*(trial.task_events.append(batch) for _ in range(4)))
        assert [event.data_json for event in await _read(trial, task)] == [str(n) for n in range(1, 21)]

    async def test_a_task_that_nobody_holds_under_that_fence_takes_no_event(self, trial: Trial) -> None:
        ended, held = await trial.running(), await trial.running()
        await trial.settle(ended.completed())
        pending = await trial.added()
        batch = [*chunks(ended, 1, 1), *chunks(held, 1, 1), *chunks(pending, 1, 1), _chunk(UNKNOWN, 1, 1)]
        assert await trial.task_events.append(batch) == frozenset({ended.id, pending.id, UNKNOWN})
        assert await _read(trial, ended) == []
        assert len(await _read(trial, held)) == 1

    async def test_a_later_run_begins_with_a_marker_and_an_earlier_one_is_never_read_after_it(
        self, trial: Trial
    ) -> None:
        task = await trial.running()
        await trial.task_events.append(chunks(task, 1, 2))
        trial.clock.advance(LEASE + 1)
        await trial.queue.reclaim(5, 10)
        [again] = await trial.claim(worker_id="w2")
        assert await trial.task_events.append(chunks(task, 3, 3)) == frozenset({task.id})
        await trial.task_events.append(chunks(again, 1, 1))
        assert await trial.task_events.append(chunks(task, 4, 4)) == frozenset({task.id})
        read = [(event.number, event.kind, event.data_json) for event in await _read(trial, task)]
        chunk, restarted = EventKind.CHUNK, EventKind.RESTARTED
        assert read == [(1, chunk, "1"), (2, chunk, "2"), (3, restarted, "null"), (4, chunk, "1")]

    @pytest.mark.parametrize("seed", range(3))
    async def test_in_any_order_of_steps_a_log_has_each_run_whole_and_in_turn(self, trial: Trial, seed: int) -> None:
        random, told = Random(seed), dict[int, int]()  # noqa: S311 - a test that can be repeated
        runs = [await trial.running()]
        for _ in range(40):
            run = random.choice(runs)  # the holder, or one that was believed dead
            if random.random() < 0.15:
                trial.clock.advance(LEASE + 1)
                await trial.queue.reclaim(1000, 10)
                runs += await trial.claim(worker_id=f"w{len(runs)}")
                continue
            first = random.randint(1, told.get(run.fence, 0) + 1)  # again from there: a reply was lost
            last = first + random.randint(0, 3)
            lost = await trial.task_events.append(chunks(run, first, last))
            assert lost == (frozenset() if run is runs[-1] else {run.id})
            if not lost:
                told[run.fence] = max(last, told.get(run.fence, 0))
        expected = _log_of(told)
        for after in {0, len(expected) // 2, len(expected)}:
            read = [(event.number, event.attempt, event.data_json) for event in await _read(trial, runs[0], after)]
            assert read == expected[after:]

    async def test_the_oldest_are_dropped_of_too_many(self, trial: Trial) -> None:
        task = await trial.running()
        for begin in range(1, 1201, 400):
            await trial.task_events.append(chunks(task, begin, begin + 399))
        numbers = [event.number for event in await _read(trial, task)]
        assert numbers == list(range(1201 - MOST_EVENTS, 1201))

    async def test_the_oldest_are_dropped_of_too_much(self, trial: Trial) -> None:
        task = await trial.running()
        size = MOST_DATA_BYTES
        for place in range(1, 20):
            await trial.task_events.append([_chunk(task.id, task.fence, place, '"' + "x" * (size - 2) + '"')])
        numbers = [event.number for event in await _read(trial, task)]
        assert numbers == list(range(20 - MOST_EVENT_BYTES // size, 20))

    async def test_logs_are_forgotten_some_time_after_the_end(self, trial: Trial) -> None:
        ended, running = await trial.running(), await trial.running(queue="mail")
        await trial.task_events.append([*chunks(ended, 1, 1), *chunks(running, 1, 1)])
        trial.clock.advance(KEPT_FOR / 2)
        await trial.settle(ended.completed())
        trial.clock.advance(KEPT_FOR / 2 + 1)
        assert await trial.task_events.forget(KEPT_FOR, 10) == 0
        assert len(await _read(trial, ended)) == 1
        trial.clock.advance(KEPT_FOR / 2 + 1)
        assert await trial.task_events.forget(KEPT_FOR, 10) == 1
        assert await _read(trial, ended) == []
        assert len(await _read(trial, running)) == 1

    async def test_a_pruned_task_leaves_no_log_behind(self, trial: Trial) -> None:
        task = await trial.running()
        await trial.task_events.append(chunks(task, 1, 2))
        await trial.task_events.keep_lines([RunLog(task.id, task.fence, 1, "[]")])
        await trial.settle(task.completed())
        trial.clock.advance(1)
        assert await trial.tasks.prune(Retention(state=TaskState.COMPLETED, max_age=0.0), 10) == 1
        assert await _read(trial, task) == []
        assert list(await trial.task_events.lines(task.id)) == []
        trial.clock.advance(2 * KEPT_FOR)
        assert await trial.task_events.forget(KEPT_FOR, 10) == 0

    async def test_a_deleted_task_leaves_nothing_behind_that_is_read_or_given_up(self, trial: Trial) -> None:
        task = await trial.running()
        await trial.task_events.append(chunks(task, 1, 2))
        await trial.task_events.keep_lines([RunLog(task.id, task.fence, 1, "[]")])
        await trial.settle(replace(task.completed("1"), keep_result_for=1.0))
        assert await trial.tasks.delete([await trial.tasks.get(task.id)]) == 1
        trial.clock.advance(2 * KEPT_FOR)
        assert await trial.task_events.forget_results(10) == 0
        assert await trial.task_events.forget(KEPT_FOR, 10) == 0
        assert await _read(trial, task) == []
        assert list(await trial.task_events.lines(task.id)) == []

    async def test_lines_are_kept_with_their_run(self, trial: Trial) -> None:
        task = await trial.running()
        first, second = RunLog(task.id, 1, 1, '[["a"]]'), RunLog(task.id, 10, 2, '[["b"]]')
        await trial.task_events.keep_lines([second, first, RunLog(UNKNOWN, 1, 1, "[]")])
        await trial.task_events.keep_lines([RunLog(task.id, 1, 1, '[["other"]]')])
        assert list(await trial.task_events.lines(task.id)) == [first, second]
        assert list(await trial.task_events.lines(UNKNOWN)) == []


def chunks(task: Task, first: int, last: int) -> list[NewEvent]:
    return [_chunk(task.id, task.fence, place) for place in range(first, last + 1)]


def _chunk(task_id: str, fence: int, place: int, data_json: str | None = None) -> NewEvent:
    return NewEvent(task_id, fence, place, fence, EventKind.CHUNK, str(place) if data_json is None else data_json)


def _log_of(told: dict[int, int]) -> list[tuple[int, int, str]]:
    """Number, attempt and data of each event, given how many each fence has told; a marker between two runs."""
    log: list[tuple[int, str]] = []
    for fence, number in sorted(told.items()):
        log += [(fence, "null")] if log else []
        log += [(fence, str(place)) for place in range(1, number + 1)]
    return [(number, fence, data) for number, (fence, data) in enumerate(log, start=1)]


async def _read(trial: Trial, task: Task, after: int = 0, limit: int = 2000) -> list[StoredEvent]:
    return list((await trial.task_events.read({task.id: after}, limit)).get(task.id, ()))
