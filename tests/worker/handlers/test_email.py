"""`email:send` against a real SMTP server."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtplib import SMTPAuthenticationError, SMTPConnectError, SMTPDataError, SMTPException
from pydantic import ValidationError
from structlog.testing import capture_logs

from backstage.domain.errors import ConfigurationError
from backstage.domain.handler_signals import GiveUp
from backstage.domain.next import Next
from backstage.domain.task_type import HANDLER_MARK
from backstage.worker.handlers.email import DEFERRED_SECONDS, EmailDeferred, send
from backstage.worker.handlers.email_attachment import MAX_ATTACHED_BYTES
from backstage.worker.handlers.email_message import Email
from backstage.worker.handling.context import TaskContext

from .mail_server import Mailbox, StartMailServer

PASSWORD = "correct horse battery"


@pytest.fixture
def context(new_context: Callable[..., TaskContext]) -> TaskContext:
    return new_context("email:send")


def email(**changes: Any) -> Email:
    return Email.model_validate({"to": "ann@example.org", "subject": "Hello", "text": "Hi Ann"} | changes)


def message_in(mailbox: Mailbox) -> EmailMessage:
    [envelope] = mailbox.taken
    assert isinstance(envelope.content, bytes)
    return message_from_bytes(envelope.content, policy=policy.default)


def test_the_handler_is_marked_with_its_type() -> None:
    assert getattr(send, HANDLER_MARK).type == "email:send"


async def test_a_message_arrives_with_its_subject_text_and_sender(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    mailbox = await start_mail_server()
    outcome = await send(email(subject="Grüße", text="Größe: 3 €\n"), context)
    message = message_in(mailbox)
    assert (message["Subject"], message["From"], message["To"]) == (
        "Grüße",
        "Backstage <robot@example.com>",
        "ann@example.org",
    )
    assert message.get_content().replace("\r\n", "\n") == "Größe: 3 €\n"
    assert outcome.result["accepted"] == ["ann@example.org"]
    assert outcome.result["refused"] == []


async def test_a_task_that_runs_twice_sends_the_same_message_id(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    mailbox = await start_mail_server()
    first = await send(email(), context)
    second = await send(email(), context)
    assert first.result["message_id"] == second.result["message_id"] == f"<{context.task.id}@example.com>"
    ids = {message_from_bytes(each.content)["Message-ID"] for each in mailbox.taken}  # type: ignore[arg-type]
    assert ids == {f"<{context.task.id}@example.com>"}


async def test_a_message_names_its_task_in_a_header(start_mail_server: StartMailServer, context: TaskContext) -> None:
    mailbox = await start_mail_server()
    await send(email(), context)
    assert message_in(mailbox)["X-Backstage-Task"] == context.task.id


async def test_bcc_recipients_are_served_and_not_shown(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    mailbox = await start_mail_server()
    await send(email(cc=["Bob <bob@example.org>"], bcc=["eve@example.org"]), context)
    assert mailbox.taken[0].rcpt_tos == ["ann@example.org", "bob@example.org", "eve@example.org"]
    assert b"eve@example.org" not in (mailbox.taken[0].original_content or b"")


async def test_html_and_text_are_alternatives_of_each_other(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    mailbox = await start_mail_server()
    await send(email(html="<p>Hi</p>", reply_to="help@example.com", **{"from": "Desk <desk@example.com>"}), context)
    message = message_in(mailbox)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert (message["Reply-To"], message["From"]) == ("help@example.com", "Desk <desk@example.com>")


@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
async def test_a_lone_dot_in_the_text_ends_no_message(
    newline: str, start_mail_server: StartMailServer, context: TaskContext
) -> None:
    mailbox = await start_mail_server()
    await send(email(text=newline.join(["Hi", ".", "MAIL FROM:<eve@example.org>", "bye"])), context)
    assert message_in(mailbox).get_content().splitlines() == ["Hi", ".", "MAIL FROM:<eve@example.org>", "bye"]


# -- attachments ---------------------------------------------------------------------------------


@pytest.fixture
def drawer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "drawer"
    (directory / "june").mkdir(parents=True)
    (directory / "june" / "bill.pdf").write_bytes(b"%PDF-1.4 \x00\xff")
    (tmp_path / "passwords").write_text("secret")
    monkeypatch.setenv("BACKSTAGE_SMTP_ATTACHMENTS", str(directory))
    return directory


@pytest.mark.parametrize("is_absolute", [False, True])
async def test_an_attachment_arrives_byte_for_byte(
    is_absolute: bool, start_mail_server: StartMailServer, context: TaskContext, drawer: Path
) -> None:
    mailbox = await start_mail_server()
    path = str(drawer / "june" / "bill.pdf") if is_absolute else "june/bill.pdf"
    await send(email(attachments=[path]), context)
    [part] = message_in(mailbox).iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == ("bill.pdf", "application/pdf")
    assert part.get_payload(decode=True) == b"%PDF-1.4 \x00\xff"


@pytest.mark.parametrize(
    "path", ["missing.pdf", "june", "../passwords", "june/../../passwords", "/etc/hostname", "", ".", "june/bill.pdf/x"]
)
async def test_a_path_that_is_no_file_in_the_directory_is_given_up(
    path: str, start_mail_server: StartMailServer, context: TaskContext, drawer: Path
) -> None:
    mailbox = await start_mail_server()
    with pytest.raises(GiveUp, match="attachment"):
        await send(email(attachments=[path]), context)
    assert mailbox.taken == []


async def test_a_saved_message_is_attached_as_plain_bytes(
    start_mail_server: StartMailServer, context: TaskContext, drawer: Path
) -> None:
    mailbox = await start_mail_server()
    (drawer / "saved.eml").write_bytes(b"Subject: old\r\n\r\nHi\r\n")
    await send(email(attachments=["saved.eml"]), context)
    [part] = message_in(mailbox).iter_attachments()
    assert (part.get_content_type(), part.get_filename()) == ("application/octet-stream", "saved.eml")


async def test_links_and_pipes_are_not_read(
    start_mail_server: StartMailServer, context: TaskContext, drawer: Path
) -> None:
    await start_mail_server()
    (drawer / "link").symlink_to(drawer.parent / "passwords")
    (drawer / "out").symlink_to(drawer.parent)
    os.mkfifo(drawer / "pipe")
    for path in ("link", "out/passwords", "pipe"):
        with pytest.raises(GiveUp):
            await send(email(attachments=[path]), context)


async def test_attachments_above_the_limit_are_given_up(
    start_mail_server: StartMailServer, context: TaskContext, drawer: Path
) -> None:
    await start_mail_server()
    with (drawer / "big").open("wb") as big:
        big.truncate(MAX_ATTACHED_BYTES)
    with pytest.raises(GiveUp, match="larger than"):
        await send(email(attachments=["june/bill.pdf", "big"]), context)


async def test_without_a_directory_no_file_is_read(start_mail_server: StartMailServer, context: TaskContext) -> None:
    await start_mail_server()
    with pytest.raises(GiveUp, match="BACKSTAGE_SMTP_ATTACHMENTS"):
        await send(email(attachments=["/etc/hostname"]), context)


# -- what a payload may not say ------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Hi\r\nBcc: eve@example.org"},
        {"subject": "Hi\nthere"},
        {"subject": "Hi\u2028there"},
        {"to": "ann@example.org\r\nBcc: eve@example.org"},
        {"to": "Ann\n <ann@example.org>"},
        {"to": "ann@example.org, eve@example.org"},
        {"to": "ann@example.org>"},
        {"to": "ann@"},
        {"to": "@example.org"},
        {"to": "ann"},
        {"to": "a..b@example.org"},
        {"to": "ann@exa mple.org"},
        {"to": "ann@-example.org"},
        {"to": '"ann@evil.example"@example.org'},
        {"to": "ann@example.org", "cc": ["bob"]},
        {"to": []},
        {"reply_to": "x\r\nX-Evil: 1@example.org"},
        {"from": "desk@example.com\nX-Evil: 1"},
        {"text": None},
        {"only_to": ["eve@example.org"]},
        {"headers": {"X-Evil": "1"}},
        {"to": [f"a{n}@example.org" for n in range(101)]},
    ],
)
def test_an_unsafe_or_incomplete_payload_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        email(**changes)


def test_an_address_in_another_script_gets_its_ascii_domain() -> None:
    assert email(to="Jürgen <jo@bücher.example>").envelope() == ["jo@xn--bcher-kva.example"]


# -- how the server's answers are read -----------------------------------------------------------


async def test_a_message_refused_for_good_is_given_up_with_the_answer(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    (await start_mail_server()).answer = "554 5.7.1 looks like spam"
    with pytest.raises(GiveUp, match=r"554 5\.7\.1 looks like spam"):
        await send(email(), context)


async def test_a_server_that_wants_a_login_is_tried_again(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    (await start_mail_server()).answer = "530 authentication required"
    with pytest.raises(SMTPDataError):
        await send(email(), context)


async def test_a_message_refused_for_now_is_retried(start_mail_server: StartMailServer, context: TaskContext) -> None:
    (await start_mail_server()).answer = "451 try again"
    with pytest.raises(SMTPDataError):
        await send(email(), context)


async def test_when_every_recipient_is_refused_for_good_it_is_given_up(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    (await start_mail_server()).refusals = {"ann@example.org": "550 no such user"}
    with pytest.raises(GiveUp, match="550 no such user"):
        await send(email(), context)


async def test_when_every_recipient_is_deferred_it_is_retried(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    (await start_mail_server()).refusals = {"ann@example.org": "450 greylisted"}
    with pytest.raises(EmailDeferred, match="450 greylisted"):
        await send(email(), context)


async def test_a_partial_refusal_is_reported_in_the_result(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    mailbox = await start_mail_server()
    mailbox.refusals = {"gone@example.org": "550 no such user"}
    outcome = await send(email(cc="gone@example.org"), context)
    assert outcome.result["accepted"] == ["ann@example.org"]
    assert outcome.result["refused"] == [
        {"address": "gone@example.org", "code": 550, "answer": "no such user", "deferred": False}
    ]
    assert outcome.next is None


async def test_recipients_deferred_by_a_partial_answer_get_a_task_of_their_own(
    start_mail_server: StartMailServer, context: TaskContext
) -> None:
    mailbox = await start_mail_server()
    mailbox.refusals = {"slow@example.org": "450 greylisted"}
    first = await send(email(cc="slow@example.org", **{"from": "desk@example.com"}), context)
    assert isinstance(first.next, Next)
    assert (first.next.type, first.next.delay) == ("email:send", DEFERRED_SECONDS)

    mailbox.refusals = {}
    await send(Email.model_validate(first.next.payload), context)
    assert [each.rcpt_tos for each in mailbox.taken] == [["ann@example.org"], ["slow@example.org"]]


async def test_an_unreachable_server_is_retried(
    start_mail_server: StartMailServer, context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start_mail_server()
    monkeypatch.setenv("BACKSTAGE_SMTP_PORT", "1")
    with pytest.raises(SMTPConnectError):
        await send(email(), context)


# -- login and encryption ------------------------------------------------------------------------


async def test_it_logs_in_with_a_password_from_a_file(
    certificate: ssl.SSLContext,
    ca_file: Path,
    start_mail_server: StartMailServer,
    context: TaskContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BACKSTAGE_SMTP_CA_FILE", str(ca_file))
    mailbox = await start_mail_server(auth=True, tls_context=certificate)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    monkeypatch.setenv("BACKSTAGE_SMTP_TLS", "starttls")
    monkeypatch.setenv("BACKSTAGE_SMTP_USERNAME", "robot")
    monkeypatch.setenv("BACKSTAGE_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    await send(email(), context)
    assert mailbox.logins == [b"robot"]
    assert len(mailbox.taken) == 1


async def test_a_refused_login_is_retried_and_tells_no_password(
    certificate: ssl.SSLContext,
    ca_file: Path,
    start_mail_server: StartMailServer,
    context: TaskContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BACKSTAGE_SMTP_CA_FILE", str(ca_file))
    await start_mail_server(auth=True, tls_context=certificate)
    monkeypatch.setenv("BACKSTAGE_SMTP_TLS", "starttls")
    monkeypatch.setenv("BACKSTAGE_SMTP_USERNAME", "robot")
    monkeypatch.setenv("BACKSTAGE_SMTP_PASSWORD", "canary-7c1f")
    with capture_logs() as logs, pytest.raises(SMTPAuthenticationError) as caught:
        await send(email(), context)
    assert "canary-7c1f" not in f"{caught.value!r} {logs}"


@pytest.mark.parametrize("mode", ["starttls", "tls"])
async def test_messages_travel_encrypted(
    mode: str,
    start_mail_server: StartMailServer,
    context: TaskContext,
    certificate: ssl.SSLContext,
    ca_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    option = {"tls_context": certificate, "require_starttls": True} if mode == "starttls" else {"tls": certificate}
    mailbox = await start_mail_server(**option)
    monkeypatch.setenv("BACKSTAGE_SMTP_TLS", mode)
    monkeypatch.setenv("BACKSTAGE_SMTP_CA_FILE", str(ca_file))
    await send(email(), context)
    assert len(mailbox.taken) == 1


async def test_a_certificate_that_nobody_vouches_for_gets_no_message(
    start_mail_server: StartMailServer,
    context: TaskContext,
    certificate: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mailbox = await start_mail_server(tls=certificate)
    monkeypatch.setenv("BACKSTAGE_SMTP_TLS", "tls")
    with pytest.raises(SMTPConnectError):
        await send(email(), context)
    assert mailbox.taken == []


async def test_a_server_without_starttls_gets_no_message_when_it_is_required(
    start_mail_server: StartMailServer, context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = await start_mail_server()
    monkeypatch.setenv("BACKSTAGE_SMTP_TLS", "starttls")
    with pytest.raises(SMTPException, match="STARTTLS"):
        await send(email(), context)
    assert mailbox.taken == []


# -- settings ------------------------------------------------------------------------------------


async def test_settings_may_stand_in_a_dotenv_file(
    start_mail_server: StartMailServer, context: TaskContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = await start_mail_server()
    monkeypatch.delenv("BACKSTAGE_SMTP_FROM")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("BACKSTAGE_SMTP_FROM=dot@example.com\nBACKSTAGE_LEASE=5\n")
    await send(email(), context)
    assert message_in(mailbox)["From"] == "dot@example.com"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"HOST": ""}, "BACKSTAGE_SMTP_HOST"),
        ({"PORT": "0"}, "BACKSTAGE_SMTP_PORT"),
        ({"TLS": "maybe"}, "BACKSTAGE_SMTP_TLS"),
        ({"FROM": "nobody"}, "BACKSTAGE_SMTP_FROM"),
        ({"FROM": ""}, "BACKSTAGE_SMTP_FROM"),
        ({"PASSWORD": "canary-7c1f"}, "BACKSTAGE_SMTP_USERNAME"),
        ({"USERNAME": "robot"}, "BACKSTAGE_SMTP_USERNAME"),
        ({"HOST": "mail.example.com", "USERNAME": "robot", "PASSWORD": "canary-7c1f"}, "BACKSTAGE_SMTP_TLS"),
        ({"USERNAME": "robot", "PASSWORD_FILE": "/nowhere"}, "BACKSTAGE_SMTP_PASSWORD_FILE"),
        ({"ATTACHMENTS": "/nowhere"}, "BACKSTAGE_SMTP_ATTACHMENTS"),
    ],
)
async def test_a_wrong_setting_is_named_without_its_secret(
    variables: dict[str, str],
    named: str,
    start_mail_server: StartMailServer,
    context: TaskContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await start_mail_server()
    for name, value in variables.items():
        monkeypatch.setenv(f"BACKSTAGE_SMTP_{name}", value)
    with pytest.raises(ConfigurationError) as caught:
        await send(email(), context)
    assert caught.value.setting == named
    assert "canary-7c1f" not in str(caught.value)
