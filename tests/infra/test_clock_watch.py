from __future__ import annotations

import pytest

from backstage.infra.clock_watch import ClockWatch

LEASE = 30.0


class Scene:
    """A server's clock and a process's monotonic one, and the watch that compares them."""

    def __init__(self) -> None:
        self.server, self.monotonic = 1_000_000_000_000_000, 50.0
        self.watch = ClockWatch()

    def pass_time(self, seconds: float, *, stepped: float = 0.0) -> bool:
        """Let time pass, set the server's clock by `stepped` seconds, and look."""
        self.monotonic += seconds
        self.server += round((seconds + stepped) * 1_000_000)
        return self.watch.look(self.server, self.monotonic, LEASE)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_first_look_trusts_what_it_sees(scene: Scene) -> None:
    assert scene.pass_time(0)


def test_a_clock_that_goes_as_time_does_is_trusted(scene: Scene) -> None:
    assert all(scene.pass_time(10) for _ in range(100))


def test_drift_and_slow_answers_are_no_step(scene: Scene) -> None:
    scene.pass_time(0)
    assert scene.pass_time(10, stepped=1.9)
    assert scene.pass_time(10, stepped=-1.9)


@pytest.mark.parametrize("stepped", [3600.0, 2.1, -2.1, -3600.0])
def test_after_a_step_ends_are_trusted_again_when_every_live_lease_was_renewed(scene: Scene, stepped: float) -> None:
    scene.pass_time(0)
    assert not scene.pass_time(1, stepped=stepped)
    assert not scene.pass_time(LEASE - 0.1)
    assert scene.pass_time(0.1)


def test_a_second_step_begins_the_wait_anew(scene: Scene) -> None:
    scene.pass_time(0)
    scene.pass_time(1, stepped=60)
    scene.pass_time(LEASE - 1)
    assert not scene.pass_time(0, stepped=-60)
    assert not scene.pass_time(LEASE - 1)
    assert scene.pass_time(1)


def test_a_process_that_slept_distrusts_what_it_sees_first(scene: Scene) -> None:
    scene.pass_time(0)
    assert not scene.pass_time(0, stepped=600)  # our clock stood still, the server's did not


def test_who_never_looked_has_watched_for_no_time(scene: Scene) -> None:
    assert not scene.watch.has_watched_for(0.0)


def test_the_watch_is_as_long_as_it_looked_on(scene: Scene) -> None:
    scene.pass_time(0)
    scene.pass_time(LEASE - 1)
    assert not scene.watch.has_watched_for(LEASE)
    scene.pass_time(1)
    assert scene.watch.has_watched_for(LEASE)


def test_a_watch_counts_for_nothing_until_a_step_is_over(scene: Scene) -> None:
    scene.pass_time(0)
    scene.pass_time(LEASE)
    scene.pass_time(1, stepped=60)
    assert not scene.watch.has_watched_for(LEASE)
    scene.pass_time(LEASE)
    assert scene.watch.has_watched_for(LEASE)
