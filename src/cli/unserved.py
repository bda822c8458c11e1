"""What commands say of tasks that nobody serves."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from backstage.app.find_unserved import Unserved
from backstage.domain.errors import StoreNotReadyError
from backstage.domain.lane_type import lane_type
from backstage.domain.nearest import nearest
from backstage.infra.printable import printable

if TYPE_CHECKING:
    from backstage.app.use_cases import UseCases

MOST_SHOWN = 10


async def warn_before_storing(store: UseCases, queue: str, task_type: str, payload_version: int) -> None:
    """Say on standard error that the task may wait for ever, before its own name is among those that are known.

    Where no worker is alive, a name that nobody knows is compared with those of tasks and schedules. What an older
    store cannot be asked is no reason to store nothing there.
    """
    with suppress(StoreNotReadyError):
        await _warn(store, queue, task_type, payload_version)


async def _warn(store: UseCases, queue: str, task_type: str, payload_version: int) -> None:
    unserved = await store.find_unserved([(queue, lane_type(task_type, payload_version))])
    if unserved:
        warn_of(unserved)
        return
    names = await store.get_known_names()
    for kind, name, known in (("queue", queue, names.queues), ("type", task_type, names.types)):
        if name not in known and (hint := nearest(name, known)):
            _say(f"no task, schedule or worker knows {kind} {name}{hint}")


def warn_of(unserved: Sequence[Unserved]) -> None:
    for each in unserved[:MOST_SHOWN]:
        _say(str(each))
    if len(unserved) > MOST_SHOWN:
        _say(f"and {len(unserved) - MOST_SHOWN:,} more pairs of a queue and a type")


def _say(text: str) -> None:
    print(f"backstage: {printable(text)}", file=sys.stderr)
