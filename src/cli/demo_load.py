"""What `backstage demo` enqueues: a store full of things to look at, and then a little more each second."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.opening import Opening
from backstage.domain.priority import Priority
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.infra.settings.lazy_settings import load_settings

UNSERVED_QUEUE, PAUSED_QUEUE, UNKNOWN_TYPE = "archive", "newsletter", "email:sent"
SERVED_QUEUES = ("default", "media", "reports", PAUSED_QUEUE)
_CUSTOMERS = ("ada", "grace", "alan", "edsger", "barbara", "tony")


async def fill(backstage: Container, chance: Random) -> None:
    """Store the first tasks, pause a queue, and cancel a task: for an empty store."""
    await backstage.pause_queue(PAUSED_QUEUE)
    requests = [*first_tasks(chance), *(some_work(chance) for _ in range(60))]
    stored = await backstage.enqueue_tasks(requests)
    last = stored[-1]
    assert isinstance(last, Task)
    await backstage.cancel_task(last.id)


async def trickle(backstage: Container, chance: Random) -> None:
    """Go on until cancelled."""
    while True:
        await backstage.enqueue_tasks([some_work(chance) for _ in range(chance.randint(0, 3))])
        await asyncio.sleep(1)


def first_tasks(chance: Random) -> Iterator[EnqueueTask]:
    """What is there to be found: each kind of failure, and tasks that wait for different reasons."""
    for number in range(30):
        yield EnqueueTask("newsletter:send", f"reader-{number}@example.com", queue=PAUSED_QUEUE, tags=("november",))
    for number in range(5):
        yield EnqueueTask("report:render", {"month": f"2026-0{number + 1}", "rows": 90}, queue=UNSERVED_QUEUE)
    for name in _CUSTOMERS[:3]:
        yield EnqueueTask(UNKNOWN_TYPE, {"to": f"{name}@example.com"}, key=f"customer-{name}")
    for hours in (1, 5, 26, 70):
        yield EnqueueTask("email:send", {"to": "ada@example.com", "subject": "Reminder"}, delay=hours * 3600.0)
    yield EnqueueTask("invoice:total", {"number": "seven", "customer": "ada"}, tags=("import",))
    yield EnqueueTask("stock:import", json.dumps([{"sku": "a-1"}]), tags=("import",))
    yield EnqueueTask("stock:import", "sku;number\na-1;7", tags=("import",))
    yield EnqueueTask("webhook:call", {"url": "https://slow.example/orders"})
    yield EnqueueTask("payment:charge", {"cents": 120_000}, key="customer-grace", priority=Priority.URGENT)
    for month in ("2026-09", "2026-10"):
        yield EnqueueTask("report:collect", month, queue="reports", tags=("board",))
    for number in range(6):
        yield _image(number)
    for number in range(6):
        yield _invoice(number, chance, has_lines=number % 2 == 0)


def some_work(chance: Random) -> EnqueueTask:
    """One task such as come all day."""
    customer = chance.choice(_CUSTOMERS)
    key, number = f"customer-{customer}", chance.randint(100, 99_999)
    kind = chance.random()
    if kind < 0.5:
        tags = ("vip",) if customer in _CUSTOMERS[:2] else ()
        return EnqueueTask("email:send", {"to": f"{customer}@example.com", "subject": "Hello"}, key=key, tags=tags)
    if kind < 0.7:
        priority = chance.choice([Priority.DEFAULT, Priority.URGENT])
        return EnqueueTask("payment:charge", {"cents": number}, key=key, priority=priority)
    if kind < 0.85:
        return _invoice(number, chance, has_lines=chance.random() < 0.8)
    if kind < 0.93:
        host = chance.choice(["fast", "fast", "fast", "slow"])
        return EnqueueTask("webhook:call", {"url": f"https://{host}.example/orders/{number}"})
    if kind < 0.97:
        return _image(number)
    return EnqueueTask("stock:import", json.dumps([{"sku": "a-1", "number": number}]), tags=("import",))


def _invoice(number: int, chance: Random, *, has_lines: bool) -> EnqueueTask:
    lines = [round(chance.uniform(5, 90), 2) for _ in range(chance.randint(1, 5))] if has_lines else []
    customer = chance.choice(_CUSTOMERS)
    payload: dict[str, Any] = {"number": number, "customer": customer, "lines": lines}
    return EnqueueTask("invoice:total", payload, key=f"customer-{customer}", tags=("billing",))


def _image(number: int) -> EnqueueTask:
    return EnqueueTask("image:resize", {"file": f"photo-{number}.jpg", "width": 800}, queue="media")


@asynccontextmanager
async def demo_store(url: str) -> AsyncIterator[Container]:
    """The store, made where it is not there yet."""
    container = Container(load_settings(url=url, log_level="error"))
    try:
        await container.start(Opening.WORK)
        yield container
    finally:
        await container.close()
