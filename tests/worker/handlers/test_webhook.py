"""`webhook:deliver` against a real web server."""

from __future__ import annotations

import json
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from backstage.domain.errors import ConfigurationError
from backstage.domain.handler_signals import GiveUp, RetryLater
from backstage.domain.task_type import HANDLER_MARK
from backstage.worker.handlers.webhook import MAX_ANSWER_BYTES, MAX_FREE_WAITS, WebhookFailed, deliver, deliver_by
from backstage.worker.handlers.webhook_payload import Webhook
from backstage.worker.handlers.webhook_signature import verify
from backstage.worker.handling.context import TaskContext

from .receiver import Receiver, StartReceiver

SECRET = "canary-secret-of-enough-characters"


@pytest.fixture(autouse=True)
def this_machine_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_WEBHOOK_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("BACKSTAGE_WEBHOOK_ALLOW_HTTP", "1")
    monkeypatch.setenv("BACKSTAGE_WEBHOOK_SECRET_BILLING", SECRET)


@pytest.fixture
def context(new_context: Callable[..., TaskContext]) -> TaskContext:
    return new_context("webhook:deliver")


def webhook(receiver: Receiver, **changes: Any) -> Webhook:
    url = f"http://127.0.0.1:{receiver.port}/hook?token=canary-token"
    return Webhook.model_validate({"url": url, "body": {"order": 7, "name": "Åsa"}} | changes)


def resolver(*answers: str) -> tuple[Callable[[str, int], Awaitable[list[str]]], list[str]]:
    """A resolver that gives one answer after the other, and the names that it was asked for."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return [answers[min(len(asked), len(answers)) - 1]]

    return resolve, asked


def test_the_handler_is_marked_with_its_type() -> None:
    assert getattr(deliver, HANDLER_MARK).type == "webhook:deliver"


async def test_a_body_arrives_as_json_and_the_answer_is_not_kept(
    start_receiver: StartReceiver, context: TaskContext
) -> None:
    receiver = await start_receiver()
    receiver.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\ncanary-answer"
    result = await deliver(webhook(receiver, headers={"X-Shop": "north"}), context)
    [request] = receiver.requests
    assert (request.method, request.target) == ("POST", "/hook?token=canary-token")
    assert json.loads(request.body) == {"order": 7, "name": "Åsa"}
    assert (request.headers["content-type"], request.headers["x-shop"]) == ("application/json", "north")
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert set(result) == {"status", "elapsed"}
    assert result["status"] == 200


async def test_a_receiver_verifies_what_it_got(start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver()
    await deliver(webhook(receiver, secret_env="BACKSTAGE_WEBHOOK_SECRET_BILLING"), context)
    [request] = receiver.requests
    assert verify(SECRET, request.headers, request.body) == context.task.id


async def test_every_attempt_carries_the_same_id_and_body(start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver()
    for _ in range(2):
        await deliver(webhook(receiver), context)
    first, second = receiver.requests
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)


async def test_no_secret_is_told_in_logs_or_errors(start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver()
    receiver.say(500)
    with capture_logs() as logs, pytest.raises(WebhookFailed) as caught:
        await deliver(webhook(receiver, secret_env="BACKSTAGE_WEBHOOK_SECRET_BILLING"), context)
    assert "canary" not in f"{caught.value!r} {logs}"


@pytest.mark.parametrize("secret", ["", "short"])
async def test_a_missing_or_weak_secret_sends_nothing(
    secret: str, start_receiver: StartReceiver, context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKSTAGE_WEBHOOK_SECRET_BILLING", secret)
    receiver = await start_receiver()
    with pytest.raises(ConfigurationError, match="BACKSTAGE_WEBHOOK_SECRET_BILLING"):
        await deliver(webhook(receiver, secret_env="BACKSTAGE_WEBHOOK_SECRET_BILLING"), context)
    assert receiver.requests == []


async def test_a_secret_may_stand_in_a_dotenv_file(
    start_receiver: StartReceiver, context: TaskContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"BACKSTAGE_WEBHOOK_SECRET_SHOP=other-{SECRET}\n")
    receiver = await start_receiver()
    await deliver(webhook(receiver, secret_env="BACKSTAGE_WEBHOOK_SECRET_SHOP"), context)
    assert verify(f"other-{SECRET}", receiver.requests[0].headers, receiver.requests[0].body)


@pytest.mark.parametrize(("name", "value"), [("ALLOW_PRIVATE", "perhaps"), ("CA_FILE", "/nowhere")])
async def test_a_wrong_setting_is_named(
    name: str, value: str, start_receiver: StartReceiver, context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BACKSTAGE_WEBHOOK_{name}", value)
    with pytest.raises(ConfigurationError, match=f"BACKSTAGE_WEBHOOK_{name}"):
        await deliver(webhook(await start_receiver()), context)


# -- how the receiver's answers are read ---------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_success(status: int, start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver()
    receiver.say(status)
    assert (await deliver(webhook(receiver), context))["status"] == status


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
async def test_a_passing_trouble_is_retried(status: int, start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver()
    receiver.say(status)
    with pytest.raises(WebhookFailed, match=str(status)):
        await deliver(webhook(receiver), context)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
async def test_a_refusal_is_given_up(status: int, start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver()
    receiver.say(status)
    with pytest.raises(GiveUp, match=str(status)):
        await deliver(webhook(receiver), context)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int, start_receiver: StartReceiver, context: TaskContext) -> None:
    canary, receiver = await start_receiver(), await start_receiver()
    receiver.say(status, location=f"http://127.0.0.1:{canary.port}/")
    with pytest.raises(GiveUp, match="redirects are not followed"):
        await deliver(webhook(receiver), context)
    assert canary.connections == 0


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_in_seconds_is_obeyed_at_no_cost_of_an_attempt(
    status: int, start_receiver: StartReceiver, context: TaskContext
) -> None:
    receiver = await start_receiver()
    receiver.say(status, retry_after="120")
    with pytest.raises(RetryLater) as caught:
        await deliver(webhook(receiver), context)
    assert caught.value.delay == 120


async def test_a_wait_until_a_date_is_obeyed(start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver()
    receiver.say(429, retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True))
    with pytest.raises(RetryLater) as caught:
        await deliver(webhook(receiver), context)
    assert 590 <= caught.value.delay <= 600


async def test_a_receiver_that_always_asks_to_wait_ends_by_spending_attempts(
    start_receiver: StartReceiver, new_context: Callable[..., TaskContext]
) -> None:
    receiver = await start_receiver()
    receiver.say(429, retry_after="1")
    with pytest.raises(WebhookFailed):
        await deliver(webhook(receiver), new_context("webhook:deliver", deliveries=99, interruptions=MAX_FREE_WAITS))


async def test_a_wait_asked_for_with_another_status_is_only_a_failure(
    start_receiver: StartReceiver, context: TaskContext
) -> None:
    receiver = await start_receiver()
    receiver.say(500, retry_after="120")
    with pytest.raises(WebhookFailed):
        await deliver(webhook(receiver), context)


async def test_an_answer_is_read_up_to_a_limit(start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver()
    size = 64 * MAX_ANSWER_BYTES
    receiver.answer = f"HTTP/1.1 200 OK\r\ncontent-length: {size * 1000}\r\n\r\n".encode() + bytes(size)
    assert (await deliver(webhook(receiver), context))["status"] == 200


async def test_a_receiver_that_does_not_answer_is_left_at_the_deadline(
    start_receiver: StartReceiver, context: TaskContext
) -> None:
    receiver = await start_receiver()
    receiver.may_answer.clear()
    with pytest.raises(WebhookFailed, match=r"within 0\.2 s"):
        await deliver(webhook(receiver, timeout=0.2), context)
    receiver.may_answer.set()


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", b"SSH-2.0-OpenSSH\r\n\r\n"]
)
async def test_a_broken_exchange_is_retried(answer: bytes, start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver()
    receiver.answer = answer
    with pytest.raises(WebhookFailed, match="broke"):
        await deliver(webhook(receiver), context)


async def test_a_receiver_that_is_down_is_retried(context: TaskContext) -> None:
    with pytest.raises(WebhookFailed, match="cannot connect"):
        await deliver(webhook(Receiver(port=1)), context)


async def test_the_next_address_is_tried_when_one_is_down(start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver("127.0.0.2")

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1", "127.0.0.2"]

    payload = webhook(receiver, url=f"http://receiver.test:{receiver.port}/")
    assert (await deliver_by(resolve, payload, context))["status"] == 204


# -- the connection ------------------------------------------------------------------------------


async def test_the_name_is_looked_up_once_and_what_was_looked_up_is_connected_to(
    start_receiver: StartReceiver, context: TaskContext
) -> None:
    receiver = await start_receiver("127.0.0.1")
    canary = await start_receiver("127.0.0.2", receiver.port)
    resolve, asked = resolver("127.0.0.1", "127.0.0.2")
    await deliver_by(resolve, webhook(receiver, url=f"http://rebinds.test:{receiver.port}/"), context)
    assert (asked, receiver.connections, canary.connections) == (["rebinds.test"], 1, 0)
    assert receiver.requests[0].headers["host"] == f"rebinds.test:{receiver.port}"


@pytest.mark.parametrize(("host", "name"), [("faß.test", "xn--fa-hia.test"), ("BÜCHER.test", "xn--bcher-kva.test")])
async def test_a_name_of_another_script_is_looked_up_and_sent_in_one_form(
    host: str, name: str, start_receiver: StartReceiver, context: TaskContext
) -> None:
    receiver = await start_receiver("127.0.0.1")
    resolve, asked = resolver("127.0.0.1")
    await deliver_by(resolve, webhook(receiver, url=f"http://{host}:{receiver.port}/"), context)
    assert (asked, receiver.requests[0].headers["host"]) == ([name], f"{name}:{receiver.port}")


async def test_the_certificate_is_checked_against_the_name_not_the_address(
    start_receiver: StartReceiver,
    context: TaskContext,
    certificate: ssl.SSLContext,
    ca_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BACKSTAGE_WEBHOOK_CA_FILE", str(ca_file))
    receiver = await start_receiver("127.0.0.2", ssl=certificate)
    resolve, _ = resolver("127.0.0.2")
    good = webhook(receiver, url=f"https://receiver.test:{receiver.port}/")
    assert (await deliver_by(resolve, good, context))["status"] == 204
    with pytest.raises(WebhookFailed, match="certificate"):
        await deliver_by(resolve, webhook(receiver, url=f"https://other.test:{receiver.port}/"), context)
    assert len(receiver.requests) == 1


async def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    start_receiver: StartReceiver, context: TaskContext, certificate: ssl.SSLContext
) -> None:
    receiver = await start_receiver(ssl=certificate)
    with pytest.raises(WebhookFailed, match="certificate"):
        await deliver(webhook(receiver, url=f"https://127.0.0.1:{receiver.port}/"), context)
    assert receiver.requests == []


async def test_an_ipv6_receiver_is_reached(start_receiver: StartReceiver, context: TaskContext) -> None:
    receiver = await start_receiver("::1")
    await deliver(webhook(receiver, url=f"http://[::1]:{receiver.port}/"), context)
    assert receiver.requests[0].headers["host"] == f"[::1]:{receiver.port}"


async def test_a_proxy_of_the_environment_is_not_used(
    start_receiver: StartReceiver, context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, receiver = await start_receiver(), await start_receiver()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    await deliver(webhook(receiver), context)
    assert (proxy.connections, receiver.connections) == (0, 1)


async def test_http_needs_a_permission(
    start_receiver: StartReceiver, context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKSTAGE_WEBHOOK_ALLOW_HTTP")
    receiver = await start_receiver()
    with pytest.raises(GiveUp, match="https"):
        await deliver(webhook(receiver), context)
    assert receiver.connections == 0


# -- what a payload may not say ------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_env": "PATH"},
        {"secret_env": "AWS_SECRET_ACCESS_KEY"},
        {"secret_env": "XBACKSTAGE_WEBHOOK_SECRET"},
        {"secret_env": "BACKSTAGE_WEBHOOK_SECRET\n"},
        {"secret_env": "BACKSTAGE_WEBHOOK_SECRET=x"},
        {"method": "GET"},
        {"method": "post"},
        {"timeout": 0},
        {"timeout": 61},
        {"headers": {"Host": "inner"}},
        {"headers": {"Content-Length": "0"}},
        {"headers": {"transfer-encoding": "chunked"}},
        {"headers": {"Webhook-Signature": "v1,x"}},
        {"headers": {"X-A": "1\r\nX-B: 2"}},
        {"headers": {"X A": "1"}},
        {"headers": {"X-A\r\nX-B": "1"}},
        {"headers": {"": "1"}},
        {"headers": {"X-A": "ü"}},
        {"follow_redirects": True},
    ],
)
def test_an_unsafe_payload_is_refused_without_quoting_it(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        webhook(Receiver(), **changes)
    assert "canary" not in str(caught.value)
