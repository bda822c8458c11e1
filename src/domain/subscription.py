"""A subscriber that the store knows by name, so that no event it wants is lost with a process."""

from __future__ import annotations

from fnmatch import fnmatchcase

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError
from backstage.domain.events import TaskCompleted, TaskFailed
from backstage.domain.limits import MAX_NAME_LENGTH, check_name
from backstage.domain.task import Task

DELIVERY_QUEUE = "backstage:deliveries"
"""The queue of all deliveries, so that they hold up no queue of the user's."""
DELIVERY_TYPE = "backstage:deliver:"
"""What the type of a delivery begins with; the subscription's name follows."""
MAX_SUBSCRIPTION_NAME_LENGTH = MAX_NAME_LENGTH - len(DELIVERY_TYPE)

DURABLE_EVENTS = (TaskCompleted.name, TaskFailed.name)
"""Those that tell how a claim ended: a delivery is stored in the step that ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A durable listener: events with these names are delivered to it, of all tasks or of those that match.

    `types` and `queues` are globs, of which one must match; none given matches all. Of failures only the final ones
    are delivered, unless `every_attempt` is set. Raises ConfigurationError, and
    InvalidTaskDataError for a name that is none.
    """

    name: str
    events: tuple[str, ...] = (TaskFailed.name,)
    types: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    every_attempt: bool = False

    def __post_init__(self) -> None:
        check_name("durable", self.name)
        if len(self.name) > MAX_SUBSCRIPTION_NAME_LENGTH:
            raise ConfigurationError(
                "durable", f"the name of a subscription has at most {MAX_SUBSCRIPTION_NAME_LENGTH} characters"
            )
        unfit = [event for event in self.events if event not in DURABLE_EVENTS]
        if unfit or not self.events:
            problem = f"{unfit[0]!r} cannot be delivered durably" if unfit else "names no event"
            raise ConfigurationError("events", f"{problem}: use {' or '.join(DURABLE_EVENTS)}")
        for field in ("events", "types", "queues"):
            object.__setattr__(self, field, tuple(sorted(set(getattr(self, field)))))

    @property
    def delivery_type(self) -> str:
        """The type of the tasks that are its deliveries."""
        return DELIVERY_TYPE + self.name

    def wants(self, event: str, task: Task, *, will_retry: bool) -> bool:
        """Whether it is to be told of an event of that name that happened to the task."""
        return (
            event in self.events
            and (self.every_attempt or not will_retry)
            and _matches(task.type, self.types)
            and _matches(task.queue, self.queues)
        )


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
