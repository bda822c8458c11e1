"""The pages in a real browser, under a prefix and their own strict policy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import expect

from backstage.domain.errors import StorageUnavailableError
from backstage.domain.event_log import NewEvent
from backstage.domain.followed_event import EventKind
from backstage.domain.task_state import TaskState
from tests.pages.browser.chromium import INSTALLING
from tests.pages.browser.conftest import Watched
from tests.pages.scene import build, build_hostile
from tests.pages.test_workers import beat

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(INSTALLING)]
NewPage = Callable[..., Awaitable[Watched]]
PAGES = (
    "/",
    "/tasks",
    "/failures",
    "/failures?range=7d",
    "/queues?open=mail",
    "/workers",
    "/schedules?open=nightly-report",
    "/types",
    "/system?examine=yes",
    "/audit",
    "/tokens",
    "/more",
    "/help",
    "/new-task",
    "/act/pause?queue=mail",
)
WIDTHS = (360, 390, 768, 1024, 1440, 1600)
_COVERED = """() => [...document.querySelectorAll(".code > .btn")].filter((button) => {
  const text = document.createRange();
  text.selectNodeContents(button.parentElement.querySelector("pre"));
  const [a, lines] = [button.getBoundingClientRect(), [...text.getClientRects()]];
  return lines.some((b) => b.left < a.right && a.left < b.right && b.top < a.bottom && a.top < b.bottom);
}).map((button) => button.dataset.copy)"""
_TOO_WIDE = """() => [...document.querySelectorAll(".kv .tag")]
  .filter((tag) => tag.offsetWidth > tag.parentElement.clientWidth).map((tag) => tag.textContent)"""
_SERIOUS = """async (rules) => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...rules });
  return found.violations.filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" ").slice(0, 300)}`);
}"""
_ALL: dict[str, Any] = {}
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


async def on(window: Watched, path: str, rules: dict[str, Any]) -> list[str]:
    """What axe finds serious on a page."""
    await window.go(path)
    found: list[str] = await window.page.evaluate(_SERIOUS, rules)
    return found


@pytest.mark.parametrize(("scheme", "rules"), [("light", _ALL), ("dark", _COLOURS)], ids=["light", "dark"])
async def test_no_page_has_a_serious_barrier(scheme: str, rules: dict[str, Any], new_page: NewPage, axe: str) -> None:
    """A page in the dark is the same page in other colours."""
    window = await new_page(color_scheme=scheme, bypass_csp=True, viewport={"width": 1440, "height": 1000})
    made = await build(window.store, 21)
    await window.page.add_init_script(axe)
    paths = [*PAGES, *(f"/tasks/{made[state][0].id}" for state in ("failed", "running", "completed"))]
    paths += ["/types/invoice:render", f"/act/cancel?task={made['pending'][0].id}"]
    found = {path: await on(window, path, rules) for path in paths}
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize("tasks", [0, 21])
async def test_no_page_scrolls_sideways_at_any_width(tasks: int, new_page: NewPage) -> None:
    window = await new_page(viewport={"width": 1600, "height": 900})
    made = await build(window.store, tasks)
    paths = [*PAGES, *(f"/tasks/{made[state][0].id}" for state in ("failed", "running") if made)]
    paths += ["/types/invoice:render"] if made else []
    wide = []
    for path in paths:
        await window.go(path)
        for width in WIDTHS:
            await window.page.set_viewport_size({"width": width, "height": 900})
            if await window.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((path, width))
    assert wide == []


async def test_nothing_on_a_task_is_covered_or_wider_than_its_panel(window: Watched) -> None:
    task = await window.store.enqueue(
        "email:send", {"to": "ada@example.com"}, queue="a-queue", tags=["t" * 64, "u" * 64]
    )
    for width in (390, 1024, 1280, 1600):
        await window.page.set_viewport_size({"width": width, "height": 900})
        page = await window.go(f"/tasks/{task.id}")
        assert await page.evaluate(_COVERED) == [], width
        assert await page.evaluate(_TOO_WIDE) == [], width


async def test_no_text_of_a_task_runs_as_a_script(window: Watched) -> None:
    task = await build_hostile(window.store)
    window.page.on("dialog", lambda dialog: window.complaints.append(dialog.message))
    for path in ("/", "/tasks", f"/tasks/{task.id}", "/queues", "/workers", "/schedules"):
        page = await window.go(path)
        await expect(page.locator("h1")).to_be_visible()
        assert await page.locator("main img").count() == 0


async def test_a_task_is_cancelled_in_a_dialog_and_that_is_undone(window: Watched) -> None:
    task = await window.store.enqueue("email:send", {"to": "ada@example.com"})
    page = await window.go(f"/tasks/{task.id}")
    await page.get_by_role("link", name="Cancel").click()
    await page.locator("dialog").get_by_role("button", name="Cancel this task").click()
    await expect(page.locator(".toast")).to_contain_text("Cancelled")
    await expect(page.locator("#task-badge")).to_have_text("Cancelled")
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(page.locator("#task-badge")).to_have_text("Pending")
    assert (await window.store.get_task(task.id)).state is TaskState.PENDING


async def test_rows_are_chosen_by_keys_and_retried_together(window: Watched) -> None:
    made = await build(window.store, 21)
    page = await window.go("/tasks?q=state:failed")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("Shift+X")
    await expect(page.locator("[data-selected]")).to_have_text("3 selected")
    await page.keyboard.press("r")
    await page.locator("dialog").get_by_role("button", name=re.compile("Retry 3")).click()
    await expect(page.locator(".toast")).to_contain_text("3")
    states = {(await window.store.get_task(task.id)).state for task in made["failed"]}
    assert states == {TaskState.PENDING}


async def test_a_worker_is_made_quiet_by_a_key_and_shows_what_came_of_it(window: Watched) -> None:
    worker = await beat(window.store, "host-1.abcdef", running=("a",), memory=412_000_000, loop_lag=0.3)
    page = await window.go("/workers")
    await page.keyboard.press("j")
    await page.keyboard.press("q")
    await page.locator("dialog").get_by_role("button", name="Make it quiet").click()
    await expect(page.locator(".toast")).to_contain_text("claims nothing new")
    card = page.locator(".wk")
    await expect(card.locator(".badge")).to_have_text("Told to be quiet")
    await window.store.backend.registry.beat(replace(worker, is_quiet=True))
    await expect(card.locator(".badge")).to_have_text("Quiet")
    await expect(card.get_by_role("link", name="Resume")).to_be_visible()


async def test_the_page_of_a_new_store_comes_alive_by_itself(window: Watched) -> None:
    page = await window.go("/")
    await expect(page.locator("#fresh-h")).to_be_visible()
    await expect(page.locator(".live-text")).to_have_text("Live")
    await window.store.enqueue("email:send", {})
    await expect(page.locator("#fig-pending")).to_have_text("1")


async def test_numbers_change_by_themselves_and_new_rows_are_announced(window: Watched) -> None:
    await window.store.enqueue("email:send", {})
    page = await window.go("/tasks")
    await expect(page.locator(".live-text")).to_have_text("Live")
    rows = page.locator("tbody tr")
    await window.store.enqueue("email:send", {})
    await window.store.enqueue("email:send", {})
    await expect(page.locator("#new-rows")).to_contain_text("2 new tasks")
    await expect(page.locator("#tab-all")).to_have_text("3")
    await expect(rows).to_have_count(1)
    await page.keyboard.press("n")
    await expect(rows).to_have_count(3)


async def test_a_row_changes_its_state_in_place(window: Watched) -> None:
    task = await window.store.enqueue("email:send", {})
    page = await window.go("/tasks")
    await expect(page.locator(".live-text")).to_have_text("Live")
    await window.store.cancel_task(task.id)
    await expect(page.locator(f"#st-{task.id}")).to_have_text("Cancelled")


async def test_a_page_says_that_the_store_or_the_server_is_away_and_when_it_is_back(
    window: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent() -> None:
        raise StorageUnavailableError("no route")

    page = await window.go("/queues")
    pill = page.locator(".live-text")
    await expect(pill).to_have_text("Live")
    with monkeypatch.context() as broken:
        broken.setattr(window.store, "get_task_stats", silent)
        await expect(pill).to_have_text("No answer")
    await expect(pill).to_have_text("Live")
    await page.route("**/live?*", lambda route: route.abort())
    await page.reload()
    await expect(pill).to_have_text("Reconnecting")
    window.complaints.clear()


async def test_paused_updates_change_nothing(window: Watched) -> None:
    await window.store.enqueue("email:send", {})
    page = await window.go("/tasks")
    await expect(page.locator(".live-text")).to_have_text("Live")
    await page.keyboard.press("p")
    await expect(page.locator(".live-text")).to_have_text("Paused")
    await window.store.enqueue("email:send", {})
    await page.keyboard.press("p")
    await expect(page.locator("#tab-all")).to_have_text("2")


async def test_the_palette_jumps_to_a_queue(window: Watched) -> None:
    await build(window.store, 7)
    page = await window.go("/")
    await page.keyboard.press("Control+k")
    await page.get_by_role("textbox", name="Jump to").fill("bill")
    await expect(page.locator("#palette li").first).to_contain_text("billing")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/queues?open=billing")


async def test_keys_go_to_pages_and_a_question_mark_explains_them(window: Watched) -> None:
    page = await window.go("/tasks")
    await page.keyboard.press("?")
    await expect(page.locator("dialog h2")).to_have_text("Keyboard")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("q")
    await page.wait_for_url("**/queues")
    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await page.wait_for_url("**/tasks")
    await page.keyboard.press("/")
    await page.keyboard.type("state:failed")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/tasks?*state*failed*")


async def test_a_chart_tells_the_value_under_the_pointer_and_leads_to_the_tasks_of_a_time(window: Watched) -> None:
    await build(window.store, 14)
    page = await window.go("/")
    plot = page.locator("#throughput .u-over")
    await plot.hover(position={"x": 120, "y": 40})
    await expect(page.locator("#throughput .plot-tip")).to_contain_text("completed")
    box = await plot.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 40, box["y"] + 50)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 160, box["y"] + 50)
    await page.mouse.up()
    await page.wait_for_url("**/tasks?q=since*until*")


async def test_what_a_running_task_tells_appears_as_it_comes(window: Watched) -> None:
    made = await build(window.store, 7)
    task = await window.store.get_task(made["running"][0].id)
    page = await window.go(f"/tasks/{task.id}")
    await window.store.backend.task_events.append(
        [
            NewEvent(
                task_id=task.id, fence=task.fence, place=1, attempt=1, kind=EventKind.CHUNK, data_json='"row 17 of 40"'
            )
        ]
    )
    await expect(page.locator("#told li")).to_have_text(re.compile("row 17 of 40"))


async def test_all_that_match_are_retried_and_followed(window: Watched) -> None:
    await build(window.store, 21)
    page = await window.go("/tasks?q=state:failed")
    await page.get_by_role("link", name="Act on all that match").click()
    await page.locator("dialog").get_by_role("link", name="Retry").click()
    await page.locator("dialog").get_by_role("button", name=re.compile("Retry 3")).click()
    await page.locator(".toast").get_by_role("link", name="Follow it").click()
    await expect(page.locator("#bulk-answer h2")).to_have_text("3 of 3 done")
    await expect(page.locator("#bulk-state")).to_have_text("Done")


async def test_the_query_box_completes_names_and_values(window: Watched) -> None:
    await build(window.store, 14)
    page = await window.go("/tasks")
    await page.keyboard.press("/")
    await page.keyboard.type("sta")
    await expect(page.locator("#complete li").first).to_contain_text("state:")
    await page.keyboard.press("Tab")
    await expect(page.locator("#complete li").first).to_contain_text("pending")
    await page.keyboard.type("fa")
    await expect(page.locator("#complete li").first).to_contain_text("failed")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/tasks?*state*failed*")
    await page.get_by_role("button", name="Queue").click()
    await page.locator("#complete li", has_text="billing").click()
    await expect(page.locator(".chip")).to_have_count(2)


async def test_without_a_script_a_queue_is_paused_by_forms(new_page: NewPage) -> None:
    window = await new_page(java_script_enabled=False)
    await build(window.store, 7)
    page = await window.go("/queues")
    await page.get_by_role("link", name="Pause").first.click()
    await page.get_by_label("Why?").fill("provider down")
    await page.get_by_role("button", name=re.compile("^Pause ")).click()
    await expect(page.locator(".toast")).to_contain_text("Paused")
    await expect(page.locator("tbody .cell-sub", has_text=": “provider down”")).to_be_visible()
    assert len((await window.store.get_task_stats()).paused_queues) == 2


async def test_a_running_task_counts_on_by_itself(window: Watched) -> None:
    made = await build(window.store, 7)
    page = await window.go(f"/tasks/{made['running'][0].id}")
    ran = page.locator("#answer h2")
    first: Any = await ran.text_content()
    await expect(ran).not_to_have_text(first)


async def test_the_store_is_examined_by_itself_once_the_page_stands(window: Watched) -> None:
    await build(window.store, 7)
    page = await window.go("/system")
    await expect(page.locator("#findings")).to_contain_text("no worker that is alive serves", ignore_case=True)
    await expect(page.locator("#findings summary")).to_contain_text("well")


async def test_a_page_has_one_stream_and_none_while_nobody_looks(window: Watched) -> None:
    made = await build(window.store, 7)
    task = await window.store.get_task(made["running"][0].id)
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    ended: list[str] = []
    window.page.on("requestfailed", lambda request: ended.append(request.url.rpartition("/")[2]))
    page = await window.go(f"/tasks/{task.id}")
    await expect(page.locator(".live-text")).to_have_text("Live")
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true})"
    await page.evaluate(hide % "true" + "; document.dispatchEvent(new Event('visibilitychange'))")
    assert [each for each in asked if each.startswith(("live?", "told?"))] == ["told?after=0"]
    async with asyncio.timeout(30):
        while ended != ["told?after=0"]:  # noqa: ASYNC110 - the browser tells it when it likes
            await asyncio.sleep(0.02)
    asked.clear()
    await page.evaluate(hide % "false" + "; document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator(".live-text")).to_have_text("Live")
    async with asyncio.timeout(30):
        while "told?after=0" not in asked:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
