from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tests.journeys.store import Store
from tests.servers.server_process import ServerProcess


class OwnServer(Protocol):
    """A server of the test alone."""

    @property
    def process(self) -> ServerProcess: ...
    @property
    def port(self) -> int: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def freeze(self) -> None: ...
    def thaw(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ServedStore(Store):
    """A store on a durable server of its own, which the test may kill."""

    server: OwnServer
