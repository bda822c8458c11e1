"""What a problem says of a request that cannot be understood."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from backstage import Container, Identity, Role, Settings, StorageUnavailableError
from backstage.api import backstage_app
from backstage.pages.outage_log import OutageLog
from tests.api.conftest import Api, client

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("content", "headers", "status", "remedy"),
    [
        (b'{"type": "a"}', {}, 422, "Content-Type: application/json"),
        (b'{"type": "a", "payload": "\xff"}', JSON, 400, "is not UTF-8"),
        (b'{"type": "a", "payload": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON, 400, "is nested too deeply"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_with_the_reason(
    api: Api, content: bytes, headers: dict[str, str], status: int, remedy: str
) -> None:
    answer = await api.operator.post("/v1/tasks", content=content, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, "urn:backstage:invalid-request")
    assert remedy in problem["detail"]
    assert remedy in problem["fields"][0]["message"]


async def test_every_problem_has_a_type_of_its_own(api: Api) -> None:
    task = await api.container.enqueue("email:send")
    answers = [
        await api.anonymous.get("/v1/me"),
        await api.viewer.get("/v1/nothing"),
        await api.viewer.get("/v1/tasks/"),
        await api.operator.post(f"/v1/tasks/{task.id}/cancel", headers={"If-Match": '"7"'}),
    ]
    assert [(each.status_code, each.json()["type"].removeprefix("urn:backstage:")) for each in answers] == [
        (401, "unauthorized"),
        (404, "not-found"),
        (404, "not-found"),
        (412, "task-changed"),
    ]


@pytest.mark.parametrize("query", ["", "  "])
async def test_a_query_that_was_forgotten_does_not_mean_every_task(api: Api, query: str) -> None:
    answer = await api.operator.post("/v1/bulk", json={"kind": "cancel", "query": query})
    assert (answer.status_code, "write type:* if you mean every task" in answer.json()["detail"]) == (422, True)


async def test_an_outage_of_the_store_is_logged_without_flooding_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def authorize(request: Request) -> Identity:
        raise StorageUnavailableError("postgresql://ada@db: no route")

    app = backstage_app(Container(Settings(url="memory://")), authorize=authorize)
    async with client(app) as http:
        answers = [await http.get("/v1/stats") for _ in range(4)]
    assert [(each.status_code, "ada" in each.text) for each in answers] == [(503, False)] * 4
    told = [each.getMessage() for each in caplog.records if each.name == "backstage.web"]
    assert told == ["request_unanswered: GET /v1/stats was not answered: postgresql://ada@db: no route"]


def test_a_lasting_outage_is_told_once_a_minute_with_how_many_requests_it_were(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 100.0
    outages = OutageLog(lambda: now)
    for now in (100.0, 101.0, 159.0, 160.0, 161.0):  # noqa: B007 - the log looks at it
        outages.tell("GET", "/a\nb", StorageUnavailableError("away"))
    first = "request_unanswered: GET /a%0Ab was not answered: away"
    assert caplog.messages == [first, f"{first} (2 more since the last line)"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/tasks", "GET, POST"), ("/v1/tasks/batch", "POST"), ("/v1/tasks/019a0000", "DELETE, GET, PATCH")],
)
async def test_a_method_that_a_path_has_not_is_answered_with_all_that_it_has(api: Api, path: str, allowed: str) -> None:
    for app, prefix in ((api.app, ""), (Starlette(routes=[Mount("/ops", api.app)]), "/ops")):
        async with client(app, Authorization=f"Bearer {api.secrets[Role.VIEWER]}") as http:
            answer = await http.put(f"{prefix}{path}")
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_a_number_is_no_moment(api: Api) -> None:
    for since in ("0.5", "1767225600"):
        assert (await api.viewer.get("/v1/tasks/ended", params={"since": since})).status_code == 422
    answer = await api.operator.post("/v1/tasks", json={"type": "a", "scheduled_at": 1767225600})
    assert (answer.status_code, "such as 2030-01-31T08:00:00Z" in answer.json()["detail"]) == (422, True)
