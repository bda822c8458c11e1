from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import pytest

from backstage import Backoff, RetryLater, TaskContext, Worker
from backstage.domain.task_state import TaskState
from backstage.infra.release import release
from backstage.infra.settings.settings import Settings
from backstage.worker import log_events
from backstage.worker.watching.metrics import RunMetrics
from backstage.worker.worker_options import WorkerOptions
from tests.worker.workers import FAST, Workers, finish, found, play, reached, until, until_some


def lines_of(entries: list[dict[str, Any]], task_id: str) -> list[str]:
    return [entry["event"] for entry in entries if entry.get("task_id") == task_id]


async def test_each_end_is_one_line_that_names_its_task(any_workers: Workers) -> None:
    entries: list[Any] = []
    worker = any_workers.new(log_handler=entries.append, grace_period=0.0)

    def fails() -> None:
        raise ValueError("no")

    def snoozes() -> None:
        raise RetryLater(3600)

    def cancels(context: TaskContext) -> None:
        context.cancel()

    worker.on("completes", lambda: None)
    worker.on("fails", fails, max_attempts=2, backoff=Backoff.fixed(0))
    worker.on("snoozes", snoozes)
    worker.on("cancels", cancels)
    worker.on("waits", asyncio.Event().wait)
    tasks = {name: await worker.enqueue(name) for name in ("completes", "fails", "snoozes", "cancels", "waits")}
    await worker.start()
    await reached(worker, tasks["waits"], TaskState.RUNNING)
    await until(lambda: len([entry for entry in entries if "task_id" in entry]) == 5)
    await worker.stop()
    assert {name: lines_of(entries, task.id) for name, task in tasks.items() if task} == {
        "completes": [log_events.TASK_COMPLETED],
        "fails": [log_events.TASK_RETRIED, log_events.TASK_DEAD],
        "snoozes": [log_events.TASK_SNOOZED],
        "cancels": [log_events.TASK_CANCELLED],
        "waits": [log_events.TASK_RELEASED],
    }
    [dead] = [entry for entry in entries if entry["event"] == log_events.TASK_DEAD]
    assert (dead["level"], dead["type"], dead["queue"], dead["attempt"]) == ("error", "fails", "default", 2)
    assert dead["error"] == "ValueError: no"
    assert dead["correlation_id"] == dead["task_id"]
    names = [entry["event"] for entry in entries if "task_id" not in entry]
    assert names == [log_events.WORKER_STARTED, log_events.WORKER_STOPPING, log_events.WORKER_STOPPED]


async def test_a_start_is_a_line_where_debug_lines_are_wanted(workers: Workers) -> None:
    entries: list[Any] = []
    worker = workers.new(until_idle=True, log_level="debug", log_handler=entries.append)
    worker.on("t", lambda: None)
    task = await play(worker, "t")
    assert lines_of(entries, task.id) == [log_events.TASK_STARTED, log_events.TASK_COMPLETED]


@pytest.mark.parametrize("is_async", [True, False])
async def test_what_a_handler_logs_names_its_task(workers: Workers, is_async: bool) -> None:
    entries: list[Any] = []

    async def on_loop(context: TaskContext) -> None:
        context.logger.info("mail_sent", to=3)

    def in_thread(context: TaskContext) -> None:
        context.logger.info("mail_sent", to=3)

    worker = workers.new(until_idle=True, log_handler=entries.append)
    worker.on("t", on_loop if is_async else in_thread)
    task = await play(worker, "t", correlation_id="order-1")
    [line] = [entry for entry in entries if entry["event"] == "mail_sent"]
    assert (line["task_id"], line["type"], line["attempt"], line["to"]) == (task.id, "t", 1, 3)
    assert line["correlation_id"] == "order-1"


async def test_a_silent_worker_writes_nothing(workers: Workers, capfd: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise ValueError

    assert FAST["silent"] is True
    await workers.run(fails, max_attempts=1)
    assert capfd.readouterr() == ("", "")


async def test_a_worker_writes_json_lines_to_stderr(workers: Workers, capfd: pytest.CaptureFixture[str]) -> None:
    worker = workers.new(until_idle=True, silent=False, log_format="json")
    worker.on("t", lambda: None)
    task = await play(worker, "t")
    out, err = capfd.readouterr()
    assert out == ""
    assert f'"event": "task_completed", "task_id": "{task.id}"' in err


async def test_each_completed_task_has_its_line_in_the_order_of_the_ends(
    workers: Workers, capfd: pytest.CaptureFixture[str]
) -> None:
    def ends(payload: str) -> None:
        if payload == "fails":
            raise ValueError

    worker = workers.new(until_idle=True, silent=False, log_format="json", concurrency=1)
    worker.on("t", ends, max_attempts=1)
    for payload in ("a", "fails", "b"):
        await worker.enqueue("t", payload, correlation_id=f'"{payload}é')
    await finish(worker)
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"task_id"' in line]
    assert [(each["event"], each["correlation_id"]) for each in told] == [
        ("task_completed", '"aé'),
        ("task_dead", '"failsé'),
        ("task_completed", '"bé'),
    ]
    assert {(each["type"], each["queue"], each["attempt"]) for each in told} == {("t", "default", 1)}


async def test_the_metrics_count_each_end(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)

    @worker.on("t", max_attempts=2, backoff=Backoff.fixed(0))
    def ends(payload: str, context: TaskContext) -> None:
        if payload == "fails":
            raise ValueError
        if payload == "snoozes" and context.fence == 1:
            raise RetryLater(0)
        if payload == "cancels":
            context.cancel()

    for payload in ("completes", "completes", "fails", "snoozes", "cancels"):
        await worker.enqueue("t", payload)
    await worker.enqueue("t", "completes", queue="other")
    await finish(worker)
    lane = worker.metrics.of("default", "t")
    counts = (lane.completed, lane.retried, lane.failed, lane.cancelled, lane.returned, lane.active)
    assert counts == (3, 1, 1, 1, 1, 0)
    assert (lane.processed, lane.success_rate, lane.failure_rate) == (6, 0.5, 2 / 6)
    assert worker.metrics.of("other", "t").completed == 1


async def test_the_metrics_show_what_runs_and_for_how_long(workers: Workers) -> None:
    gate = asyncio.Event()
    worker = workers.new()
    worker.on("t", gate.wait)
    await worker.start()
    tasks = [await worker.enqueue("t") for _ in range(3)]
    lane = worker.metrics.of("default", "t")
    await until(lambda: lane.active == 3)
    await asyncio.sleep(0.03)
    gate.set()
    for task in tasks:
        await reached(worker, task)
    await until(lambda: lane.processed == 3)
    assert lane.active == 0
    assert lane.seconds >= lane.longest >= 0.03
    assert lane.average_processing_time == pytest.approx(lane.seconds / 3)


def test_rates_of_nothing_are_unknown() -> None:
    nothing = RunMetrics()
    assert (nothing.success_rate, nothing.failure_rate, nothing.average_processing_time) == (None, None, None)


def test_a_snooze_counts_in_the_average() -> None:
    assert RunMetrics(completed=1, returned=1, seconds=4.0).average_processing_time == 2.0


async def test_what_retention_no_longer_keeps_is_deleted(any_workers: Workers) -> None:
    worker = any_workers.new(keep_completed=2, keep_failed_for="none", prune_interval=0.1)
    worker.on("t", lambda: None)
    worker.on("fails", _fails, max_attempts=1)
    await worker.start()
    dead = await reached(worker, await worker.enqueue("fails"))
    tasks = [await reached(worker, await worker.enqueue("t")) for _ in range(5)]
    kept = await until_some(lambda: found(worker, type="t"), 2)
    assert [task.id for task in kept] == [tasks[4].id, tasks[3].id]
    assert (await worker.backstage.get_task(dead.id)).state is TaskState.FAILED
    stats = await worker.backstage.get_task_stats()
    assert (stats.completed, stats.pruned) == (5, 3)


def _fails() -> None:
    raise ValueError


OPTIONS = {
    "concurrency": ("7", 7),
    "prefetch": ("3", 3),
    "types": ("email:*,sms:send", ("email:*", "sms:send")),
    "lease": ("12.5", 12.5),
    "poll_interval": ("0.5", 0.5),
    "reclaim_interval": ("3", 3.0),
    "control_interval": ("0.25", 0.25),
    "grace_period": ("4", 4.0),
    "max_deliveries": ("6", 6),
    "timeout": ("77", 77.0),
    "soft_timeout": ("66", 66.0),
    "prune_interval": ("90", 90.0),
    "keep_events_for": ("77", 77.0),
    "schedule_interval": ("8", 8.0),
    "subscription_interval": ("9", 9.0),
    "stuck_after": ("90", 90.0),
    "is_until_idle": ("true", True),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_of_the_worker_is_an_environment_variable(
    monkeypatch: pytest.MonkeyPatch, own_directory: None, option: str
) -> None:
    text, value = OPTIONS[option]
    monkeypatch.setenv(f"BACKSTAGE_{option.removeprefix('is_').upper()}", text)
    assert getattr(options_of(Worker("memory://")), option) == value


def test_the_options_of_other_shape_are_environment_variables_too(
    monkeypatch: pytest.MonkeyPatch, own_directory: None
) -> None:
    monkeypatch.setenv("BACKSTAGE_URL", "memory://")
    monkeypatch.setenv("BACKSTAGE_QUEUES", "a,b")
    monkeypatch.setenv("BACKSTAGE_WORKER_ID", "me")
    monkeypatch.setenv("BACKSTAGE_MAX_ATTEMPTS", "9")
    monkeypatch.setenv("BACKSTAGE_KEEP_COMPLETED", "5")
    monkeypatch.setenv("BACKSTAGE_MIGRATE", "no")
    options = options_of(Worker())
    assert (options.store, options.version, options.may_migrate) == ("memory://", release(), False)
    assert list(options.queues) == ["a", "b"]
    assert options.worker_id.startswith("me.")
    assert options.retry.max_attempts == 9
    assert 5 in [retention.keep_last for retention in options.retention]


def test_no_option_of_the_worker_was_forgotten() -> None:
    of_other_shape = {"queues", "worker_id", "retry", "retention", "store", "version", "may_migrate"}
    assert {field.name for field in dataclasses.fields(WorkerOptions)} == OPTIONS.keys() | of_other_shape


async def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch, own_directory: None) -> None:
    monkeypatch.setenv("BACKSTAGE_CONCURRENCY", "7")
    assert options_of(Worker("memory://", concurrency=3)).concurrency == 3


def options_of(worker: Worker) -> WorkerOptions:
    return worker._new_runtime().options


def test_every_setting_of_a_worker_can_be_an_argument(own_directory: None) -> None:
    settings = Settings.load(url="memory://")
    beside = {"url", "queues", "handlers", "processes", "http"}  # given otherwise, or settings of the command alone
    given = {name: getattr(settings, name) for name in Settings.fields if name not in beside}
    assert Worker("memory://", **given).settings == settings
