"""The pages as a browser without a script sees them."""

from __future__ import annotations

import re
from urllib.parse import unquote

import httpx
import pytest
from starlette.requests import Request

from backstage.app import search_tasks
from backstage.domain.cron_task import CronTask
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.identity import Role
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from backstage.pages.app import _PAGES
from tests.pages.conftest import Client
from tests.pages.scene import HOSTILE, build, build_hostile


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None
    return found[1]


async def confirmed(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """Ask, and say yes."""
    question = await client.get(address)
    assert question.status_code == 200, question.text
    form = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', question.text.split("<main")[1]))
    return await client.post(address.split("?", maxsplit=1)[0], data=form)


@pytest.mark.parametrize("path", [path for path in _PAGES if "{" not in path])
async def test_every_page_stands_with_no_task_and_with_many(
    path: str, client: httpx.AsyncClient, store: Container
) -> None:
    assert (await client.get(path)).status_code == 200
    await build(store, 21)
    answer = await client.get(path)
    assert answer.status_code == 200
    assert "script-src 'self'; style-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r'\sstyle=|<style|\son\w+="|<script>', answer.text)


async def test_no_text_of_a_task_becomes_markup(client: httpx.AsyncClient, store: Container) -> None:
    task = await build_hostile(store)
    computed = re.compile(r"(?<![\w-])49(?![\w-])")  # in an id, it is none of ours
    group = "/failures?open=0123456789abcdef"
    for path in (
        "/",
        "/tasks",
        f"/tasks/{task.id}",
        "/queues",
        "/workers",
        f"/schedules?open={HOSTILE}",
        group,
        "/types",
        "/types/evil:task",
    ):
        html = (await client.get(path)).text
        assert "<img" not in html
        assert "alert(1)</script>" not in html
        assert not computed.search(html)


async def test_the_first_page_of_a_new_store_says_what_to_do(client: httpx.AsyncClient, store: Container) -> None:
    assert "Nothing has run yet" in (await client.get("/")).text
    await store.enqueue("email:send", {})
    assert "Nothing has run yet" not in (await client.get("/")).text


async def test_tasks_are_filtered_by_words_and_a_wrong_one_is_named(
    client: httpx.AsyncClient, store: Container
) -> None:
    made = await build(store, 14)
    html = (await client.get("/tasks", params={"q": "state:failed"})).text
    shown = set(re.findall(r'data-id="([^"]+)"', html))
    assert shown == {task.id for task in made["failed"]}
    wrong = (await client.get("/tasks", params={"q": "queue:mail", "add": "stat:failed"})).text
    assert "stat: is no filter" in wrong.replace("&#39;", "'")
    assert 'href="/tasks?q=queue%3Amail&amp;add=state%3Afailed"' in wrong


async def test_tasks_come_a_page_at_a_time(client: httpx.AsyncClient, store: Container) -> None:
    for number in range(60):
        await store.enqueue("email:send", {"number": number})
    first = (await client.get("/tasks")).text
    older = re.search(r'href="([^"]+)" data-older', first)
    assert older is not None
    second = (await client.get(older[1])).text
    ids = [re.findall(r'data-id="([^"]+)"', html) for html in (first, second)]
    assert [len(page) for page in ids] == [50, 10]
    assert not set(ids[0]) & set(ids[1])


async def test_a_page_that_found_nothing_within_its_bound_offers_to_look_further(
    client: httpx.AsyncClient, store: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_tasks, "LOOKED_AT", 3)
    for user in (1, 2, 2, 2):
        await store.enqueue("email:send", {"user": user})
    nothing = (await client.get("/tasks?q=payload.user:1")).text
    assert "No task matches so far" in nothing
    assert "0 tasks, looked at the newest 3" in nothing.replace("\xa0", " ")
    older = re.search(r'href="([^"]+)">Look at older tasks', nothing)
    assert older is not None
    assert "data-older" in nothing
    assert len(re.findall(r'data-id="', (await client.get(older[1].replace("&amp;", "&"))).text)) == 1


async def test_a_task_says_first_why_it_is_so(client: httpx.AsyncClient, store: Container) -> None:
    made = await build(store, 21)
    sentences = {
        "failed": "Failed for good after 1 attempt",
        "completed": "Completed, after",
        "running": "It runs on worker-a-2114",
        "retrying": "It waits for its retry: attempt 2 of 3",
        "scheduled": "It is scheduled to start in",
        "pending": "The queue imports is paused for",
        "cancelled": "Cancelled before it began",
    }
    for state, sentence in sentences.items():
        html = (await client.get(f"/tasks/{made[state][0].id}")).text
        assert sentence in html.replace("\xa0", " "), state


async def test_a_task_shows_the_chain_that_it_is_part_of_and_the_failure(
    client: httpx.AsyncClient, store: Container
) -> None:
    made = await build(store, 7)
    first = made["completed"][0]
    assert 'id="chain"' not in (await client.get(f"/tasks/{first.id}")).text
    copy = await store.copy_task(first.id)
    assert isinstance(copy, Task)
    chain = (await client.get(f"/tasks/{copy.id}")).text.split('id="chain"')[1]
    assert f'href="/tasks/{first.id}"' in chain
    [group] = await store.list_failure_groups()
    failed = [task for task in made["failed"] if task.type == "invoice:render"]
    assert all([group.fingerprint in (await client.get(f"/tasks/{task.id}")).text for task in failed])


async def test_an_unknown_task_is_told_with_404(client: httpx.AsyncClient) -> None:
    answer = await client.get("/tasks/01a22941-3918-70e5-9b13-4e4a89546b15")
    assert answer.status_code == 404
    assert "No task 01a22941" in answer.text
    assert (await client.get("/no/such/page")).status_code == 404


async def test_some_characters_of_an_id_lead_to_the_task(client: httpx.AsyncClient, store: Container) -> None:
    task = await store.enqueue("email:send", {})
    assert (await client.get(f"/tasks/{task.id[-8:]}")).headers["location"] == f"/tasks/{task.id}"
    assert (await client.get("/tasks/ffffffff")).status_code == 404


async def test_a_task_is_cancelled_after_a_question_and_that_can_be_undone(
    client: httpx.AsyncClient, store: Container
) -> None:
    task = await store.enqueue("email:send", {})
    answer = await confirmed(client, f"/act/cancel?task={task.id}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tasks/{task.id}")
    assert (await store.get_task(task.id)).state is TaskState.CANCELLED
    told = (await client.get(answer.headers["location"])).text
    undo = re.search(r'action="(/act/retry[^"]*)"', told)
    assert undo is not None
    await client.post(undo[1].replace("&amp;", "&"), data={"csrf": hidden(told, "csrf")})
    assert (await store.get_task(task.id)).state is TaskState.PENDING
    assert "Undo" not in (await client.get("/tasks")).text.split('id="toasts"')[0]


async def test_a_queue_is_paused_and_resumed(client: httpx.AsyncClient, store: Container) -> None:
    await build(store, 7)
    await confirmed(client, "/act/pause?queue=mail")
    assert "mail" in (await store.get_task_stats()).paused_queues
    await confirmed(client, "/act/resume?queue=mail")
    assert "mail" not in (await store.get_task_stats()).paused_queues


async def test_whoever_paused_something_says_why_and_others_see_it(client: httpx.AsyncClient, store: Container) -> None:
    await build(store, 7)
    form = {"csrf": hidden((await client.get("/new-task")).text, "csrf"), "reason": " provider \n down "}
    asked = (await client.get("/act/pause?queue=mail")).text
    assert 'name="reason"' in asked and "(optional)" in asked
    await client.post("/act/pause", data={**form, "queue": "mail"})
    await client.post("/act/pause", data={**form, "type": "email:send"})
    await client.post("/act/pause-schedule", data={**form, "schedule": "account-sync"})
    for path in ("/queues", "/types", "/types/email:send", "/schedules", "/schedules?open=account-sync"):
        assert ": “provider down”" in (await client.get(path)).text, path
    overview = (await client.get("/")).text
    assert "Paused by ops: “bank sends doubled files, wait for their fix”" in overview


async def test_a_waiting_task_is_given_a_priority_and_another_queue(
    client: httpx.AsyncClient, store: Container
) -> None:
    task = await store.enqueue("email:send", {})
    form = {"csrf": hidden((await client.get("/new-task")).text, "csrf"), "task": task.id}
    await client.post("/act/priority", data={**form, "priority": "7"})
    await client.post("/act/move", data={**form, "queue": "mail"})
    moved = await store.get_task(task.id)
    assert (moved.priority, moved.queue) == (7, "mail")
    assert (await client.post("/act/priority", data={**form, "priority": "high"})).status_code == 422


async def test_failures_of_one_cause_are_one_row_with_its_traceback(
    client: httpx.AsyncClient, store: Container
) -> None:
    await build(store, 14)
    html = (await client.get("/failures")).text
    assert html.count("TemplateNotFound: invoice/total_v2.html") == 1
    opened = re.search(r'href="(/failures\?open=[0-9a-f]+)#opened"', html)
    assert opened is not None
    assert "page = pages.get_template(template)" in (await client.get(opened[1])).text
    fingerprint = opened[1].rpartition("=")[2]
    await confirmed(client, f"/act/mute?group={fingerprint}")
    [group] = await store.list_failure_groups()
    assert group.is_muted
    assert "fails: " not in (await client.get("/")).text


async def test_the_overview_says_first_what_fails_and_shows_what_ran(
    client: httpx.AsyncClient, store: Container
) -> None:
    await build(store, 14)
    html = (await client.get("/")).text.replace("\xa0", " ")
    assert html.index("invoice:render</code> fails: 320 of") < html.index("imports</code> stands still")
    assert 'aria-label="Failed attempts: 16 at most in a minute, 304 in all"' in html
    week = (await client.get("/?range=7d")).text
    assert "completed in the last" in week


async def test_a_type_that_nobody_knows_is_stuck_and_its_queue_is_not(
    client: httpx.AsyncClient, store: Container
) -> None:
    await build(store, 7)
    for _ in range(3):
        await store.enqueue("email:sent", {}, queue="mail")
    for path in ("/", "/queues"):
        html = (await client.get(path)).text.replace("\xa0", " ")
        assert "cannot run: 3 tasks wait in mail" in html
        assert "one knows email:send." in html
        assert "mail</code> stands still" not in html
        assert "mail stands still" not in html
        assert "q=state%3Apending+queue%3Amail+type%3Aemail%3Asent" in html


async def test_an_open_queue_says_whether_it_moves(client: httpx.AsyncClient, store: Container) -> None:
    await build(store, 14)
    assert "No worker that is alive knows the type" in (await client.get("/queues?open=imports")).text
    assert "worker-a-2114" in (await client.get("/queues?open=mail")).text.split('id="opened"')[1]


async def test_what_cannot_be_undone_asks_for_its_name(client: httpx.AsyncClient, store: Container) -> None:
    await build(store, 1)
    refused = await confirmed(client, "/act/delete-schedule?schedule=hook-sweep")
    assert refused.status_code == 422
    assert "Type hook-sweep to go on" in refused.text
    csrf = hidden(refused.text, "csrf")
    await client.post("/act/delete-schedule", data={"csrf": csrf, "schedule": "hook-sweep", "typed": "hook-sweep"})
    assert "hook-sweep" not in {each.name for each in await store.list_schedules()}


async def test_a_form_of_another_site_does_nothing(client: httpx.AsyncClient, store: Container) -> None:
    task = await store.enqueue("email:send", {})
    await client.get("/tasks")
    answer = await client.post("/act/cancel", data={"task": task.id, "csrf": "guessed"})
    assert answer.status_code == 403
    assert (await store.get_task(task.id)).state is TaskState.PENDING


async def test_a_task_is_stored_by_a_form_that_names_what_is_wrong(client: httpx.AsyncClient, store: Container) -> None:
    csrf = hidden((await client.get("/new-task")).text, "csrf")
    wrong = await client.post("/new-task", data={"csrf": csrf, "type": "no name", "payload": "{}"})
    assert wrong.status_code == 422
    assert 'id="type-problem"' in wrong.text
    right = await client.post("/new-task", data={"csrf": csrf, "type": "email:send", "payload": '{"to": "ada"}'})
    task = await store.get_task(right.headers["location"].rpartition("/")[2])
    assert (task.type, task.payload) == ("email:send", {"to": "ada"})


async def test_a_task_is_edited_as_a_copy(client: httpx.AsyncClient, store: Container) -> None:
    task = await store.enqueue("email:send", {"to": "ada"}, queue="mail", priority=3)
    html = (await client.get(f"/new-task?copy={task.id}")).text
    assert [hidden(html, name) for name in ("type", "queue", "priority")] == ["email:send", "mail", "3"]
    assert "&#34;to&#34;: &#34;ada&#34;" in html


async def test_who_may_not_see_a_page_signs_in_and_comes_back(new_client: Client) -> None:
    async def check_token(request: Request, token: str) -> str | None:
        return None if token == "good" else "This token is not known."

    async with new_client(check_token=check_token) as client:
        sent_away = await client.get("/tasks?q=state:failed", headers={"x-out": "1"})
        assert unquote(sent_away.headers["location"]) == "/sign-in?next=/tasks?q=state:failed"
        page = await client.get(sent_away.headers["location"])
        form = {"csrf": hidden(page.text, "csrf"), "next": hidden(page.text, "next")}
        refused = await client.post("/sign-in", data={**form, "token": "bad"})
        assert (refused.status_code, "This token is not known." in refused.text) == (401, True)
        let_in = await client.post("/sign-in", data={**form, "token": "good"})
        assert let_in.headers["location"] == "/tasks?q=state:failed"
        assert client.cookies["backstage_token"] == "good"
        assert 'action="/sign-out"' in (await client.get("/tasks")).text
        elsewhere = await client.post("/sign-in", data={**form, "token": "good", "next": "//evil.example"})
        assert elsewhere.headers["location"] == "/"


async def test_the_theme_is_kept_by_the_browser(client: httpx.AsyncClient) -> None:
    answer = await client.get("/theme?theme=dark&back=/tasks")
    assert answer.headers["location"] == "/tasks"
    assert 'data-theme="dark"' in (await client.get("/tasks")).text


async def test_a_store_that_does_not_answer_is_told_without_its_address(
    client: httpx.AsyncClient, store: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent() -> None:
        raise StorageUnavailableError("postgresql://secret@db: no route")

    monkeypatch.setattr(store, "get_task_stats", silent)
    answer = await client.get("/tasks")
    assert (answer.status_code, answer.headers["refresh"], answer.headers["retry-after"]) == (503, "5", "5")
    assert "The store does not answer" in answer.text
    assert "secret" not in answer.text


async def test_a_static_file_may_be_kept_for_ever_under_its_version(client: httpx.AsyncClient) -> None:
    address = re.search(r'href="([^"]+/app\.css)"', (await client.get("/")).text)
    assert address is not None
    answer = await client.get(address[1])
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert (await client.get("/static/any/../../app.py")).status_code == 404


async def test_the_palette_knows_pages_queues_and_types(client: httpx.AsyncClient, store: Container) -> None:
    await build(store, 7)
    names = {each["name"] for each in (await client.get("/palette")).json()}
    assert {"Overview", "billing", "invoice:render", "Pause billing", "Resume imports"} <= names


async def test_a_schedule_is_stored_by_a_form_that_says_what_it_means(new_client: Client, store: Container) -> None:
    async with new_client(Role.ADMIN) as client:
        part = (await client.get("/schedule-preview?schedule=30 2 * * *&time_zone=Europe/Berlin")).text
        assert "Every day at 02:30" in part
        assert part.count("<li>") == 5
        assert "hint st failed" in (await client.get("/schedule-preview?schedule=61 * * * *")).text
        form = {"csrf": hidden((await client.get("/new-schedule")).text, "csrf"), "schedule": "30 2 * * *"}
        wrong = await client.post("/new-schedule", data={**form, "task_name": "no name"})
        assert (wrong.status_code, 'id="task_name-problem"' in wrong.text) == (422, True)
        stored = await client.post("/new-schedule", data={**form, "task_name": "report:build", "name": "nightly"})
        assert stored.headers["location"] == "/schedules?open=nightly"
        assert hidden((await client.get("/new-schedule?edit=nightly")).text, "schedule") == "30 2 * * *"
        await store.put_schedule(CronTask("30 2 * * *", "report:build", name="nightly", jitter=60.0, tags=("night",)))
        edited = {**form, "schedule": "every 5m", "task_name": "report:build", "name": "nightly"}
        await client.post("/new-schedule", data=edited)
    cron = (await store.get_schedule("nightly")).cron
    assert (cron.schedule, cron.jitter, cron.tags) == ("every 5m", 60.0, ("night",))


async def test_each_figure_of_the_overview_leads_to_the_tasks_that_it_counts(
    client: httpx.AsyncClient, store: Container
) -> None:
    made = await build(store, 14)
    html = (await client.get("/")).text
    for state in ("pending", "running", "scheduled", "retrying", "failed", "completed"):
        figure = re.search(rf'href="(/tasks\?q=state%3A{state})" title="(\d+)"', html)
        assert figure is not None, state
        counted = await store.count_tasks(f"state:{state}")
        assert int(figure[2]) == counted.tasks >= len(made[state]), state
        assert made[state][0].id in (await client.get(figure[1])).text
    assert "next in " in html
