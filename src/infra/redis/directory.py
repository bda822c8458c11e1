"""Which queues there are, what is paused, and on which queue a task is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from uuid import uuid4

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.lane_type import plain_type
from backstage.domain.limits import is_encodable
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.infra.moments import from_micros
from backstage.infra.redis.client import Client
from backstage.infra.redis.rows import unpack

_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Control:
    """The store's queues and pauses at one moment."""

    queues: frozenset[str]
    pauses: Mapping[tuple[str, str], int]
    """Kind and name to the moment since when."""
    token: str
    """The store's `control` at that moment."""
    unpaused: Sequence[str] = field(init=False)
    """All queues that are not paused, by name: sorted once, for each claim may ask."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "unpaused", self._sorted_unpaused(self.queues))

    def served(self, queues: Collection[str] | None) -> Sequence[str]:
        """Those queues (None: all) that there are and that are not paused, by name."""
        return self.unpaused if queues is None else self._sorted_unpaused(self.queues & frozenset(queues))

    def _sorted_unpaused(self, queues: Iterable[str]) -> list[str]:
        return sorted(name for name in queues if (QUEUE, name) not in self.pauses)

    def paused_queues(self) -> list[str]:
        return [name for kind, name in self.pauses if kind == QUEUE]

    def served_types(self, types: frozenset[str]) -> frozenset[str]:
        paused = {name for kind, name in self.pauses if kind == TYPE}
        return frozenset(each for each in types if plain_type(each) not in paused) if paused else types

    def paused(self) -> list[Pause]:
        return [Pause(kind, name, from_micros(since)) for (kind, name), since in sorted(self.pauses.items())]


class Directory:
    """A task's queue is remembered for the latest tasks that passed through here, else every queue is asked."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.registered: set[str] = set()
        """Queues that this process has made known."""
        self._latest: Control | None = None
        self._queue_of: OrderedDict[str, str] = OrderedDict()

    def over(self, client: Client) -> Directory:
        """The same memory over another client."""
        other = Directory(client)
        other._queue_of = self._queue_of
        return other

    async def control(self) -> Control:
        """What the store says now."""
        keys = self._client.keys
        token, queues, past, pauses = await self._client.commands(
            ("GET", keys.control),
            ("SMEMBERS", keys.queues),
            ("ZRANGE", keys.past, 0, -1),
            ("HGETALL", keys.pauses),
        )
        found: dict[tuple[str, str], int] = {}
        for each, since in pauses.items():
            kind, _, name = each.decode().partition(":")
            found[kind, name] = int(since)
        shown = "" if token is None else token.decode()
        self._latest = Control(frozenset(name.decode() for name in {*queues} - {*past}), found, shown)
        return self._latest

    async def latest_control(self) -> Control:
        """The same as it was told last, for steps that compare the token."""
        return self._latest or await self.control()

    async def queues(self) -> list[str]:
        """Those that have tasks, or had some until a moment ago."""
        keys = self._client.keys
        names, past = await self._client.commands(("SMEMBERS", keys.queues), ("ZRANGE", keys.past, 0, -1))
        return sorted(name.decode() for name in {*names} - {*past})

    async def all_queues(self) -> list[str]:
        """Those, too, that had tasks at any time."""
        names = await self._client.command("SMEMBERS", self._client.keys.queues)
        return sorted(name.decode() for name in names)

    async def register(self, queues: Iterable[str]) -> None:
        """Make the queues known before they get tasks: a task on a queue that nobody knows would never be claimed."""
        new = [name for name in queues if name not in self.registered]
        if new:
            await self._client.run("register_queues", self._client.keys.store, [new, uuid4().hex])
            self.registered.update(new)

    async def register_again(self, queues: Iterable[str]) -> None:
        """The same for queues that turned out to be new to the store, which may have been emptied since."""
        self.registered.difference_update(queues := list(queues))
        await self.register(queues)

    # -- where a task is -------------------------------------------------------------------------

    def remember(self, task_id: str, queue: str) -> None:
        self._queue_of[task_id] = queue
        if len(self._queue_of) > _REMEMBERED:
            self._queue_of.popitem(last=False)

    def forget(self, task_id: str) -> None:
        self._queue_of.pop(task_id, None)

    async def by_queue(self, task_ids: Iterable[str]) -> dict[str, list[str]]:
        """Queue to those of the tasks that are on it; ids that no queue has are left out."""
        found: dict[str, list[str]] = {}
        unknown = []
        for task_id in task_ids:
            queue = self._queue_of.get(task_id)
            if queue is None and is_encodable(task_id):
                unknown.append(task_id)
            elif queue is not None:
                found.setdefault(queue, []).append(task_id)
        if unknown:
            for queue, task_id in await self._asked(unknown):
                found.setdefault(queue, []).append(task_id)
        return found

    async def _asked(self, task_ids: list[str]) -> list[tuple[str, str]]:
        queues = await self.queues()
        replies = await self._client.run_each([("which_exist", self._client.keys.queue(q), task_ids) for q in queues])
        found = [(queue, id_) for queue, reply in zip(queues, replies, strict=True) for id_ in unpack(reply)]
        for queue, task_id in found:
            self.remember(task_id, queue)
        return found
