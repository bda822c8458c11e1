from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from random import Random

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import Trial
from backstage.domain.limits import EARLIEST, MAX_PRIORITY, MIN_PRIORITY
from backstage.domain.task import Task

TYPES = frozenset({"a", "b", "c"})


class Ordering(BackendSuite):
    """Claims are best first: queue rank, priority, due time, id."""

    async def test_equal_tasks_come_in_the_order_of_their_ids(self, trial: Trial) -> None:
        tasks = [trial.new_task() for _ in range(10)]
        await trial.tasks.add(tasks[::-1])
        assert _ids(await trial.claim(10)) == _ids(tasks)

    async def test_a_higher_priority_comes_first(self, trial: Trial) -> None:
        tasks = [trial.new_task(priority=priority) for priority in (0, 5, -5, 100)]
        await trial.tasks.add(tasks)
        assert [task.priority for task in await trial.claim(10)] == [100, 5, 0, -5]

    async def test_of_one_lane_each_claim_takes_the_best_that_is_left(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task(priority=priority) for priority in (0, 5, -5, 100)])
        assert [(await trial.claim())[0].priority for _ in range(4)] == [100, 5, 0, -5]

    async def test_the_limits_of_priority_are_kept_in_order(self, trial: Trial) -> None:
        values = [MIN_PRIORITY, MAX_PRIORITY, 0, MIN_PRIORITY + 1, MAX_PRIORITY - 1]
        await trial.tasks.add([trial.new_task(priority=value) for value in values])
        assert [task.priority for task in await trial.claim(10)] == sorted(values, reverse=True)

    async def test_of_one_priority_the_earlier_due_comes_first(self, trial: Trial) -> None:
        delays = [3.0, 1.0, 2.0]
        tasks = [trial.new_task(delay=delay) for delay in delays]
        await trial.tasks.add(tasks)
        trial.clock.advance(10)
        assert _ids(await trial.claim(3)) == _ids([tasks[1], tasks[2], tasks[0]])

    async def test_due_times_are_told_apart_by_a_microsecond(self, trial: Trial) -> None:
        later, earlier = trial.new_task(delay=0.000002), trial.new_task(delay=0.000001)
        await trial.tasks.add([later, earlier])
        trial.clock.advance(1)
        assert _ids(await trial.claim(2)) == _ids([earlier, later])

    async def test_priority_counts_more_than_due_time(self, trial: Trial) -> None:
        old = trial.new_task(scheduled_at=EARLIEST, priority=0)
        urgent = trial.new_task(priority=1)
        await trial.tasks.add([old, urgent])
        assert _ids(await trial.claim(2)) == _ids([urgent, old])

    async def test_a_higher_queue_comes_before_any_priority(self, trial: Trial) -> None:
        low = trial.new_task(queue="low", priority=MAX_PRIORITY)
        high = trial.new_task(queue="high", priority=MIN_PRIORITY)
        await trial.tasks.add([low, high])
        assert _ids(await trial.claim(2, queues={"low": 1, "high": 2})) == _ids([high, low])

    async def test_queues_of_one_rank_are_merged_by_priority(self, trial: Trial) -> None:
        tasks = [trial.new_task(queue=queue, priority=priority) for queue, priority in product("xy", (1, 2))]
        await trial.tasks.add(tasks)
        claimed = await trial.claim(4, queues={"x": 3, "y": 3})
        assert _ids(claimed) == _ids([tasks[1], tasks[3], tasks[0], tasks[2]])

    async def test_without_named_queues_all_are_of_one_rank(self, trial: Trial) -> None:
        tasks = [trial.new_task(queue=queue, priority=priority) for queue, priority in product("xyz", (1, 2, 3))]
        await trial.tasks.add(tasks)
        assert _ids(await trial.claim(9)) == _ids(_best_first(tasks, {}))

    async def test_types_do_not_matter_to_the_order(self, trial: Trial) -> None:
        tasks = [trial.new_task(type=type_, priority=priority) for type_, priority in product("abc", (3, 1, 2))]
        await trial.tasks.add(tasks)
        assert _ids(await trial.claim(9, types=TYPES)) == _ids(_best_first(tasks, {}))

    async def test_hundreds_of_tasks_in_many_lanes_come_strictly_best_first(self, trial: Trial) -> None:
        chance = Random(7)  # noqa: S311 - a fixed seed picks the same tasks in every run
        tasks = [
            trial.new_task(
                queue=chance.choice("xyz"),
                type=chance.choice("abc"),
                priority=chance.choice([-1, 0, 0, 1]),
                delay=chance.choice([0.0, 0.001, 1.0, 2.0]),
            )
            for _ in range(300)
        ]
        await trial.tasks.add(tasks)
        trial.clock.advance(5)
        ranks = {"x": 1, "y": 2, "z": 1}
        claimed: list[Task] = []
        while batch := await trial.claim(17, types=TYPES, queues=ranks):
            claimed += batch
        assert _ids(claimed) == _ids(_best_first(tasks, ranks))

    async def test_a_limited_claim_takes_the_best_of_all_lanes(self, trial: Trial) -> None:
        tasks = [
            trial.new_task(queue=queue, type=type_, priority=n)
            for n, (queue, type_) in enumerate(product("xyz", "abc"))
        ]
        await trial.tasks.add(tasks)
        assert _ids(await trial.claim(4, types=TYPES)) == _ids(tasks[:-5:-1])

    async def test_the_best_come_from_behind_hundreds_that_the_worker_does_not_serve(self, trial: Trial) -> None:
        others = [trial.new_task(type="other", priority=9, queue=f"q{n % 7}") for n in range(300)]
        await trial.tasks.add(others)
        tasks = [trial.new_task(type="a", queue=f"q{n % 5}", priority=n % 3) for n in range(20)]
        await trial.tasks.add(tasks)
        claimed = await trial.claim(7, types=TYPES) + await trial.claim(20, types=TYPES)
        assert _ids(claimed) == _ids(_best_first(tasks, {}))

    async def test_the_best_of_hundreds_of_lanes_come_first_whatever_the_ranks(self, trial: Trial) -> None:
        tasks = [trial.new_task(type="abc"[n % 3], queue=f"q{n}", priority=n % 4) for n in range(160)]
        await trial.tasks.add(tasks)
        ranks = {f"q{n}": n % 2 for n in range(0, 160, 3)}
        wanted = [task for task in tasks if task.queue in ranks]
        claimed = await trial.claim(20, types=TYPES, queues=ranks) + await trial.claim(60, types=TYPES, queues=ranks)
        assert _ids(claimed) == _ids(_best_first(wanted, ranks))
        rest = [task for task in tasks if task.queue not in ranks]
        assert _ids(await trial.claim(200, types=TYPES)) == _ids(_best_first(rest, {}))

    async def test_a_retried_task_goes_behind_those_that_were_due_before_it(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(1)
        waiting = await trial.added()
        await trial.settle(running.snoozed(0.5))
        trial.clock.advance(1)
        assert _ids(await trial.claim(2)) == _ids([waiting, running])

    async def test_a_released_task_keeps_its_place_in_front(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(1)
        behind = await trial.added()
        await trial.settle(running.released())
        assert _ids(await trial.claim(2)) == _ids([running, behind])

    async def test_a_task_that_becomes_due_late_still_comes_by_its_priority(self, trial: Trial) -> None:
        urgent = await trial.added(priority=9, delay=5.0)
        plain = [await trial.added() for _ in range(3)]
        assert _ids(await trial.claim(1)) == [plain[0].id]
        trial.clock.advance(6)
        assert _ids(await trial.claim(2)) == [urgent.id, plain[1].id]


def _ids(tasks: tuple[Task, ...] | list[Task]) -> list[str]:
    return [task.id for task in tasks]


def _best_first(tasks: list[Task], ranks: Mapping[str, int]) -> list[Task]:
    return sorted(tasks, key=lambda task: (-ranks.get(task.queue, 0), -task.priority, task.scheduled_at, task.id))
