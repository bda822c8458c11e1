"""What a problem says of a request that cannot be understood."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api

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
