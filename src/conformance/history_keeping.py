from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import Trial
from backstage.domain.failure_group import FailureGroup, FailureSighting
from backstage.domain.history import HistoryPoint, HistoryQuery, HistoryRow, floored
from backstage.domain.ports.run_history import HistoryBatch

WAITS = (1, 0, 2, 0, 0, 0, 0, 0, 3)
RUNS = (0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2)


class HistoryKeeping(BackendSuite):
    """RunHistory: numbers of what ran and what failed."""

    async def test_at_first_there_is_no_history(self, trial: Trial) -> None:
        assert await trial.history.read(_last_hour(trial)) == []
        assert await trial.history.failure_groups(trial.clock.now(), 10, None, None) == []

    async def test_numbers_of_one_minute_are_added_up(self, trial: Trial) -> None:
        await trial.history.add(_batch(trial, "w1", 1, claimed=3, completed=2, run_seconds=0.5))
        more = _batch(trial, "w2", 1, completed=1, failed=1, retried=4, wait_seconds=1.5, waits=WAITS, runs=RUNS)
        await trial.history.add(more)
        [row] = await trial.history.read(_last_hour(trial))
        expected = HistoryPoint(
            at=floored(trial.clock.now(), 60),
            claimed=3,
            completed=3,
            failed=1,
            retried=4,
            run_seconds=0.5,
            wait_seconds=1.5,
            waits=WAITS,
            runs=RUNS,
        )
        assert row == HistoryRow("", "", expected)

    async def test_without_the_histograms_all_else_is_the_same(self, trial: Trial) -> None:
        await trial.history.add(_batch(trial, "w1", 1, claimed=6, completed=5, run_seconds=0.5, waits=WAITS, runs=RUNS))
        [whole] = await trial.history.read(_last_hour(trial))
        [bare] = await trial.history.read(replace(_last_hour(trial), with_histograms=False))
        assert bare == whole.without_histograms
        assert bare != whole

    async def test_a_batch_that_is_added_again_counts_once(self, trial: Trial) -> None:
        batch = _batch(trial, "w1", 7, completed=2, sightings=(_sighting(trial, tasks=1),))
        await trial.history.add(batch)
        await trial.history.add(batch)
        await trial.history.add(_batch(trial, "w1", 6, completed=100))
        [row] = await trial.history.read(_last_hour(trial))
        [group] = await _groups(trial)
        assert (row.point.completed, group.tasks) == (2, 1)

    async def test_batches_that_come_at_once_are_all_counted(self, trial: Trial) -> None:
        batches = [
            _batch(trial, f"w{number}", 1, completed=1, sightings=(_sighting(trial, fingerprint=f"f{number % 3}"),))
            for number in range(12)
        ]
        await asyncio.gather(*map(trial.history.add, batches))
        [row] = await trial.history.read(_last_hour(trial))
        assert row.point.completed == 12
        assert [group.runs for group in await _groups(trial)] == [4, 4, 4]

    async def test_queues_and_types_are_told_apart_as_asked(self, trial: Trial) -> None:
        lanes = [("mail", "a"), ("mail", "b"), ("reports", "b")]
        rows = tuple(_row(trial, *lane, completed=2**at) for at, lane in enumerate(lanes))
        await trial.history.add(HistoryBatch(writer="w1", number=1, rows=rows))
        asked: dict[tuple[str | None, str | None, tuple[str, ...]], list[tuple[str, str, int]]] = {
            (None, None, ()): [("", "", 7)],
            (None, None, ("queue",)): [("mail", "", 3), ("reports", "", 4)],
            (None, None, ("type",)): [("", "a", 1), ("", "b", 6)],
            (None, None, ("queue", "type")): [("mail", "a", 1), ("mail", "b", 2), ("reports", "b", 4)],
            ("mail", None, ()): [("", "", 3)],
            (None, "b", ("queue",)): [("mail", "", 2), ("reports", "", 4)],
            ("reports", "a", ()): [],
        }
        for (queue, type_, by), expected in asked.items():
            found = await trial.history.read(_last_hour(trial, queue=queue, type=type_, by=by))
            assert [(row.queue, row.type, row.point.completed) for row in found] == expected

    async def test_steps_are_whole_and_hours_outlive_minutes(self, trial: Trial) -> None:
        begun = floored(trial.clock.now(), 3600)
        trial.clock.advance((begun + timedelta(hours=1) - trial.clock.now()).total_seconds())
        for number, minutes in enumerate((0, 1, 4, 5, 65), 1):
            trial.clock.advance((begun + timedelta(hours=1, minutes=minutes) - trial.clock.now()).total_seconds())
            await trial.history.add(_batch(trial, "w1", number, completed=number))
        since, until = begun + timedelta(hours=1), begun + timedelta(hours=3)
        by_step = {
            step: [
                (int((row.point.at - since).total_seconds()), row.point.completed)
                for row in await trial.history.read(HistoryQuery(since=since, until=until, step=step))
            ]
            for step in (60, 300, 3600, 86_400)
        }
        assert by_step[60] == [(0, 1), (60, 2), (240, 3), (300, 4), (3900, 5)]
        assert by_step[300] == [(0, 6), (300, 4), (3900, 5)]
        assert by_step[3600] == [(0, 10), (3600, 5)]
        assert [completed for _, completed in by_step[86_400]] == [15]
        trial.clock.advance(3 * 86_400)
        await trial.history.forget()
        assert await trial.history.read(HistoryQuery(since=since, until=until, step=60)) == []
        hours = await trial.history.read(HistoryQuery(since=since, until=until, step=3600))
        assert [row.point.completed for row in hours] == [10, 5]
        trial.clock.advance(33 * 86_400)
        await trial.history.forget()
        assert await trial.history.read(HistoryQuery(since=since, until=until, step=3600)) == []

    async def test_failures_of_one_fingerprint_are_one_group_that_shows_the_latest(self, trial: Trial) -> None:
        first = _sighting(trial, message="1 of \x01 'é'", tasks=2, runs=3, task_ids=("t3", "t2", "t1"))
        await trial.history.add(_batch(trial, "w1", 1, sightings=(first,)))
        trial.clock.advance(2 * 3600)
        latest = _sighting(trial, message="2", line="shop/mail.py:43 in send", tasks=1, task_ids=("t5", "t4", "t3"))
        await trial.history.add(_batch(trial, "w2", 1, sightings=(latest,)))
        [group] = await _groups(trial)
        assert group == FailureGroup(
            fingerprint="f",
            task_type="mail:send",
            error="ValueError",
            line="shop/mail.py:43 in send",
            message="2",
            tasks=3,
            runs=4,
            first_seen=first.at,
            last_seen=latest.at,
            hours=(*[0] * 21, 3, 0, 1),
            sample_task_ids=("t5", "t4", "t3", "t2", "t1"),
        )

    async def test_groups_are_told_in_pages_the_latest_first(self, trial: Trial) -> None:
        begun = trial.clock.now()
        for number, moment in enumerate((0, 60, 60, 120), 1):
            trial.clock.advance((begun + timedelta(seconds=moment) - trial.clock.now()).total_seconds())
            sighting = _sighting(trial, fingerprint=f"f{number}", task_type="a" if number < 3 else "b")
            await trial.history.add(_batch(trial, "w1", number, sightings=(sighting,)))
        groups = await _groups(trial)
        assert [group.fingerprint for group in groups] == ["f4", "f3", "f2", "f1"]
        page = await trial.history.failure_groups(begun, 2, (groups[1].last_seen, groups[1].fingerprint), None)
        assert page == groups[2:]
        assert await trial.history.failure_groups(begun, 2, None, "b") == groups[:2]
        assert await trial.history.failure_groups(begun + timedelta(seconds=60), 9, None, "a") == [groups[2]]

    async def test_a_group_keeps_its_marks_until_it_is_forgotten(self, trial: Trial) -> None:
        await trial.history.add(_batch(trial, "w1", 1, sightings=(_sighting(trial),)))
        assert await trial.history.mark_failure_group("f", is_muted=True)
        assert await trial.history.mark_failure_group("f", note="known: é")
        await trial.history.add(_batch(trial, "w1", 2, sightings=(_sighting(trial),)))
        [group] = await _groups(trial)
        assert (group.is_muted, group.note) == (True, "known: é")
        assert await trial.history.mark_failure_group("f", is_muted=False, note="")
        [group] = await _groups(trial)
        assert (group.is_muted, group.note) == (False, None)
        assert not await trial.history.mark_failure_group("nobody", note="x")
        since = trial.clock.now()
        trial.clock.advance(33 * 86_400)
        await trial.history.forget()
        assert await trial.history.failure_groups(since, 10, None, None) == []


def _last_hour(trial: Trial, **fields: object) -> HistoryQuery:
    now = trial.clock.now()
    asked: dict[str, object] = {"since": now - timedelta(hours=1), "until": now + timedelta(seconds=1), "step": 60}
    return HistoryQuery(**(asked | fields))  # type: ignore[arg-type]


def _row(trial: Trial, queue: str, type_: str, **numbers: object) -> HistoryRow:
    return HistoryRow(queue, type_, HistoryPoint(at=floored(trial.clock.now(), 60), **numbers))  # type: ignore[arg-type]


def _batch(
    trial: Trial, writer: str, number: int, sightings: tuple[FailureSighting, ...] = (), **numbers: object
) -> HistoryBatch:
    rows = (_row(trial, "default", "mail:send", **numbers),) if numbers else ()
    return HistoryBatch(writer=writer, number=number, rows=rows, sightings=sightings)


def _sighting(trial: Trial, **fields: object) -> FailureSighting:
    defaults: dict[str, object] = {
        "fingerprint": "f",
        "task_type": "mail:send",
        "error": "ValueError",
        "line": "shop/mail.py:42 in send",
        "message": "no such address",
        "tasks": 1,
        "runs": 1,
        "at": trial.clock.now(),
        "task_ids": ("t1",),
    }
    return FailureSighting(**(defaults | fields))  # type: ignore[arg-type]


async def _groups(trial: Trial) -> list[FailureGroup]:
    return await trial.history.failure_groups(trial.clock.now() - timedelta(days=1), 100, None, None)
