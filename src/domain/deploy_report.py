"""What a deploy of other code would meet in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.field_error import FieldError
from backstage.domain.task import Task


class DeployedCode(Protocol):
    """The handlers of a release, as far as they can be asked without running any."""

    def serves(self, lane: str) -> bool:
        """Whether a handler gets tasks of the type and version, as in `Task.lane_type`."""
        ...

    def problems_of(self, task: Task) -> Sequence[FieldError]:
        """What keeps the handler from reading the task's payload, raised to its version; nothing if it can."""
        ...


@dataclass(frozen=True, slots=True)
class UnknownLane:
    """Tasks that no handler of the code gets. `type` has the version of the payload, as in `Task.lane_type`.
    `oldest_due` is the seconds for which the oldest of them has been due, None where none is."""

    queue: str
    type: str
    pending: int
    running: int
    oldest_due: float | None


@dataclass(frozen=True, slots=True)
class UnreadableField:
    """`tasks` of those looked at have this problem; `sample_task_ids` are some of them, at most three."""

    queue: str
    type: str
    field: str
    problem: str
    tasks: int
    sample_task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LookedAt:
    """How many of a lane's pending and running tasks were read: all, or else the newest."""

    queue: str
    type: str
    looked: int
    tasks: int

    @property
    def is_whole(self) -> bool:
        return self.looked >= self.tasks


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A schedule or a subscription whose tasks the code could not run. `kind` says which of the two it is."""

    kind: str
    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class DeployReport:
    """What would go wrong if the handlers that were looked at were deployed; empty where nothing would."""

    unknown_lanes: tuple[UnknownLane, ...] = ()
    unreadable: tuple[UnreadableField, ...] = ()
    unknown_names: tuple[UnknownName, ...] = ()
    looked_at: tuple[LookedAt, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Whether nothing was found that the code could not run. Of lanes that were not looked at as a whole it is
        known of the newest tasks alone."""
        return not (self.unknown_lanes or self.unreadable or self.unknown_names)
