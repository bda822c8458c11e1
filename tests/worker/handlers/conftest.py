"""A run of a task, a mail server, a web server and a certificate, all of them real."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
import trustme
from aiosmtpd.smtp import SMTP

from backstage.domain.task import Task
from backstage.worker.handling.context import TaskContext

from .mail_server import Mailbox, StartMailServer
from .receiver import Receiver, StartReceiver

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TASK_ID = "01953ee0-0000-7000-8000-000000000001"


class QuietRun:
    """A run that nobody interrupts; it keeps the progress that its handler reports."""

    def __init__(self) -> None:
        self.progress: list[float] = []

    def is_shutting_down(self) -> bool:
        return False

    def is_cancel_requested(self) -> bool:
        return False

    def is_over_soft_timeout(self) -> bool:
        return False

    async def report_progress(self, fraction: float, note: str | None) -> bool:
        self.progress.append(fraction)
        return True

    async def heartbeat(self) -> bool:
        return True

    async def emit(self, data_json: str) -> bool:
        return True

    def note_line(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Nobody asks for it."""


@pytest.fixture
def new_context() -> Callable[..., TaskContext]:
    def new(task_type: str, **changes: Any) -> TaskContext:
        given: dict[str, Any] = {"deliveries": 1, "started_at": NOON} | changes
        task = Task(
            id=TASK_ID,
            type=task_type,
            created_at=NOON,
            scheduled_at=NOON,
            correlation_id=TASK_ID,
            workflow_id=TASK_ID,
            **given,
        )
        return TaskContext(task, "worker-1", structlog.get_logger(), QuietRun())

    return new


@pytest.fixture
async def start_mail_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StartMailServer]:
    """Start a server with the given options of aiosmtpd, and point the worker's settings at it."""
    servers: list[asyncio.Server] = []

    async def start(*, tls: ssl.SSLContext | None = None, auth: bool = False, **options: Any) -> Mailbox:
        mailbox = Mailbox()
        if auth:
            options |= {"authenticator": mailbox.authenticate, "auth_required": True}
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(mailbox, hostname="mail.test", loop=loop, **options), "127.0.0.1", 0, ssl=tls
        )
        servers.append(server)
        settings = {
            "HOST": "127.0.0.1",
            "PORT": str(server.sockets[0].getsockname()[1]),
            "TLS": "none",
            "FROM": "Backstage <robot@example.com>",
            "TIMEOUT": "5",
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"BACKSTAGE_SMTP_{name}", value)
        return mailbox

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def start_receiver() -> AsyncIterator[StartReceiver]:
    servers: list[asyncio.Server] = []

    async def start(host: str | None = "127.0.0.1", port: int = 0, **options: Any) -> Receiver:
        receiver = Receiver()
        server = await asyncio.start_server(receiver.serve, host, port, **options)
        servers.append(server)
        receiver.port = server.sockets[0].getsockname()[1]
        return receiver

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """What a server at 127.0.0.1, or of the name receiver.test, shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "receiver.test").configure_cert(context)
    return context
