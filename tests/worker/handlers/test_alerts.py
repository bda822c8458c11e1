from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from backstage import Worker
from backstage.domain.errors import ConfigurationError
from backstage.domain.subscription import DELIVERY_QUEUE
from backstage.domain.task_state import TaskState
from backstage.worker.handlers.alert_webhook import SECRET
from backstage.worker.handlers.webhook_signature import verify
from tests.worker.workers import found, play

from .receiver import Receiver, StartReceiver

WORDS = "a secret of enough characters"


@pytest.fixture(autouse=True)
def this_machine_is_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKSTAGE_WEBHOOK_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("BACKSTAGE_WEBHOOK_ALLOW_HTTP", "1")


@pytest.fixture
async def receiver(start_receiver: StartReceiver) -> AsyncIterator[Receiver]:
    receiver = await start_receiver()
    receiver.may_answer.set()
    yield receiver


def fails() -> None:
    raise ValueError("no such address")


def failing(**settings: Any) -> Worker:
    worker = Worker("memory://", until_idle=True, silent=True, poll_interval=0.02, **settings)
    worker.on("email:send", fails, max_attempts=1)
    return worker


async def test_a_final_failure_is_posted_with_a_signature_and_without_the_payload(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET, WORDS)
    worker = failing(alert_webhook=f"http://127.0.0.1:{receiver.port}/hook?token=canary")
    task = await play(worker, "email:send", {"to": "ada@example.com"}, correlation_id="order-7")
    [request] = receiver.requests
    [delivery] = await found(worker, queue=DELIVERY_QUEUE)
    assert verify(WORDS, request.headers, request.body) == delivery.id
    body = json.loads(request.body)
    assert (body["event_id"], body["at"][-1]) == (delivery.metadata["event_id"], "Z")
    assert body["text"] == f"email:send failed after 1 attempt: ValueError: no such address (task {task.id})"
    assert body["task"] == {
        "id": task.id,
        "type": "email:send",
        "queue": "default",
        "attempts": 1,
        "correlation_id": "order-7",
        "workflow_id": task.id,
    }
    assert body["error"] == {"type": "ValueError", "message": "no such address"}
    assert b"ada@example.com" not in request.body


async def test_a_receiver_that_refuses_for_good_makes_a_dead_letter(receiver: Receiver) -> None:
    receiver.answer = b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"
    worker = failing(alert_webhook=f"http://127.0.0.1:{receiver.port}/hook")
    await play(worker, "email:send")
    [delivery] = await found(worker, queue=DELIVERY_QUEUE)
    assert (delivery.state, str(delivery.last_failure)) == (TaskState.FAILED, "GiveUp: 127.0.0.1 answered 410")
    assert "webhook-signature" not in receiver.requests[0].headers


async def test_a_final_failure_is_logged_as_an_alert() -> None:
    entries: list[Mapping[str, Any]] = []
    worker = failing(alert_log=True, log_handler=entries.append)
    task = await play(worker, "email:send")
    [alert] = [entry for entry in entries if entry["event"] == "task_alert"]
    assert (alert["task_id"], alert["level"], alert["error"]) == (task.id, "error", "ValueError: no such address")
    assert (alert["type"], alert["queue"], alert["attempt"]) == ("email:send", "default", 1)
    [delivery] = await found(worker, queue=DELIVERY_QUEUE)
    assert alert["event_id"] == delivery.metadata["event_id"]


@pytest.mark.parametrize("url", ["ftp://canary.example", "https://user:canary@example.com/", "canary"])
def test_a_url_that_no_webhook_may_have_is_refused_and_not_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="alert_webhook") as refused:
        failing(alert_webhook=url)
    assert "Value error" not in str(refused.value)
    monkeypatch.setenv("BACKSTAGE_ALERT_WEBHOOK", url)
    with pytest.raises(ConfigurationError, match=r"^BACKSTAGE_ALERT_WEBHOOK: "):
        failing()
    assert "canary" not in str(refused.value)


def test_the_url_is_not_shown_with_the_settings() -> None:
    assert "canary" not in repr(failing(alert_webhook="https://example.com/canary").settings)
