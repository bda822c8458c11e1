"""A server whose clock the test sets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backstage.domain.ports.backend import Backend
from backstage.infra.moments import to_micros
from backstage.infra.server_time import OwnTime
from backstage.testing.fake_clock import FakeClock


class SetServer:
    """`module` is the one of a backend that makes its time; `make` makes the backend that goes by the server's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: str, make: Callable[[], Backend]) -> None:
        self.ahead = 0.0
        self._monkeypatch, self._module, self._make = monkeypatch, module, make

    def connect(self, clock: FakeClock) -> Backend:
        self._monkeypatch.setattr(f"{self._module}.server_time", lambda _given, _local: _SetTime(clock, self))
        return self._make()


class _SetTime(OwnTime):
    """The server's time as it would tell it itself."""

    def __init__(self, clock: FakeClock, server: SetServer) -> None:
        super().__init__(clock)
        self._begun = to_micros(clock.now()) - round(clock.monotonic() * 1_000_000)
        self._server = server

    def now(self) -> int:  # type: ignore[override]
        return self._begun + round((self.clock.monotonic() + self._server.ahead) * 1_000_000)

    def lease_now(self) -> int:  # type: ignore[override]
        return self.now()

    def measured(self, server_now: int, asked_at: float) -> None:
        """What the true server says of its own time is not the matter here."""
