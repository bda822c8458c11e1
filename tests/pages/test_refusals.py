"""What the pages answer to rubbish, to other sites, and where the store cannot be asked."""

from __future__ import annotations

import logging

import httpx
import pytest
from starlette.requests import Request

from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from backstage.pages.app import pages_app
from backstage.pages.asked_number import asked_number
from tests.pages.conftest import Client
from tests.pages.test_pages import hidden

NINES = "9" * 5000


async def test_a_form_with_too_many_fields_is_refused(new_client: Client) -> None:
    async def check_token(request: Request, token: str) -> str | None:
        return None

    fields = "&".join(f"f{number}=" for number in range(5001))
    form = {"content-type": "application/x-www-form-urlencoded"}
    async with new_client(check_token=check_token) as client:
        for path in ("/sign-in", "/new-task", "/act/cancel", "/tokens", "/theme"):
            assert (await client.post(path, content=fields, headers=form)).status_code == 413, path


async def test_a_number_that_is_too_long_counts_as_none(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/complete?text=sta&position={NINES}")).json()[0]["text"] == "state:"
    for number in (NINES, "9" * 23):
        assert asked_number(number) is None


async def test_a_form_with_the_right_secret_is_refused_on_another_site(
    client: httpx.AsyncClient, store: Container
) -> None:
    task = await store.enqueue("email:send", {})
    assert isinstance(task, Task)
    form = {"task": task.id, "csrf": hidden((await client.get("/new-task")).text, "csrf")}
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "same-site"}):
        assert (await client.post("/act/cancel", data=form, headers=headers)).status_code == 403
    assert (await store.get_task(task.id)).state is TaskState.PENDING
    ours = {"origin": "http://backstage.test"}
    assert (await client.post("/act/cancel", data=form, headers=ours)).status_code == 303


async def test_where_nobody_can_be_known_the_store_is_told_to_be_away(caplog: pytest.LogCaptureFixture) -> None:
    async def unknown(request: Request) -> None:
        raise StorageUnavailableError("postgresql://secret@db: no route")

    transport = httpx.ASGITransport(pages_app(unknown))
    async with httpx.AsyncClient(transport=transport, base_url="http://backstage.test") as client:
        for path in ("/", "/live", "/tasks/some/told"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["refresh"]) == (503, "5")
            assert "The store does not answer" in answer.text
            assert "secret" not in answer.text
        answer = await client.post("/act/cancel")
        assert (answer.status_code, answer.headers.get("refresh")) == (503, None)
    told = [each.getMessage() for each in caplog.records if each.name == "backstage.web"]
    assert told == ["request_unanswered: GET / was not answered: postgresql://secret@db: no route"]


async def test_a_defect_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(request: Request) -> None:
        raise ZeroDivisionError

    transport = httpx.ASGITransport(pages_app(broken), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://backstage.test") as client:
        answer = await client.get("/tasks")
    assert (answer.status_code, answer.text) == (500, "Backstage could not answer: its log says why.")
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.message == "GET /tasks could not be answered"
    assert record.exc_info is not None
