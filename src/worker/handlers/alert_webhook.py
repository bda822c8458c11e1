"""Posts each final failure to a URL: as a signed webhook, under the rules of `webhook:deliver`."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from backstage.domain.errors import ConfigurationError
from backstage.domain.events import TaskFailed
from backstage.domain.limits import storable
from backstage.worker.handlers.handler_variables import read_variable
from backstage.worker.handlers.webhook import deliver
from backstage.worker.handlers.webhook_payload import Webhook
from backstage.worker.handlers.webhook_settings import VARIABLE_PREFIX
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.listener import ListenerRegistration, registering

SECRET = f"{VARIABLE_PREFIX}_ALERTS"
_LONGEST_MESSAGE = 2000


def alert_webhook(url: str) -> ListenerRegistration:
    """The subscription is called `alert-webhook`. Signed where BACKSTAGE_WEBHOOK_SECRET_ALERTS is set.

    Raises ConfigurationError, which does not show the URL.
    """
    try:
        Webhook(url=url)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        problem = first["ctx"]["error"] if first["type"] == "value_error" else first["msg"]
        raise ConfigurationError("alert_webhook", str(problem)) from None

    async def post_alert(event: TaskFailed, context: TaskContext) -> None:
        secret = SECRET if read_variable(SECRET) else None
        await deliver(Webhook(url=url, body=alert_body(event), secret_env=secret), context)

    return registering(TaskFailed.name, durable="alert-webhook")(post_alert)


def alert_body(event: TaskFailed) -> dict[str, Any]:
    """Without the task's payload, which may be anybody's business but the receiver's. `text` is what chats show."""
    task, message = event.task, storable(event.error.message, _LONGEST_MESSAGE)
    attempts = "1 attempt" if event.attempt == 1 else f"{event.attempt} attempts"
    return {
        "text": f"{task.type} failed after {attempts}: {event.error.type}: {message} (task {task.id})",
        "event": event.name,
        "event_id": event.id,
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "task": {
            "id": task.id,
            "type": task.type,
            "queue": task.queue,
            "attempts": event.attempt,
            "correlation_id": task.correlation_id,
            "workflow_id": task.workflow_id,
        },
        "error": {"type": event.error.type, "message": message},
    }
