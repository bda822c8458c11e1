"""How a function says that it listens to events, in its process or durably; it stays a plain function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypedDict, TypeVar, Unpack

from backstage.domain.backoff import Backoff
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError
from backstage.domain.events import ALL_EVENTS, EVENT_NAMES
from backstage.domain.subscription import Subscription
from backstage.worker.handling.unknown_options import refuse_unknown

Function = TypeVar("Function", bound=Callable[..., Any])
LISTENER_MARK = "__backstage_listener__"
TIMEOUT = 60.0
MAX_ATTEMPTS = 25
BACKOFF = Backoff.exponential(1.0, cap=600.0)
"""What a delivery has: with these a listener that fails is tried for two hours and a half."""


@dataclass(frozen=True, slots=True)
class ListenerRegistration:
    """A listener (sync or async) and what it listens to: events of this process by name, or, with a subscription, those
    that are delivered to it durably, each by a task with these limits."""

    listener: Callable[..., Any]
    events: tuple[str, ...]
    subscription: Subscription | None = None
    timeout: float = TIMEOUT
    max_attempts: int = MAX_ATTEMPTS
    backoff: Backoff = BACKOFF


class ListenerOptions(TypedDict, total=False):
    """`durable` is the name of a durable subscription; the other options need it.

    `types` and `queues` are globs that narrow it; `every_attempt` adds the failures that will be retried. `timeout`
    (seconds), `max_attempts` and `backoff` are a delivery's: 60, 25, and 1 s doubling up to 10 min.
    """

    durable: str
    types: str | Iterable[str]
    queues: str | Iterable[str]
    every_attempt: bool
    timeout: float
    max_attempts: int
    backoff: Backoff


def listener(*event_names: str, **options: Unpack[ListenerOptions]) -> Callable[[Function], Function]:
    """Mark a function to be called with each event of these names. `worker-task:*` means all events.

    With `durable`, a name of its own that stays the same across deploys, the store keeps each event for it until it has
    returned, whichever worker the event happened on: at least once, and an event told twice has one `id`. The other
    options are those of ListenerOptions. Raises ConfigurationError.
    """
    registered = registering(*event_names, **options)

    def mark(function: Function) -> Function:
        setattr(function, LISTENER_MARK, registered(function))
        return function

    return mark


def registering(
    *event_names: str, **options: Unpack[ListenerOptions]
) -> Callable[[Callable[..., Any]], ListenerRegistration]:
    """Return what makes a function the listener that `listener` would mark. Raises ConfigurationError."""
    _check_names(event_names)
    refuse_unknown(options, "listener", ListenerOptions)
    durable = options.get("durable")
    if durable is None:
        if options:
            raise ConfigurationError("listener", f"{next(iter(options))} is only for durable listeners: add durable=")
        return lambda function: ListenerRegistration(function, event_names)
    subscription = Subscription(
        name=durable,
        events=event_names,
        types=_patterns(options.get("types", ())),
        queues=_patterns(options.get("queues", ())),
        every_attempt=options.get("every_attempt", False),
    )
    return lambda function: ListenerRegistration(
        function,
        event_names,
        subscription,
        timeout=options.get("timeout", TIMEOUT),
        max_attempts=options.get("max_attempts", MAX_ATTEMPTS),
        backoff=options.get("backoff", BACKOFF),
    )


def _check_names(event_names: tuple[str, ...]) -> None:
    known = f"use {ALL_EVENTS} or one of {', '.join(sorted(EVENT_NAMES))}"
    if not event_names:
        raise ConfigurationError("listener", f"needs the name of an event: {known}")
    for name in event_names:
        if callable(name):
            raise ConfigurationError("listener", f"needs the name of an event: write @listener({ALL_EVENTS!r})")
        if name != ALL_EVENTS and name not in EVENT_NAMES:
            raise ConfigurationError("listener", f"no event is named {name!r}: {known}")


def _patterns(patterns: str | Iterable[str]) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)
