"""The handlers of `backstage demo`. Change one, and the worker starts again with what you wrote."""

import asyncio
import json
import random
import time
from dataclasses import dataclass
from typing import Any

from backstage import Backoff, CronTask, GiveUp, Next, RetryLater, TaskContext, handler

SOON = Backoff.exponential(base=2, cap=20)


@dataclass
class Invoice:
    number: int
    customer: str
    lines: list[float]


@dataclass
class Image:
    file: str
    width: int


@handler("email:send", max_attempts=4, backoff=SOON)
async def send_email(email: dict[str, str]) -> dict[str, str]:
    await asyncio.sleep(random.uniform(0.05, 0.4))
    return {"accepted": email["to"]}


@handler("invoice:total", max_attempts=2, backoff=SOON)
async def total_invoice(invoice: Invoice) -> dict[str, float]:
    await asyncio.sleep(0.1)
    average = sum(invoice.lines) / len(invoice.lines)  # an invoice without lines breaks this
    return {"total": round(sum(invoice.lines), 2), "average": round(average, 2)}


@handler("payment:charge", max_attempts=5, backoff=SOON)
async def charge(payment: dict[str, int]) -> str:
    await asyncio.sleep(random.uniform(0.1, 0.5))
    if random.random() < 0.35:
        raise ConnectionError("payments.example: connection reset by peer")
    if payment["cents"] > 90_000:
        raise GiveUp("the bank declined the card")
    return "charged"


@handler("webhook:call", max_attempts=3, backoff=SOON, timeout=1.0)
async def call_webhook(hook: dict[str, str]) -> int:
    await asyncio.sleep(5 if hook["url"].startswith("https://slow.") else 0.2)
    return 200


@handler("stock:import", max_attempts=2, backoff=SOON)
def import_stock(rows: str) -> int:
    try:
        return sum(item["number"] for item in json.loads(rows))
    except (ValueError, KeyError) as error:
        raise RuntimeError("the supplier's file cannot be read") from error


@handler("image:resize")
def resize(image: Image, context: TaskContext) -> str:
    for step in range(1, 11):
        if context.should_stop():
            raise RetryLater(1)
        time.sleep(random.uniform(0.2, 0.6))
        context.progress(step / 10, f"{image.file}: row {step * image.width // 10}")
    return f"{image.width}px/{image.file}"


@handler("report:collect")
async def collect(month: str, context: TaskContext) -> Next:
    for step in range(1, 6):
        await asyncio.sleep(0.4)
        await context.progress(step / 5, f"day {step * 6} of {month}")
    return Next("report:render", {"month": month, "rows": 1200}, result={"rows": 1200})


@handler("report:render")
async def render(report: dict[str, Any]) -> Next:
    await asyncio.sleep(1.5)
    return Next("email:send", {"to": "board@shop.example", "subject": f"Report {report['month']}"}, queue="default")


@handler("cart:expire")
async def expire_carts() -> int:
    await asyncio.sleep(0.3)
    return random.randint(0, 40)


@handler("stock:check")
async def check_stock() -> str:
    if random.random() < 0.5:
        raise RetryLater(20)
    return "nothing is short"


@handler("newsletter:send")
async def send_newsletter(reader: str) -> None:
    await asyncio.sleep(0.2)


carts_expire = CronTask("every 20s", "cart:expire", name="expire carts", tags=("housekeeping",))
stock_is_checked = CronTask("every 45s", "stock:check", name="check stock")
report_comes_daily = CronTask(
    "0 7 * * MON-FRI", "report:collect", "reports", "2026-11", name="daily report", time_zone="Europe/Berlin"
)
