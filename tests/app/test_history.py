"""The use cases over the history of runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from backstage.domain.errors import FailureGroupNotFoundError, InvalidTaskDataError
from backstage.domain.failure_group import FailureSighting
from backstage.domain.history import HistoryPoint, HistoryRow, floored
from backstage.domain.ports.run_history import HistoryBatch
from backstage.domain.worker_info import WorkerInfo


@pytest.fixture
def told(scene):
    """Adds numbers of the present minute to the history."""
    numbers = iter(range(1, 1000))

    async def add(queue="default", type_="email:send", sightings=(), **counted):
        point = HistoryPoint(at=floored(scene.clock.now(), 60), **counted)
        batch = HistoryBatch(
            writer="w1", number=next(numbers), rows=(HistoryRow(queue, type_, point),), sightings=sightings
        )
        await scene.backend.history.add(batch)

    return add


async def test_without_arguments_the_last_hour_is_told_minute_by_minute(scene, told):
    await told(completed=2)
    scene.clock.advance(120)
    await told(completed=3)
    history = await scene.use_cases.get_history()
    assert (history.step, list(history.series)) == (60, [""])
    points = history.series[""]
    assert [point.completed for point in points[-3:]] == [2, 0, 3]
    assert {later.at - earlier.at for earlier, later in pairwise(points)} == {timedelta(minutes=1)}


async def test_series_are_parted_by_queue_or_type(scene, told):
    await told("mail", "a", completed=1)
    await told("mail", "b", completed=2)
    by_type = await scene.use_cases.get_history("mail", by="type")
    assert {name: sum(point.completed for point in points) for name, points in by_type.series.items()} == {
        "a": 1,
        "b": 2,
    }
    assert (await scene.use_cases.get_history(by="queue")).series.keys() == {"mail"}
    assert (await scene.use_cases.get_history("nowhere", by="queue")).series == {}


async def test_a_month_is_told_in_hours(scene, told):
    await told(completed=2)
    now = scene.clock.now()
    history = await scene.use_cases.get_history(since=now - timedelta(days=30))
    assert history.step == 6 * 3600
    assert sum(point.completed for point in history.series[""]) == 2


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("step", {"step": 61}),
        ("step", {"since": timedelta(days=3), "step": 60}),
        ("step", {"since": timedelta(days=30), "step": 0}),
        ("by", {"by": "colour"}),
        ("until", {"since": timedelta(hours=-1)}),
        ("queue", {"queue": "no spaces"}),
    ],
)
async def test_a_wrong_argument_is_named(scene, field, arguments):
    if "since" in arguments:
        arguments = arguments | {"since": scene.clock.now() - arguments["since"]}
    with pytest.raises(InvalidTaskDataError) as caught:
        await scene.use_cases.get_history(**arguments)
    assert caught.value.fields[0].field == field


async def test_rates_are_of_the_last_five_minutes(scene, told):
    await told("old", completed=100)
    scene.clock.advance(600)
    await told("mail", "a", claimed=12, completed=8, failed=1, retried=1)
    scene.clock.advance(240)
    [rate] = await scene.use_cases.get_rates()
    assert (rate.queue, rate.type, rate.failure_rate) == ("mail", "a", pytest.approx(0.2))
    assert rate.started_per_minute == pytest.approx(12 / 5, rel=0.25)
    assert rate.completed_per_minute == pytest.approx(8 / 5, rel=0.25)


async def test_scale_reckons_from_the_due_tasks_how_long_they_take_and_how_many_slots_a_worker_has(scene, told):
    for _ in range(30):
        await scene.pending(queue="mail")
    await scene.pending(queue="mail", delay=600)
    await told("mail", run_seconds=40.0, completed=19, failed=1)
    worker = WorkerInfo(
        id="w",
        host="h",
        pid=1,
        started_at=scene.clock.now(),
        seen_at=scene.clock.now(),
        concurrency=4,
        queues=(),
        types=("a",),
    )
    await scene.backend.registry.beat(worker)
    await scene.backend.registry.beat(replace(worker, id="other", queues=("reports",), concurrency=100))
    scale = await scene.use_cases.get_scale("mail", 10.0)
    assert (scale.due, scale.running, scale.mean_seconds, scale.slots) == (30, 0, 2.0, 4)
    assert scale.wanted == 2  # 30 tasks of 2 s within 10 s take 6 slots
    assert (await scene.use_cases.get_scale("mail", 1000.0)).wanted == 1
    assert (await scene.use_cases.get_scale("empty")).wanted == 0
    await scene.use_cases.pause_queue("mail")
    assert (await scene.use_cases.get_scale("mail", 10.0)).wanted == 0


async def test_scale_never_goes_below_what_runs(scene, told):
    for _ in range(25):
        await scene.running(queue="mail")
    assert (await scene.use_cases.get_scale("mail", 3600.0)).wanted == 3


async def test_failure_groups_come_in_pages_and_can_be_muted_and_noted(scene, told):
    for number in range(3):
        scene.clock.advance(1)
        sighting = FailureSighting(
            fingerprint=f"f{number}",
            task_type="a",
            error="ValueError",
            line="",
            message="no",
            tasks=1,
            runs=1,
            at=scene.clock.now(),
            task_ids=("t",),
        )
        await told(sightings=(sighting,))
    first, second = await scene.use_cases.list_failure_groups(limit=2)
    [third] = await scene.use_cases.list_failure_groups(limit=2, after=second.cursor)
    assert [first.fingerprint, second.fingerprint, third.fingerprint] == ["f2", "f1", "f0"]
    await scene.use_cases.mute_failure_group("f2")
    await scene.use_cases.note_failure_group("f2", "known")
    [group] = await scene.use_cases.list_failure_groups(limit=1)
    assert (group.is_muted, group.note) == (True, "known")
    await scene.use_cases.unmute_failure_group("f2")
    await scene.use_cases.note_failure_group("f2", "")
    [group] = await scene.use_cases.list_failure_groups(limit=1)
    assert (group.is_muted, group.note) == (False, None)
    with pytest.raises(FailureGroupNotFoundError, match="'f9'"):
        await scene.use_cases.mute_failure_group("f9")
    with pytest.raises(InvalidTaskDataError, match="cursor"):
        await scene.use_cases.list_failure_groups(after="f9")
