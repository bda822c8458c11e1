from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from backstage.infra.container import Container
from backstage.pages.app import pages_app
from tests.pages.browser.chromium import ARGUMENTS, environment_of, find_chromium

PATIENCE = 30_000
"""Milliseconds."""
expect.set_options(timeout=PATIENCE)
PREFIX = "/ops/tasks"
"""The pages are mounted under a prefix, as an application of its own would do it."""


@dataclass
class Site:
    """The pages at an address, and the store that they show."""

    address: str
    store: Container


@dataclass
class Watched:
    """A page, and what its console said that should not have been said."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)

    @property
    def store(self) -> Container:
        return self.site.store

    async def go(self, path: str) -> Page:
        await self.page.goto(self.site.address + path)
        return self.page


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(run_folder: Path) -> AsyncIterator[Browser]:
    program = find_chromium(run_folder / "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=list(ARGUMENTS), env=environment_of(program)
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def on_store() -> AsyncIterator[Site]:
    """Served for one test alone: what it does to its site is over with it."""
    async with Container.open("memory://") as store:

        async def use_cases_for(request: Request) -> Container:
            return store

        app = Starlette(routes=[Mount(PREFIX, pages_app(use_cases_for, environment="staging"))])
        config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Site(f"http://127.0.0.1:{port}{PREFIX}", store)
        await server.shutdown()


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(browser: Browser, on_store: Site) -> AsyncIterator[Callable[..., object]]:
    """Opens a browser window of its own; afterwards its console must be empty."""
    opened: list[tuple[BrowserContext, Watched]] = []

    async def open_page(**options: object) -> Watched:
        context = await browser.new_context(**{"locale": "en-GB", **options})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        watched = watch(await context.new_page(), on_store)
        opened.append((context, watched))
        return watched

    yield open_page
    for context, watched in opened:
        await context.close()
        assert watched.complaints == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def visitor(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A window of somebody who keeps the browser open: a page in a process that has run already starts in a third of
    the time."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    await context.new_page()
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def window(visitor: BrowserContext, on_store: Site) -> AsyncIterator[Watched]:
    """A page of the visitor, who remembers nothing of the pages before; afterwards its console must be empty."""
    page = await visitor.new_page()
    watched = watch(page, on_store)
    yield watched
    await page.evaluate("localStorage.clear(), sessionStorage.clear()")
    await page.close()
    await visitor.clear_cookies()
    assert watched.complaints == []


def watch(page: Page, site: Site) -> Watched:
    watched = Watched(page, site)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: watched.complaints.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(site.address) else watched.complaints.append(asked.url),
    )
    return watched


@pytest.fixture(scope="session")
def axe() -> str:
    return (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
