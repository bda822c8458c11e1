"""Which subscriptions there are, as this worker knows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from backstage.app.cancel_deliveries import CancelDeliveries
from backstage.domain.delivery import deliveries_of
from backstage.domain.errors import StorageFullError
from backstage.domain.outcome import Outcome
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.subscriptions import Subscriptions
from backstage.domain.ports.task_queue import NextTasksOf
from backstage.domain.stored_subscription import StoredSubscription, UnreadableSubscription
from backstage.domain.subscription import Subscription
from backstage.domain.task import Task
from backstage.worker import log_events


class SubscriptionWatch:
    """Puts the worker's own subscriptions into the store, and finds at each look which are there.

    Own ones count from the start, others from the next look; one that was removed counts until the next look, and what
    was stored for it meanwhile is cancelled at the look after that.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        own: Iterable[Subscription],
        cancel_deliveries: CancelDeliveries,
        clock: Clock,
        logger: Any,
    ) -> None:
        self._subscriptions = subscriptions
        self._own = tuple(own)
        self._to_put = list(self._own)
        self.next_tasks_of: NextTasksOf | None = None
        """Gives the deliveries of an outcome; None while there is no subscription, so that nobody asks."""
        self._become_active(self._own)
        self._removed: frozenset[str] = frozenset()
        self._cancel_deliveries = cancel_deliveries
        self._clock = clock
        self._logger = logger
        self._unreadable: frozenset[UnreadableSubscription] = frozenset()
        self.known = asyncio.Event()
        """Set after the first look: until then nothing may end here that others want to hear of."""

    async def look(self) -> bool:
        """To be called at intervals; after an error the next call goes on where it was. Returns whether another look
        is needed although nothing changes."""
        stored = await self._subscriptions.all()
        if self._to_put:
            stored = await self._put(stored)
        before = {each.name for each in self._active} | self._removed
        self._become_active(tuple(each for each in stored if isinstance(each, Subscription)))
        self.known.set()
        self._report_unreadable(frozenset(each for each in stored if isinstance(each, UnreadableSubscription)))
        gone = before - {each.name for each in stored}
        for name in sorted(self._removed & gone):
            await self._cancel_deliveries(name)
        self._removed = frozenset(gone - self._removed)
        return bool(self._removed or self._to_put)

    def _report_unreadable(self, unreadable: frozenset[UnreadableSubscription]) -> None:
        """Once for each, and again when its problem is another."""
        for subscription in unreadable - self._unreadable:
            self._logger.error(
                log_events.SUBSCRIPTION_UNREADABLE, subscription=subscription.name, problem=subscription.problem
            )
        self._unreadable = unreadable

    def put_again(self) -> None:
        """The store was emptied: the own subscriptions count at once, and the next look puts them there."""
        self._to_put = list(self._own)
        self._become_active((*self._own, *(each for each in self._active if each not in self._own)))
        self._removed = frozenset()

    def _become_active(self, subscriptions: tuple[Subscription, ...]) -> None:
        self._active = subscriptions

        def next_tasks_of(task: Task, outcome: Outcome) -> tuple[Task, ...]:
            return deliveries_of(task, outcome, subscriptions, self._clock.now())

        self.next_tasks_of = next_tasks_of if subscriptions else None

    async def _put(self, stored: list[StoredSubscription]) -> list[StoredSubscription]:
        """Put those that are not there, and return which are then. One that a full store has no room for counts here
        all the same, for tasks must end there, and is put at a later look."""
        refused = []
        for subscription in list(self._to_put):
            try:
                if subscription not in stored:
                    await self._subscriptions.put(subscription)
            except StorageFullError:
                refused.append(subscription)
            else:
                self._to_put.remove(subscription)
        return [*(await self._subscriptions.all()), *refused]
