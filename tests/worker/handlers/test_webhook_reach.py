"""No URL leads a webhook into the worker's own network: a canary on this machine sees no connection."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from backstage.domain.handler_signals import GiveUp
from backstage.worker.handlers.pinned_host import ForbiddenAddress
from backstage.worker.handlers.webhook import WebhookFailed, deliver, deliver_by
from backstage.worker.handlers.webhook_payload import Webhook
from backstage.worker.handling.context import TaskContext

from .receiver import Receiver, StartReceiver

# `#` stands for the canary's port.
URLS = Path(__file__).with_name("inner_urls.txt").read_text(encoding="utf-8").split()


@pytest.fixture
async def canary(start_receiver: StartReceiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Listens on every address of this machine."""
    monkeypatch.setenv("BACKSTAGE_WEBHOOK_ALLOW_HTTP", "1")
    if not socket.has_dualstack_ipv6():
        return await start_receiver("0.0.0.0")
    sock = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    return await start_receiver(None, None, sock=sock)


@pytest.fixture
def context(new_context: Callable[..., TaskContext]) -> TaskContext:
    return new_context("webhook:deliver")


@pytest.mark.parametrize("url", URLS)
async def test_a_url_into_the_inner_network_reaches_nothing(url: str, canary: Receiver, context: TaskContext) -> None:
    with pytest.raises((ValidationError, GiveUp)):
        await deliver(Webhook(url=url.replace("#", str(canary.port)), timeout=2), context)
    assert canary.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["2606:4700:4700::1111", "::1"],
        ["169.254.169.254"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
    ],
)
async def test_a_name_with_any_inner_address_reaches_nothing(
    addresses: list[str], canary: Receiver, context: TaskContext
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return addresses

    with pytest.raises(ForbiddenAddress):
        await deliver_by(resolve, Webhook(url=f"http://innocent.test:{canary.port}/"), context)
    assert canary.connections == 0


async def test_a_name_that_leads_nowhere_is_retried(context: TaskContext, canary: Receiver) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "temporary failure")

    with pytest.raises(WebhookFailed, match="looked up"):
        await deliver_by(resolve, Webhook(url=f"http://gone.test:{canary.port}/"), context)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_the_canary_sings_when_private_addresses_are_allowed(
    host: str, canary: Receiver, context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKSTAGE_WEBHOOK_ALLOW_PRIVATE", "1")
    await deliver(Webhook(url=f"http://{host}:{canary.port}/"), context)
    assert canary.connections == 1
