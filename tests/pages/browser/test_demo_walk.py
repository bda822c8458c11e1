"""A newcomer's walk through `backstage demo`: what fails, why, mended, run again, and why a queue stands still."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.pages.browser.chromium import INSTALLING
from tests.pages.browser.conftest import Watched

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(INSTALLING)]
NewPage = Callable[..., Awaitable[Watched]]
PATIENCE = 60_000
BROKEN, MENDED = "sum(invoice.lines) / len(invoice.lines)", "sum(invoice.lines) / max(1, len(invoice.lines))"


@pytest_asyncio.fixture(loop_scope="session")
async def demo(tmp_path: Path) -> AsyncIterator[str]:
    """The address that the demo prints, which runs in an empty folder."""
    command = [sys.executable, "-m", "backstage", "demo", "--http", "127.0.0.1:0"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    printed = ""
    async with asyncio.timeout(60):
        while "Backstage is at" not in printed:
            line = await process.stdout.readline()
            assert line, printed
            printed += line.decode()
    found = re.search(r"http://\S+", printed)
    assert found is not None
    draining = asyncio.create_task(process.stdout.read())
    yield found[0].rstrip("/")
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        await process.wait()
        await draining


async def test_a_newcomer_finds_what_fails_mends_it_and_runs_it_again(
    demo: str, tmp_path: Path, new_page: NewPage
) -> None:
    window = await new_page(viewport={"width": 1280, "height": 900})
    window.site.address = demo
    window.page.set_default_timeout(PATIENCE)
    page = await window.go("/")
    attention = page.locator("#attention .att", has_text="invoice:total")
    await expect(attention).to_contain_text("fails", timeout=PATIENCE)
    await attention.get_by_role("link", name="See failure").click()
    await expect(page.locator("#opened")).to_contain_text(BROKEN)
    [failure] = re.findall(r"open=(\w+)", page.url)  # a run that fails as the file is mended makes another one
    await several_failed(page)
    mend(tmp_path / "demo_tasks.py")
    await retried_one(page)
    await page.get_by_role("link", name="Failures").first.click()
    await page.locator(f'a.row-link[href*="{failure}"]', has_text="ZeroDivisionError").click()
    await page.locator("#opened").get_by_role("link", name=re.compile(r"^Retry \d+\+?$")).click()
    await page.locator("dialog").get_by_role("button", name=re.compile("Retry")).click()
    await page.locator(".toast").get_by_role("link", name="Follow it").click()
    await expect(page.locator("#bulk-state")).to_have_text("Done", timeout=PATIENCE)
    await page.keyboard.press("g")
    await page.keyboard.press("q")
    await expect(page.locator(".alert", has_text="archive")).to_contain_text("No worker serves the queue archive")


async def several_failed(page: Page) -> None:
    """What still waits for its second attempt when the file is mended never fails for good, and cannot be replayed."""
    several = page.locator("#opened").get_by_role("link", name=re.compile(r"^Retry ([2-9]|\d\d+)\+?$"))
    async with asyncio.timeout(PATIENCE / 1000):
        while not await several.is_visible():
            await page.reload()


def mend(handlers: Path) -> None:
    text = handlers.read_text("utf-8")
    assert BROKEN in text
    handlers.write_text(text.replace(BROKEN, MENDED), "utf-8")


async def retried_one(page: Page) -> None:
    """Until the worker has loaded the mended file, a run may fail once more: then it is tried again."""
    for _ in range(5):
        await page.locator("#opened").get_by_role("link", name="Retry 1 first").click()
        await page.locator("dialog").get_by_role("button", name="Retry this task").click()
        await page.locator(".toast").get_by_role("link", name="Follow it").click()
        await expect(page.locator("#task-badge")).to_have_text(re.compile("Completed|Failed"), timeout=PATIENCE)
        if await page.locator("#task-badge").text_content() == "Completed":
            return
        await page.go_back()
    raise AssertionError("the mended task still fails")
