"""What is measured: our backends, and the peers they are paired with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class System:
    """`store` is what its tasks are kept in (a new, empty one for each measurement), `options` end the store's URL.

    `peer` is the system to compare with: the one whose promise is the nearest. `huey-fsync` is synchronous=full like
    `sqlite`; `huey` is synchronous=off, which promises less than normal does and is the nearest that Huey offers.
    """

    name: str
    backend: str
    store: str
    options: str = ""
    peer: str | None = None


SYSTEMS = {
    each.name: each
    for each in (
        System("memory", "memory", "memory"),
        System("sqlite", "sqlite", "file", peer="huey-fsync"),
        System("huey-fsync", "huey", "file"),
        System("sqlite-normal", "sqlite", "file", "?synchronous=normal", peer="huey"),
        System("huey", "huey", "file"),
        System("postgresql", "postgresql", "postgresql", peer="pgqueuer"),
        System("pgqueuer", "pgqueuer", "postgresql"),
        System("redis", "redis", "redis", peer="bullmq"),
        System("bullmq", "bullmq", "redis"),
    )
}
BACKENDS = ("memory", "sqlite", "postgresql", "redis")
PEERS = {"huey": "sqlite", "pgqueuer": "postgresql", "bullmq": "redis"}
"""Each with the backend of ours that it is a peer of."""
