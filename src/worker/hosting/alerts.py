"""The listeners that come with Backstage: a setting is all they need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from backstage.domain.errors import ConfigurationError
from backstage.domain.events import TaskFailed
from backstage.domain.extras import needing
from backstage.worker import log_events
from backstage.worker.handling.listener import ListenerRegistration, registering

if TYPE_CHECKING:
    from pydantic import SecretStr


class AlertSettings(Protocol):
    @property
    def alert_webhook(self) -> SecretStr | None: ...
    @property
    def alert_log(self) -> bool: ...
    def naming(self, error: ConfigurationError) -> ConfigurationError: ...


def ready_alerts(settings: AlertSettings, logger: Any) -> Iterator[ListenerRegistration]:
    """Those that are switched on. Raises ConfigurationError for a URL that no webhook may have."""
    if settings.alert_webhook is not None:
        try:
            with needing("webhooks", "alert_webhook"):
                from backstage.worker.handlers.alert_webhook import alert_webhook  # noqa: PLC0415 - an HTTP client
            posting = alert_webhook(settings.alert_webhook.get_secret_value())
        except ConfigurationError as error:
            raise settings.naming(error) from None
        yield posting
    if settings.alert_log:
        yield alert_log(logger)


def alert_log(logger: Any) -> ListenerRegistration:
    """Logs each final failure as `task_alert`; the subscription is called `alert-log`."""

    async def log_alert(event: TaskFailed) -> None:
        task = event.task
        logger.error(
            log_events.TASK_ALERT,
            event_id=event.id,
            task_id=task.id,
            type=task.type,
            queue=task.queue,
            attempt=event.attempt,
            correlation_id=task.correlation_id,
            failed_at=event.at.isoformat(),
            error=str(event.error),
        )

    return registering(TaskFailed.name, durable="alert-log")(log_alert)
