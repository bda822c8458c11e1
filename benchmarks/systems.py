"""What is measured: our backends, and the peer they are paired with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class System:
    """`url` has a place for the path of the file; `peer` is the system whose promise to the disk is the nearest.

    `huey-fsync` is synchronous=full like `sqlite`. `huey` is synchronous=off, which promises less than normal does and
    is the nearest that Huey offers.
    """

    name: str
    backend: str
    url: str = ""
    peer: str | None = None


SYSTEMS = {
    each.name: each
    for each in (
        System("memory", "memory", "memory://"),
        System("sqlite", "sqlite", "sqlite:///{path}", peer="huey-fsync"),
        System("sqlite-normal", "sqlite", "sqlite:///{path}?synchronous=normal", peer="huey"),
        System("huey-fsync", "huey"),
        System("huey", "huey"),
    )
}
