"""A store as it looks after some work: tasks in every state, workers that are alive and silent, schedules, a pause."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from backstage.domain.cron_task import CronTask
from backstage.domain.failure import Failure
from backstage.domain.failure_group import FailureSighting
from backstage.domain.fingerprint import fingerprint
from backstage.domain.history import HistoryPoint, HistoryRow
from backstage.domain.outcome import Outcome
from backstage.domain.ports.run_history import HistoryBatch
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.domain.worker_info import WorkerInfo
from backstage.infra.container import Container

HOSTILE = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>{{7*7}}"
TRACEBACK = """Traceback (most recent call last):
  File "/srv/app/shop/billing/tasks.py", line 31, in render
    pages.append(render_invoice(part))
                 ^^^^^^^^^^^^^^^^^^^^
  File "/srv/app/shop/billing/render.py", line 88, in render_invoice
    page = pages.get_template(template)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/venv/lib/python3.12/site-packages/jinja2/environment.py", line 1016, in get_template
    return self._load_template(name, globals)
  File "/venv/lib/python3.12/site-packages/jinja2/loaders.py", line 126, in load
    raise TemplateNotFound(name)
jinja2.exceptions.TemplateNotFound: invoice/total_v2.html
"""
CUSTOMERS = ("Globex Corporation", "Initech", "Hooli", "Stark & Sons", "Acme Holdings International GmbH & Co. KG")
LANES = (("invoice:render", "billing"), ("email:send", "mail"), ("webhook:deliver", "default"))
WORKERS = ("worker-a-2114", "worker-b-1987")


async def build(store: Container, tasks: int = 40) -> dict[str, list[Task]]:
    """Return the tasks that were stored, by how they were meant to end."""
    made: dict[str, list[Task]] = {}
    for place in range(tasks):
        end = ("completed", "failed", "retrying", "running", "pending", "scheduled", "cancelled")[place % 7]
        made.setdefault(end, []).append(await _stored(store, place, end))
    await _work(store, made)
    for task in made.get("cancelled", ()):
        await store.cancel_task(task.id)
    if tasks:
        await _surroundings(store)
    return made


async def _stored(store: Container, place: int, end: str) -> Task:
    type_, queue = LANES[place % 3]
    payload = {
        "invoice": f"INV-2026-{118_400 + place}",
        "customer": {"id": 90_071_992_547_409_931, "name": CUSTOMERS[place % 5]},
        "total": "1204.50",
        "new_layout": True,
    }
    options: dict[str, Any] = {"delay": 5400.0} if end == "scheduled" else {}
    if end in ("pending", "cancelled"):
        type_, queue = "import:account", "imports"
    stored = await store.enqueue(type_, payload, queue=queue, max_attempts=1 if end == "failed" else 3, **options)
    assert isinstance(stored, Task)
    return stored


async def _work(store: Container, made: dict[str, list[Task]]) -> None:
    """Claim what is due in the queues that are served, and end each claim as was meant."""
    ends = {task.id: end for end, tasks in made.items() for task in tasks}
    failure = Failure("TemplateNotFound", "invoice/total_v2.html", TRACEBACK)
    request = ClaimRequest(
        worker_id=WORKERS[0],
        types=frozenset({"invoice:render", "email:send", "webhook:deliver"}),
        queues={"billing": 0, "mail": 0, "default": 0},
        limit=500,
        lease=60.0,
    )
    claimed = await store.backend.queue.claim(request)
    outcomes: list[Outcome] = []
    running: list[str] = []
    for task in claimed.tasks:
        match ends.get(task.id):
            case "completed":
                outcomes.append(task.completed('{"status": 202, "delivery": "dlv_8f31c0", "body": null}'))
            case "failed" | "retrying":
                outcomes.append(task.failed(failure, RetryPolicy(), 0.5))
            case _:
                running.append(task.id)
    await store.backend.queue.settle(outcomes)
    await _tell_history(store, outcomes, failure)
    await _beat(store, WORKERS[0], tuple(running))
    await _beat(store, WORKERS[1], ())


async def _tell_history(store: Container, outcomes: list[Outcome], failure: Failure) -> None:
    """An hour of numbers, and the group that the failures belong to, as a worker tells them."""
    now = store.clock.now().replace(second=0, microsecond=0)
    sightings = _sightings(outcomes, failure, now)
    for minute in range(60):
        rows = tuple(
            HistoryRow(queue, type_, _minute(now, minute, place)) for place, (type_, queue) in enumerate(LANES)
        )
        batch = HistoryBatch(writer=WORKERS[0], number=minute + 1, rows=rows, sightings=() if minute else sightings)
        await store.backend.history.add(batch)


def _minute(now: datetime, back: int, place: int) -> HistoryPoint:
    """The first type fails since twenty minutes."""
    failed = 16 if place == 0 and back < 20 else 0
    done = 20 + (back * 7 + place * 5) % 13
    return HistoryPoint(
        at=now - timedelta(minutes=back),
        claimed=done + failed,
        completed=done,
        failed=failed // 2,
        retried=failed // 2,
        run_seconds=30.0,
        wait_seconds=done * 0.4,
        waits=(done, failed, 0, 0, 0, 0, 0, 0, 0),
        runs=(0, 0, 2, done // 2, done - done // 2, failed, 1, 0, 0, 0, 0, 0),
    )


def _sightings(outcomes: list[Outcome], failure: Failure, now: datetime) -> tuple[FailureSighting, ...]:
    failed_ids = tuple(each.task_id for each in outcomes if each.failure is not None)
    if not failed_ids:
        return ()
    found = fingerprint("invoice:render", failure)
    return (
        FailureSighting(
            fingerprint=found.id,
            task_type="invoice:render",
            error=failure.type,
            line=found.line,
            message=failure.message,
            tasks=len(failed_ids),
            runs=len(failed_ids),
            at=now,
            task_ids=failed_ids[-5:],
        ),
    )


async def _beat(store: Container, worker_id: str, running: tuple[str, ...]) -> None:
    now = store.clock.now()
    await store.backend.registry.beat(
        WorkerInfo(
            id=worker_id,
            host="node-1",
            pid=2114,
            started_at=now - timedelta(minutes=46),
            seen_at=now,
            concurrency=15,
            queues=("billing", "default", "mail"),
            types=("invoice:render", "email:send", "webhook:deliver"),
            running=running,
            lease=60.0,
            release="0.2.0",
            python="3.13.1",
            memory=412_000_000,
            loop_lag=0.002,
        )
    )


async def _surroundings(store: Container) -> None:
    await store.pause_queue("imports", reason="bank sends doubled files, wait for their fix", by="ops")
    for cron in (
        CronTask("30 2 * * *", "report:build", time_zone="Europe/Berlin", name="nightly-report"),
        CronTask("*/15 8-17 * * 1-5", "import:account", "imports", time_zone="Europe/Berlin", name="account-sync"),
        CronTask("every 5m", "webhook:deliver", name="hook-sweep", overlap="skip"),
    ):
        await store.put_schedule(cron)
    await store.pause_schedule("hook-sweep", reason="the receiver moves house", by="ada")
    await store.create_token("deploy-bot", "operator", expires_in=86_400.0, created_by="ada")
    await store.record_audit("ada", "create_token", "f00d", details={"name": "deploy-bot", "role": "operator"})
    for number in range(3):
        await store.record_audit("deploy-bot", "retry_task", f"task-{number}", 1)
    await store.record_audit("ada", "pause_queue", "imports")


async def build_hostile(store: Container) -> Task:
    """A task, and a schedule, each of whose texts tries to become markup."""
    failure = Failure(
        "Error" + HOSTILE,
        HOSTILE,
        f'Traceback (most recent call last):\n  File "{HOSTILE}", line 1, in {HOSTILE}\n    {HOSTILE}\nError',
    )
    stored = await store.enqueue(
        "evil:task",
        {HOSTILE: HOSTILE, "list": [HOSTILE, {"deep": HOSTILE}]},
        queue="evil",
        max_attempts=1,
        metadata={"note": HOSTILE},
        correlation_id=HOSTILE,
        dedupe=HOSTILE,
    )
    assert isinstance(stored, Task)
    request = ClaimRequest(worker_id=HOSTILE, types=frozenset({"evil:task"}), queues={"evil": 0}, limit=1, lease=60.0)
    claimed = await store.backend.queue.claim(request)
    await store.backend.queue.settle([claimed.tasks[0].failed(failure, RetryPolicy(), 0.5)])
    sighting = FailureSighting(
        fingerprint="0123456789abcdef",
        task_type="evil:task",
        error=HOSTILE,
        line=HOSTILE,
        message=HOSTILE,
        tasks=1,
        runs=1,
        at=store.clock.now(),
        task_ids=(stored.id,),
    )
    await store.backend.history.add(HistoryBatch(writer="evil", number=1, sightings=(sighting,)))
    await store.note_failure_group("0123456789abcdef", HOSTILE)
    await _beat(store, HOSTILE, (stored.id,))
    await store.put_schedule(CronTask("0 0 * * *", "evil:task", "evil", args=HOSTILE, name=HOSTILE))
    await store.pause_schedule(HOSTILE, reason=HOSTILE, by=HOSTILE)
    await store.pause_queue("evil", reason=HOSTILE, by=HOSTILE)
    await store.pause_type("evil:task", reason=HOSTILE, by=HOSTILE)
    return stored
