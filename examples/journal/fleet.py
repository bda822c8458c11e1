"""What a fleet shares beside its tasks: pauses, messages, subscriptions, and who is alive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from backstage import BroadcastMessage, Pause, Subscription, TypeDefinition, WorkerInfo
from backstage.ports import MOST_DEFINITIONS, BeatAnswer, Received, StoredSubscription, WorkerOrder, WorkerStacks
from examples.journal.step import KeptMessage
from examples.journal.store import Store


class JournalControl:
    """QueueControl."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def pause(self, kind: str, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        with self._store.step():
            if (kind, name) in self._store.pauses:
                return False
            self._store.change(pauses=[Pause(kind, name, self._store.clock.now(), by, reason)])
            return True

    async def resume(self, kind: str, name: str) -> bool:
        with self._store.step():
            if (kind, name) not in self._store.pauses:
                return False
            self._store.change(resumed=[(kind, name)])
            return True

    async def paused(self) -> list[Pause]:
        with self._store.lock:
            return [pause for _, pause in sorted(self._store.pauses.items())]


class JournalBroadcasts:
    """Broadcasts; a position is the number of a message."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def send(self, message: BroadcastMessage) -> None:
        with self._store.step():
            kept = self._store.messages.get(message.id)
            if kept is None or kept.stored_at < self._store.oldest_message():
                number = int(await self.position()) + 1
                self._store.change(messages=[KeptMessage(number, self._store.clock.now(), message)])

    async def position(self) -> str:
        with self._store.lock:
            return str(next((kept.number for kept in reversed(self._store.messages.values())), 0))

    async def receive(self, after: str, limit: int) -> Received:
        with self._store.lock:
            later = [kept for kept in self._store.messages.values() if kept.number > int(after)]
            given = [kept for kept in later if kept.stored_at >= self._store.oldest_message()][:limit]
        return Received([kept.message for kept in given], str(given[-1].number) if given else after)


class JournalRegistry:
    """WorkerRegistry. Not in the journal: the workers of its one process are gone when it is read again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._workers: dict[str, WorkerInfo] = {}
        self._requests: dict[str, str] = {}
        self._stacks: dict[str, WorkerStacks] = {}
        self._generation = uuid4().hex  # nobody can empty the journal under its one process

    async def beat(self, worker: WorkerInfo) -> BeatAnswer:
        with self._store.lock:
            known = self._workers.get(worker.id)
            order = WorkerOrder.WORK if known is None else known.order
            self._workers[worker.id] = replace(worker, seen_at=self._store.clock.now(), order=order)
            return BeatAnswer(self._generation, order, self._requests.get(worker.id))

    async def leave(self, worker_id: str) -> None:
        with self._store.lock:
            self._forget(worker_id)

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        with self._store.lock:
            now = self._store.clock.now()
            for each in [each for each in self._workers.values() if each.seen_at < now - timedelta(days=1)]:
                self._forget(each.id)
            seen = [
                replace(each, silent_for=max(0.0, (now - each.seen_at).total_seconds()))
                for _, each in sorted(self._workers.items())
            ]
            return [each for each in seen if each.silent_for <= seen_within and not each.is_gone]

    async def give_order(self, worker_id: str, order: WorkerOrder) -> bool:
        with self._store.lock:
            if worker_id not in self._workers:
                return False
            self._workers[worker_id] = replace(self._workers[worker_id], order=order)
            return True

    async def request_stacks(self, worker_id: str, request: str) -> str | None:
        with self._store.lock:
            return self._requests.setdefault(worker_id, request) if worker_id in self._workers else None

    async def put_stacks(self, worker_id: str, stacks: WorkerStacks) -> None:
        with self._store.lock:
            if worker_id in self._workers:
                self._stacks[worker_id] = stacks
                self._requests.pop(worker_id, None)

    async def stacks(self, worker_id: str) -> WorkerStacks | None:
        with self._store.lock:
            return self._stacks.get(worker_id)

    def _forget(self, worker_id: str) -> None:
        for kept in (self._workers, self._requests, self._stacks):
            kept.pop(worker_id, None)


class JournalSubscriptions:
    """Subscriptions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, subscription: Subscription) -> None:
        with self._store.step():
            self._store.change(subscriptions=[subscription])

    async def delete(self, name: str) -> bool:
        with self._store.step():
            if name not in self._store.subscriptions:
                return False
            self._store.change(deleted_subscriptions=[name])
            return True

    async def all(self) -> list[StoredSubscription]:
        with self._store.lock:
            return [subscription for _, subscription in sorted(self._store.subscriptions.items())]


class JournalTypeDefinitions:
    """TypeDefinitions. Not in the journal: the worker of its one process tells them anew when it starts."""

    def __init__(self) -> None:
        self._by_type: dict[str, TypeDefinition] = {}

    async def put(self, definitions: Sequence[TypeDefinition]) -> None:
        self._by_type |= {each.type: each for each in definitions}
        latest = sorted(self._by_type.values(), key=lambda each: (each.told_at, each.type), reverse=True)
        self._by_type = {each.type: each for each in latest[:MOST_DEFINITIONS]}

    async def all(self) -> list[TypeDefinition]:
        return [definition for _, definition in sorted(self._by_type.items())]
