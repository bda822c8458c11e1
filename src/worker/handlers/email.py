"""`email:send`: hand one message to the mail server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from typing import Any

import aiosmtplib

from backstage.domain.errors import ConfigurationError
from backstage.domain.handler_signals import GiveUp
from backstage.domain.limits import storable
from backstage.domain.next import Next
from backstage.domain.task_result import TaskResult
from backstage.worker.handlers.email_address import parse_address
from backstage.worker.handlers.email_attachment import read_attachments
from backstage.worker.handlers.email_message import Email, build_message
from backstage.worker.handlers.handler_variables import read_settings
from backstage.worker.handlers.smtp_settings import SmtpSettings, SmtpTls
from backstage.worker.handlers.tls_trust import trusting
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import handler

EMAIL_TASK = "email:send"
DEFERRED_SECONDS = 300.0
_LONGEST_ANSWER = 500

# What the server says about this worker, not about this message: another attempt may find it put right.
_ABOUT_THE_WORKER = (
    aiosmtplib.SMTPAuthenticationError,
    aiosmtplib.SMTPConnectResponseError,
    aiosmtplib.SMTPHeloError,
)
_LOGIN_WANTED = frozenset({530, 534, 535, 538})


class EmailDeferred(Exception):
    """The server takes this message from none of its recipients yet."""


@handler(EMAIL_TASK, timeout=300, max_attempts=5)
async def send(email: Email, context: TaskContext) -> TaskResult:
    """Send it, and return who accepted and who refused.

    A refusal for good (5xx) is given up with the server's answer, everything else is retried. Recipients that a
    server defers (4xx) while it takes the others are sent to by a chained task, so that nobody gets two copies.
    """
    settings = read_settings(SmtpSettings)
    sender = email.sender or settings.sender
    if sender is None:
        raise ConfigurationError("BACKSTAGE_SMTP_FROM", "is not set and the message names no sender")
    attachments = await asyncio.to_thread(read_attachments, settings.attachments, email.attachments)
    date = context.task.started_at or context.task.created_at
    message = build_message(email, sender, attachments, task_id=context.task.id, date=date)
    refused = await _converse(settings, message, parse_address(sender).addr_spec, email.envelope())
    deferred = [address for address, answer in refused.items() if answer.code < 500]
    context.logger.info("email_accepted", recipients=len(email.envelope()) - len(refused), refused=len(refused))
    return TaskResult(result=_report(message, email.envelope(), refused), next=_send_later(email, deferred))


async def _converse(
    settings: SmtpSettings, message: EmailMessage, sender: str, recipients: list[str]
) -> Mapping[str, aiosmtplib.SMTPResponse]:
    """Return the refused recipients. Raises GiveUp, or what the connection or the server's answer amounts to."""
    try:
        async with await asyncio.to_thread(_client, settings) as client:
            refused, _ = await client.sendmail(sender, recipients, bytes(message))  # not serialised a second time
    except aiosmtplib.SMTPRecipientsRefused as error:
        if all(each.code >= 500 for each in error.recipients):
            raise GiveUp(f"every recipient was refused: {_shown(error.recipients)}") from None
        raise EmailDeferred(f"no recipient was accepted yet: {_shown(error.recipients)}") from None
    except _ABOUT_THE_WORKER:
        raise
    except aiosmtplib.SMTPResponseException as error:
        if error.code >= 500 and error.code not in _LOGIN_WANTED:
            raise GiveUp(f"the mail server refused the message: {error.code} {_cut(error.message)}") from error
        raise
    return refused


def _client(settings: SmtpSettings) -> aiosmtplib.SMTP:
    """Built in a thread: it reads the password's file and the certificates."""
    return aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port_in_use,
        username=settings.username,
        password=settings.read_password(),
        timeout=settings.timeout,
        use_tls=settings.tls is SmtpTls.TLS,
        start_tls=settings.tls is SmtpTls.STARTTLS,
        tls_context=None if settings.tls is SmtpTls.NONE else trusting(settings.ca_file),
    )


def _send_later(email: Email, deferred: list[str]) -> Next | None:
    """Each such task has fewer recipients than the one before, so the chain ends."""
    if not deferred:
        return None
    payload = email.model_copy(update={"only_to": deferred}).model_dump(mode="json", by_alias=True)
    return Next(EMAIL_TASK, payload, delay=DEFERRED_SECONDS)


def _report(
    message: EmailMessage, recipients: list[str], refused: Mapping[str, aiosmtplib.SMTPResponse]
) -> dict[str, Any]:
    return {
        "message_id": message["Message-ID"],
        "accepted": [each for each in recipients if each not in refused],
        "refused": [
            {"address": address, "code": answer.code, "answer": _cut(answer.message), "deferred": answer.code < 500}
            for address, answer in refused.items()
        ],
    }


def _shown(refusals: Iterable[aiosmtplib.SMTPRecipientRefused]) -> str:
    return "; ".join(f"{each.recipient}: {each.code} {_cut(each.message)}" for each in refusals)


def _cut(answer: str) -> str:
    return storable(answer, _LONGEST_ANSWER)
