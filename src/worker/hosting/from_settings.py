"""From the settings and a worker's arguments to what its runtime needs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from backstage.domain.backoff import Backoff
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.domain.queue import Queue
from backstage.domain.retry_policy import RetryPolicy
from backstage.infra.container import Container
from backstage.infra.redact_url import redact_url
from backstage.infra.release import release
from backstage.infra.structured_logging import new_logger
from backstage.worker.worker_options import WorkerOptions

if TYPE_CHECKING:
    from backstage.infra.settings.settings import Settings

_MADE_OF_SEVERAL = {"worker_id", "queues", "retention"}


def container_from(settings: Settings, log_handler: Callable[[Mapping[str, Any]], None] | None) -> Container:
    logger = new_logger(
        level=settings.log_level, log_format=settings.log_format, silent=settings.silent, log_handler=log_handler
    )
    return Container(settings, logger=logger)


def queues_from(queues: str | Iterable[str | Queue] | None) -> dict[str, Queue] | None:
    if queues is None:
        return None
    names = [name.strip() for name in queues.split(",") if name.strip()] if isinstance(queues, str) else list(queues)
    try:
        made = [each if isinstance(each, Queue) else Queue(each) for each in names]
    except InvalidTaskDataError as error:
        raise ConfigurationError("queues", error.fields[0].message) from None
    return {each.name: each for each in made}


def options_from(settings: Settings, queues: Mapping[str, Queue]) -> WorkerOptions:
    """Options that a setting is named like are taken as they are."""
    return WorkerOptions(
        worker_id=f"{settings.worker_id}.{secrets.token_hex(3)}",  # a restart must never pass for its predecessor
        store=redact_url(settings.url),
        version=release(),
        queues=queues,
        retry=RetryPolicy(settings.max_attempts, Backoff.parse(settings.backoff)),
        retention=settings.retentions(queues.values()),
        may_migrate=settings.migrate,
        is_until_idle=settings.until_idle,
        **{name: getattr(settings, name) for name in _named_alike(settings)},
    )


def _named_alike(settings: Settings) -> Iterator[str]:
    for option in fields(WorkerOptions):
        if option.name in type(settings).model_fields and option.name not in _MADE_OF_SEVERAL:
            yield option.name
