"""What is measured: our backends, and the peers they are compared with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class System:
    """`store` is what its tasks are kept in (a new, empty one for each measurement), `options` end the store's URL.

    `peers` are the systems to compare with. `huey-fsync` is synchronous=full like `sqlite`; `huey` is synchronous=off,
    which promises less than normal does and is the nearest that Huey offers. `share` of the tasks that the others
    drain is what a slow one gets.
    """

    name: str
    backend: str
    store: str
    options: str = ""
    peers: tuple[str, ...] = ()
    share: float = 1.0


SYSTEMS = {
    each.name: each
    for each in (
        System("memory", "memory", "memory"),
        System("sqlite", "sqlite", "file", peers=("huey-fsync",)),
        System("huey-fsync", "huey", "file", share=0.25),
        System("huey-redis", "huey", "redis"),
        System("sqlite-normal", "sqlite", "file", "?synchronous=normal", peers=("huey", "plainjob")),
        System("huey", "huey", "file"),
        System("plainjob", "plainjob", "file"),
        System("postgresql", "postgresql", "postgresql", peers=("pgqueuer", "graphile", "pgboss", "procrastinate")),
        System("pgqueuer", "pgqueuer", "postgresql"),
        System("graphile", "graphile", "postgresql"),
        System("pgboss", "pgboss", "postgresql"),
        System("procrastinate", "procrastinate", "postgresql", share=0.05),
        System("redis", "redis", "redis", peers=("bullmq", "saq", "taskiq", "dramatiq")),
        System("redis-cluster", "redis", "cluster"),
        System("bullmq", "bullmq", "redis"),
        System("saq", "saq", "redis", share=0.2),
        System("taskiq", "taskiq", "redis", share=0.2),
        System("dramatiq", "dramatiq", "redis", share=0.2),
    )
}
BACKENDS = ("memory", "sqlite", "postgresql", "redis")


@dataclass(frozen=True, slots=True)
class Peer:
    """A system of others: the backend of ours that it is compared with, and where it comes from.

    `packages` are Python's; without any it is a script for Node.js. `keeps` is what it does with what we keep: each
    finished task with its record for seven days, and a task until its end is stored.
    """

    backend: str
    keeps: str
    packages: tuple[str, ...] = ()


PEERS = {
    "huey": Peer("sqlite", "a task is gone once it is taken (at most once); no result, no history", ("huey",)),
    "plainjob": Peer("sqlite", "done jobs in short rows; no retries, no leases, synchronous=normal"),
    "pgqueuer": Peer("postgresql", "a log row for each change of state", ("pgqueuer",)),
    "graphile": Peer("postgresql", "nothing of jobs that succeed: they are deleted; no result"),
    "pgboss": Peer("postgresql", "completed jobs, until they are archived"),
    "procrastinate": Peer("postgresql", "jobs and their events", ("procrastinate",)),
    "bullmq": Peer("redis", "completed jobs, without a limit of age"),
    "saq": Peer("redis", "the job for 600 s", ("saq[redis]",)),
    "taskiq": Peer("redis", "no result (a result backend is another write); entries of the stream", ("taskiq-redis",)),
    "dramatiq": Peer("redis", "nothing of what has ended", ("dramatiq[redis]",)),
}
