"""A processor from what it is registered with: everything is checked here, before anything runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from backstage.app.dead_letters import DeadLetters
from backstage.domain.backoff import Backoff
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.domain.keeping import KEEPING_FIELDS
from backstage.domain.queue import Queue
from backstage.domain.retry_policy import RetryPolicy
from backstage.infra.container import Container
from backstage.worker.handling.handler_modules import Marked
from backstage.worker.hosting.from_settings import options_from
from backstage.worker.hosting.queue_processor import QueueProcessor
from backstage.worker.worker_options import WorkerOptions

if TYPE_CHECKING:
    from backstage.infra.settings.settings import Settings


class ProcessorSettings(TypedDict, total=False):
    """The settings that may differ from queue to queue. For a `keep_…`, math.inf and "none" are no limit; None is
    what the service has."""

    concurrency: int | None
    prefetch: int | Literal["auto"] | None
    max_attempts: int | None
    max_deliveries: int | None
    timeout: float | None
    soft_timeout: float | Literal["none"] | None
    lease: float | None
    reclaim_interval: float | None
    control_interval: float | None
    grace_period: float | None
    keep_completed_for: float | Literal["none"] | None
    keep_failed_for: float | Literal["none"] | None
    keep_cancelled_for: float | Literal["none"] | None
    keep_completed: float | Literal["none"] | None
    keep_failed: float | Literal["none"] | None
    keep_cancelled: float | Literal["none"] | None


PROCESSOR_SETTINGS = tuple(ProcessorSettings.__annotations__)


@dataclass(frozen=True, slots=True)
class ProcessorOptions:
    """What is None, or not among `settings`, is the service's."""

    backoff: Backoff | None = None
    drain_delay: float | None = None
    dead_letter_queue: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def new_processor(
    container: Container, queue: str | Queue, options: ProcessorOptions, on_marked: Callable[[Marked], None]
) -> QueueProcessor:
    """Raises ConfigurationError for a queue or an option that is wrong."""
    settings = _settings(container.settings, options)
    try:
        served = queue if isinstance(queue, Queue) else Queue(queue)
        served = replace(served, **_keeping(settings, options.settings))
        dead_letters = DeadLetters(
            f"{served.name}.dead" if options.dead_letter_queue is None else options.dead_letter_queue,
            served.name,
            container.backend.tasks,
            container.replay_dead_letters,
            container.purge_dead_letters,
        )
    except InvalidTaskDataError as error:
        raise ConfigurationError(error.fields[0].field, error.fields[0].message) from None
    return QueueProcessor(served, _worker_options(settings, served, options), container, dead_letters, on_marked)


def _settings(of_service: Settings, options: ProcessorOptions) -> Settings:
    for name in options.settings:
        if name not in PROCESSOR_SETTINGS:
            raise ConfigurationError(
                name, f"is not an option of a processor: use one of {', '.join(PROCESSOR_SETTINGS)}"
            )
    given = {name: "none" if value == math.inf else value for name, value in options.settings.items()}
    settings = of_service.with_options(**given)
    if options.drain_delay is None:
        return settings
    try:
        return settings.with_options(poll_interval=options.drain_delay)
    except ConfigurationError as error:
        raise ConfigurationError("drain_delay", str(error).partition(": ")[2]) from None


def _keeping(settings: Settings, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of this queue, in the words of Queue, where None says nothing."""
    said = {name: getattr(settings, name) for name in KEEPING_FIELDS if given.get(name) is not None}
    return {name: math.inf if value is None else value for name, value in said.items()}


def _worker_options(settings: Settings, queue: Queue, options: ProcessorOptions) -> WorkerOptions:
    made = replace(options_from(settings, {queue.name: queue}), is_until_idle=False)  # the service sees all queues
    if options.backoff is None:
        return made
    if not isinstance(options.backoff, Backoff):
        raise ConfigurationError("backoff", "is not a Backoff: pass for instance Backoff.exponential(1, cap=60)")
    return replace(made, retry=RetryPolicy(settings.max_attempts, options.backoff))
