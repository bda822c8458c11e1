"""`webhook:deliver`: send a JSON body to somebody's URL, signed, and nowhere that it must not go."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx

from backstage.domain.handler_signals import GiveUp, RetryLater
from backstage.worker.handlers.handler_variables import read_settings
from backstage.worker.handlers.pinned_host import Resolve, resolve_by_system, resolve_public
from backstage.worker.handlers.retry_after import seconds_to_wait
from backstage.worker.handlers.tls_trust import trusting
from backstage.worker.handlers.webhook_payload import MAX_TIMEOUT_SECONDS, Webhook
from backstage.worker.handlers.webhook_settings import WebhookSettings, read_secret
from backstage.worker.handlers.webhook_signature import signed_headers
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import handler

WEBHOOK_TASK = "webhook:deliver"
MAX_ANSWER_BYTES = 64 * 1024
MAX_FREE_WAITS = 10
_CONNECT_SECONDS = 5.0
_WORTH_RETRYING = frozenset({408, 425, 429})
_MAY_SAY_WHEN = frozenset({429, 503})


class WebhookFailed(Exception):
    """The receiver did not take the delivery this time."""


@handler(WEBHOOK_TASK, timeout=MAX_TIMEOUT_SECONDS + 15, max_attempts=8)
async def deliver(webhook: Webhook, context: TaskContext) -> dict[str, Any]:
    """Deliver it, and return the status and the seconds it took; what the receiver answered is read by nobody.

    2xx is success. 408, 425, 429, 5xx and a failed connection are retried; any other status is given up, as are
    redirects, which are never followed. Retry-After is obeyed at no cost of an attempt, ten times at most.
    """
    return await deliver_by(resolve_by_system, webhook, context)


async def deliver_by(resolve: Resolve, webhook: Webhook, context: TaskContext) -> dict[str, Any]:
    """Deliver, with the look-up of names given."""
    settings = read_settings(WebhookSettings)
    url = httpx.URL(webhook.url)
    if url.scheme == "http" and not settings.allow_http:
        raise GiveUp("the URL is not https: change it, or set BACKSTAGE_WEBHOOK_ALLOW_HTTP=1 on the worker")
    started = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(webhook.timeout):
            response = await _exchange(webhook, url, settings, resolve, context)
    except TimeoutError:
        raise WebhookFailed(f"{url.host} did not answer within {webhook.timeout:g} s") from None
    elapsed = round(asyncio.get_running_loop().time() - started, 3)
    context.logger.info("webhook_answered", host=url.host, status=response.status_code, elapsed=elapsed)
    _judge(response, url.host, context)
    return {"status": response.status_code, "elapsed": elapsed}


async def _exchange(
    webhook: Webhook, url: httpx.URL, settings: WebhookSettings, resolve: Resolve, context: TaskContext
) -> httpx.Response:
    name, port = _ascii_name(url), url.port or {"https": 443, "http": 80}[url.scheme]
    try:
        if settings.allow_private:
            addresses = await resolve(name, port)
        else:
            addresses = await resolve_public(name, port, resolve)
    except (OSError, UnicodeError) as error:
        raise WebhookFailed(f"the name {url.host} cannot be looked up: {error}") from error
    verify = trusting(settings.ca_file) if url.scheme == "https" else False
    # The bare transport: no proxy from the environment, no redirects, no cookies, and no log line with the URL.
    async with httpx.AsyncHTTPTransport(verify=verify, trust_env=False) as transport:
        return await _send_to_first(addresses, transport, webhook, url, context)


async def _send_to_first(
    addresses: list[str], transport: httpx.AsyncHTTPTransport, webhook: Webhook, url: httpx.URL, context: TaskContext
) -> httpx.Response:
    """Connect to the checked addresses themselves, in order, until one takes the connection."""
    for address in addresses:
        try:
            response = await transport.handle_async_request(_request(webhook, url, address, context.task.id))
            await _drain(response)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure: httpx.TransportError = error
        except httpx.TransportError as error:
            raise WebhookFailed(f"the exchange with {url.host} broke: {_described(error)}") from error
        else:
            return response
    raise WebhookFailed(f"cannot connect to {url.host}: {_described(failure)}") from failure


def _request(webhook: Webhook, url: httpx.URL, address: str, task_id: str) -> httpx.Request:
    body = json.dumps(webhook.body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    headers = {"content-type": "application/json", "user-agent": "backstage-webhook/1"}
    headers |= {name.lower(): value for name, value in webhook.headers.items()}
    if webhook.secret_env is not None:
        secret = read_secret(webhook.secret_env)
        headers |= signed_headers(secret, task_id, int(datetime.now(UTC).timestamp()), body)
    else:
        headers["webhook-id"] = task_id
    return httpx.Request(
        webhook.method,
        url.copy_with(host=address),
        headers=headers | {"host": url.netloc.decode("ascii"), "connection": "close"},
        content=body,
        # The certificate is checked against the name, although the connection goes to the address.
        extensions={"sni_hostname": _ascii_name(url), "timeout": {"connect": _CONNECT_SECONDS}},
    )


def _ascii_name(url: httpx.URL) -> str:
    """The one form of the host's name (IDNA 2008) that is looked up, connected to, and named in SNI and Host.

    `url.host` is the name as people read it. Python's own look-up takes it for another: `faß.de` for `fass.de`.
    """
    return url.raw_host.decode("ascii").strip("[]")


async def _drain(response: httpx.Response) -> None:
    """Let the receiver finish its answer, within reason."""
    size = 0
    try:
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                break
    finally:
        await response.aclose()


def _judge(response: httpx.Response, host: str, context: TaskContext) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    answer = f"{host} answered {status}"
    if status < 500 and status not in _WORTH_RETRYING:
        raise GiveUp(f"{answer}: redirects are not followed" if status < 400 else answer)
    wait = seconds_to_wait(response.headers.get("retry-after"), datetime.now(UTC)) if status in _MAY_SAY_WHEN else None
    # Waits cost no attempt, so something else must end them: a receiver may say 429 for ever.
    if wait is not None and context.task.interruptions < MAX_FREE_WAITS:
        raise RetryLater(wait, f"{answer} and asked for {wait:g} s")
    raise WebhookFailed(answer)


def _described(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__
