from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from backstage.domain.event_log import MOST_EVENT_BYTES, MOST_EVENTS, NewEvent
from backstage.domain.followed_event import EventKind
from backstage.domain.ports.task_events import StoredEvent
from backstage.domain.run_log import RunLog
from backstage.domain.standing import Standing
from backstage.domain.task_state import FINAL_STATES
from backstage.infra.moments import from_micros, ticks
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.records import recorded_failure_of
from backstage.infra.redis.rows import STATES, fields_of, unpack


class RedisTaskEvents:
    """TaskEvents over a stream for each task that tells something. What spans queues is one step for each of them."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory

    async def append(self, events: Sequence[NewEvent]) -> frozenset[str]:
        runs: dict[str, dict[int, list[NewEvent]]] = {}
        for event in events:
            runs.setdefault(event.task_id, {}).setdefault(event.fence, []).append(event)
        by_queue = await self._directory.by_queue(runs)
        sent = {queue: [run for id_ in ids for run in runs[id_].values()] for queue, ids in by_queue.items()}
        replies = await self._client.run_each(
            [
                (
                    "append_events",
                    self._client.keys.queue(queue),
                    [[_run_of(run) for run in of_queue], MOST_EVENTS, MOST_EVENT_BYTES],
                )
                for queue, of_queue in sent.items()
            ]
        )
        stored = {
            run[0].task_id
            for of_queue, reply in zip(sent.values(), replies, strict=True)
            for run, is_stored in zip(of_queue, unpack(reply), strict=True)
            if is_stored
        }
        return frozenset(runs) - stored

    async def read(self, after: Mapping[str, int], limit: int) -> Mapping[str, Sequence[StoredEvent]]:
        by_queue = await self._directory.by_queue(after)
        replies = await self._client.run_each(
            [
                ("read_events", self._client.keys.queue(queue), [[[id_, after[id_]] for id_ in ids], limit])
                for queue, ids in by_queue.items()
            ]
        )
        return {
            task_id: [_event_of(*entry) for entry in entries]
            for ids, reply in zip(by_queue.values(), replies, strict=True)
            for task_id, entries in zip(ids, unpack(reply), strict=True)
            if entries
        }

    async def standings(self, task_ids: Collection[str]) -> Mapping[str, Standing]:
        by_queue = await self._directory.by_queue(task_ids)
        replies = await self._client.run_each(
            [("task_standings", self._client.keys.queue(queue), ids) for queue, ids in by_queue.items()]
        )
        found = {}
        for ids, reply in zip(by_queue.values(), replies, strict=True):
            for task_id, flat in zip(ids, unpack(reply), strict=True):
                if flat is False:
                    self._directory.forget(task_id)
                else:
                    found[task_id] = _standing_of(flat)
        return found

    async def keep_lines(self, logs: Sequence[RunLog]) -> None:
        by_queue = await self._directory.by_queue({log.task_id for log in logs})
        await self._client.run_each(
            [
                (
                    "keep_lines",
                    self._client.keys.queue(queue),
                    [
                        [log.task_id, str(log.fence), [log.attempt, log.lines_json]]
                        for log in logs
                        if log.task_id in ids
                    ],
                )
                for queue, ids in by_queue.items()
            ]
        )

    async def lines(self, task_id: str) -> Sequence[RunLog]:
        for queue in await self._directory.by_queue([task_id]):
            flat = await self._client.command("HGETALL", f"{self._client.keys.queue(queue)}:lines:{task_id}")
            logs = [RunLog(task_id, int(fence), *unpack(kept)) for fence, kept in _pairs(flat)]
            return sorted(logs, key=lambda log: log.fence)
        return []

    async def forget_results(self, limit: int) -> int:
        return await self._on_each_queue("forget_results", [], limit)

    async def forget(self, kept_for: float, limit: int) -> int:
        return await self._on_each_queue("forget_events", [ticks(kept_for)], limit)

    async def _on_each_queue(self, script: str, argument: list[object], limit: int) -> int:
        """Run the script, whose last argument is how many more, until it has done so many in all."""
        done = 0
        for queue in await self._directory.queues():
            done += await self._client.run(script, self._client.keys.queue(queue), [*argument, limit - done])
            if done >= limit:
                break
        return done


def _run_of(events: Sequence[NewEvent]) -> list[object]:
    first = events[0]
    return [
        first.task_id,
        first.fence,
        first.attempt,
        [[event.place, event.kind.value, event.data_json, event.size] for event in events],
    ]


def _event_of(entry: str, flat: Sequence[str]) -> StoredEvent:
    fields = fields_of(flat)
    return StoredEvent(
        number=int(entry.partition("-")[0]),
        kind=EventKind(fields["kind"]),
        at=from_micros(int(fields["at"])),
        attempt=int(fields["attempt"]),
        data_json=fields["data"],
    )


def _standing_of(flat: Sequence[str]) -> Standing:
    fields = fields_of(flat)
    state = STATES[fields.get("state", "p")]
    return Standing(
        state=state,
        attempt=int(fields.get("fence", 0)) - int(fields.get("interruptions", 0)),
        finished_at=from_micros(int(fields["end"])) if state in FINAL_STATES and "end" in fields else None,
        progress=float(fields["progress"]) if "progress" in fields else None,
        progress_note=fields.get("note"),
        result_json=fields.get("result"),
        last_failure=recorded_failure_of(fields.get("failure")),
        result_gone_at=from_micros(int(float(fields["gone"]))) if "gone" in fields else None,
    )


def _pairs(flat: object) -> list[tuple[bytes, bytes]]:
    """HGETALL's fields, which the drivers give as a list or as a dict."""
    if isinstance(flat, dict):
        return list(flat.items())
    assert isinstance(flat, list)
    return list(zip(flat[::2], flat[1::2], strict=True))
