"""How a function says that it listens to events, in its process or durably; it stays a plain function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from backstage.domain.backoff import Backoff
from backstage.domain.errors import ConfigurationError
from backstage.domain.events import ALL_EVENTS, EVENT_NAMES
from backstage.domain.subscription import Subscription

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


def listener(
    *event_names: str,
    durable: str | None = None,
    types: str | Iterable[str] = (),
    queues: str | Iterable[str] = (),
    every_attempt: bool = False,
    timeout: float | None = None,
    max_attempts: int | None = None,
    backoff: Backoff | None = None,
) -> Callable[[Function], Function]:
    """Mark a function to be called with each event of these names, `worker-task:*` for all.

    With `durable`, a name of its own that stays the same across deploys, the store keeps each event for it until it has
    returned, whichever worker the event happened on: at least once, and an event told twice has one `id`. The other
    options need it: `types` and `queues` are globs that narrow it, `every_attempt` adds the failures that will be
    retried; `timeout`, `max_attempts` and `backoff` are a delivery's (60 s, 25 times, 1 s doubling up to 10 min).
    Raises ConfigurationError.
    """
    _check_names(event_names)
    if durable is None and (types or queues or every_attempt or timeout or max_attempts or backoff):
        raise ConfigurationError("listener", "has options that only a durable one has: give it a name with durable=")
    subscription = None
    if durable is not None:
        subscription = Subscription(
            name=durable,
            events=event_names,
            types=_patterns(types),
            queues=_patterns(queues),
            every_attempt=every_attempt,
        )

    def mark(function: Function) -> Function:
        registration = ListenerRegistration(
            function, event_names, subscription, timeout or TIMEOUT, max_attempts or MAX_ATTEMPTS, backoff or BACKOFF
        )
        setattr(function, LISTENER_MARK, registration)
        return function

    return mark


def _check_names(event_names: tuple[str, ...]) -> None:
    known = f"use {ALL_EVENTS} or one of {', '.join(sorted(EVENT_NAMES))}"
    if not event_names:
        raise ConfigurationError("listener", f"names no event: {known}")
    for name in event_names:
        if name != ALL_EVENTS and name not in EVENT_NAMES:
            raise ConfigurationError("listener", f"no event is named {name!r}: {known}")


def _patterns(patterns: str | Iterable[str]) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)
