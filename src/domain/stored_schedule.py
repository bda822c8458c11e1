"""A schedule as it is found in a store, where others may have written it."""

from __future__ import annotations

from datetime import datetime

from backstage.domain.cron_document import cron_of
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import TaskError
from backstage.domain.ports.queue_control import Pause
from backstage.domain.schedule import Schedule


@dataclass(frozen=True, slots=True)
class UnreadableSchedule:
    """A stored schedule that cannot be read here, so it does not fire here.

    A newer release wrote it, this host does not know its time zone, or somebody damaged it. It keeps nothing else from
    firing. It can be deleted, or stored again.
    """

    name: str
    problem: str
    """In one line."""


StoredSchedule = Schedule | UnreadableSchedule


def schedule_of(
    name: str, document: str, last_tick: datetime, is_paused: bool, pause: Pause | None = None
) -> StoredSchedule:
    """Return what is stored under a name; `document` is the text of `cron_document.document_of`."""
    try:
        return Schedule(cron=cron_of(document), last_tick=last_tick, is_paused=is_paused, pause=pause)
    except (TaskError, ValueError, TypeError, KeyError) as error:
        return UnreadableSchedule(name, f"{type(error).__name__}: {error}")
