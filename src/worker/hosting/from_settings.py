"""From the settings and a worker's arguments to what its runtime needs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from backstage.domain.backoff import Backoff
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.domain.queue import Queue
from backstage.domain.retry_policy import RetryPolicy
from backstage.infra.container import Container
from backstage.infra.redact_url import redact_url
from backstage.infra.release import release
from backstage.infra.settings.settings import Settings
from backstage.infra.structured_logging import new_logger
from backstage.worker.worker_options import WorkerOptions


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
    return WorkerOptions(
        worker_id=f"{settings.worker_id}.{secrets.token_hex(3)}",  # a restart must never pass for its predecessor
        store=redact_url(settings.url),
        version=release(),
        concurrency=settings.concurrency,
        prefetch=settings.prefetch,
        queues=queues,
        types=settings.types,
        lease=settings.lease,
        poll_interval=settings.poll_interval,
        reclaim_interval=settings.reclaim_interval,
        control_interval=settings.control_interval,
        grace_period=settings.grace_period,
        max_deliveries=settings.max_deliveries,
        timeout=settings.timeout,
        soft_timeout=settings.soft_timeout,
        retry=RetryPolicy(settings.max_attempts, Backoff.parse(settings.backoff)),
        retention=settings.retentions(queues.values()),
        prune_interval=settings.prune_interval,
        schedule_interval=settings.schedule_interval,
        subscription_interval=settings.subscription_interval,
        stuck_after=settings.stuck_after,
        may_migrate=settings.migrate,
        is_until_idle=settings.until_idle,
    )
