from __future__ import annotations

from typing import Any

from backstage.infra.structured_logging import new_logger
from backstage.testing.fake_clock import FakeClock
from backstage.worker.runtime.store_watch import REPORTED_FOR, StoreWatch
from backstage.worker.watching.background_loop_health import LoopHealth


class Watched:
    def __init__(self, clock: FakeClock) -> None:
        self.log: list[Any] = []
        self.put: list[int] = []
        self.health = LoopHealth("store", 5.0)
        logger = new_logger(silent=True, log_handler=self.log.append)
        self.watch = StoreWatch([lambda: self.put.append(1)], clock, self.health, logger)


def test_the_store_that_the_worker_began_with_is_nothing_to_tell_of(clock: FakeClock) -> None:
    watched = Watched(clock)
    watched.watch.saw("a")
    watched.watch.saw("a")
    assert (watched.log, watched.put, watched.health.problem()) == ([], [], None)


def test_an_emptied_store_is_told_once_and_health_says_so_for_an_hour(clock: FakeClock) -> None:
    watched = Watched(clock)
    watched.watch.saw("a")
    watched.watch.saw("b")
    watched.watch.saw("b")
    [entry] = watched.log
    assert (entry["event"], entry["before"], entry["generation"], watched.put) == ("store_was_emptied", "a", "b", [1])
    clock.advance(REPORTED_FOR - 1)
    watched.watch.saw("b")
    assert "was emptied" in str(watched.health.problem())
    clock.advance(1)
    watched.watch.saw("b")
    assert watched.health.problem() is None


def test_health_is_good_again_once_somebody_acknowledges(clock: FakeClock) -> None:
    watched = Watched(clock)
    watched.watch.saw("a")
    watched.watch.saw("b")
    watched.watch.acknowledge()
    watched.watch.saw("b")
    assert watched.health.problem() is None
