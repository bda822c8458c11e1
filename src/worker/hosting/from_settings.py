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

_OF_CONTAINER = ("consumer_group", "log_level", "log_format", "silent", "otel", "start_timeout")
"""Settings that the store's container has used already."""
_OF_COMMAND = {
    "handlers": "call include(module) for each",
    "processes": "start each process yourself",
    "http": "use a StatusServer",
}
"""Settings that only `backstage worker` reads, with what an application does instead."""
_MADE_OF_SEVERAL = {"worker_id", "queues", "retention"}


def container_from(settings: Settings, log_handler: Callable[[Mapping[str, Any]], None] | None) -> Container:
    logger = new_logger(
        level=settings.log_level, log_format=settings.log_format, silent=settings.silent, log_handler=log_handler
    )
    return Container(settings, logger=logger)


def settings_over(
    container: Container,
    url: str | None,
    log_handler: Callable[[Mapping[str, Any]], None] | None,
    options: Mapping[str, Any],
) -> Settings:
    """Return the container's settings with a worker's own over them, or raise ConfigurationError."""
    of_container = {"url": url, "log_handler": log_handler, **{name: options.get(name) for name in _OF_CONTAINER}}
    for name, value in of_container.items():
        if value is not None:
            raise ConfigurationError(name, "belongs to the container: pass it when you make the container")
    return container.settings.with_options(**options) if options else container.settings


def refuse_of_command(options: Mapping[str, Any]) -> None:
    """Raise ConfigurationError for an argument that a Worker would ignore."""
    for name, instead in _OF_COMMAND.items():
        if options.get(name) is not None:
            raise ConfigurationError(name, f"is read by `backstage worker` only: {instead}")


def queues_from(queues: str | Iterable[str | Queue] | None) -> dict[str, Queue] | None:
    if queues is None:
        return None
    if not isinstance(queues, (str, Iterable)):
        raise ConfigurationError("queues", f"{queues!r} is not a list of names: separate them with commas")
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
        if option.name in settings.fields and option.name not in _MADE_OF_SEVERAL:
            yield option.name
