from __future__ import annotations

from collections.abc import Sequence

from backstage.app.list_workers import ListWorkers
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import TransferRefusedError
from backstage.domain.ports.backend import Backend
from backstage.domain.stats import StateCounts
from backstage.domain.stored_schedule import UnreadableSchedule
from backstage.domain.stored_subscription import UnreadableSubscription


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """What a store holds that can be moved: `tasks` are stored, `pruned` ones only counted."""

    tasks: int
    pruned: int
    schedules: int
    pauses: int


class PlanTransfer:
    """Return what a transfer of this store to another would copy; changes nothing.

    Raises TransferRefusedError while workers of either store are alive, or tasks of the source are running: what one
    of them does meanwhile would be lost, or done twice. And for a schedule that cannot be read here, nor so written.
    """

    def __init__(self, backend: Backend) -> None:
        self._source = backend

    async def __call__(self, target: Backend) -> TransferPlan:
        await _refuse_workers(self._source, "the source")
        await _refuse_workers(target, "the target")
        counts = StateCounts.of(await self._source.tasks.counts())
        if counts.running:
            raise TransferRefusedError(
                f"{_are(counts.running, 'task')} running in the source, and leases cannot be moved: run a worker "
                "there until they have ended, then stop it"
            )
        schedules = await self._source.schedules.all()
        for schedule in schedules:
            if isinstance(schedule, UnreadableSchedule):
                raise TransferRefusedError(
                    f"schedule {schedule.name!r} of the source cannot be read here ({schedule.problem}): delete it, "
                    "or store it again"
                )
        for subscription in await self._source.subscriptions.all():
            if isinstance(subscription, UnreadableSubscription):
                raise TransferRefusedError(
                    f"subscription {subscription.name!r} of the source cannot be read here ({subscription.problem}): "
                    "remove it, or subscribe again"
                )
        return TransferPlan(
            tasks=counts.total - counts.pruned,
            pruned=counts.pruned,
            schedules=len(schedules),
            pauses=len(await self._source.control.paused()),
        )


async def _refuse_workers(backend: Backend, which: str) -> None:
    workers = await ListWorkers(backend.registry)()
    if workers:
        raise TransferRefusedError(
            f"{_are(len(workers), 'worker')} alive in {which} ({_some([worker.id for worker in workers])}): stop them "
            "first; one that was killed is forgotten within a minute"
        )


def _are(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
