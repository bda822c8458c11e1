"""Two releases at work on one store, with crashes, pauses, lost replies and clock jumps meanwhile."""

from __future__ import annotations

from tests.simulation.checker import violations
from tests.simulation.rolling_world import RollingWorld

SEEDS, LONG = 20, 400


def test_every_task_runs_on_code_that_knows_it_and_none_fails_for_being_unknown(is_long: bool) -> None:
    seen: set[tuple[int, int]] = set()
    raised = 0
    for seed in range(LONG if is_long else SEEDS):
        world = RollingWorld(seed)
        world.run()
        broken = violations(world)
        assert not broken, f"{broken[0]}, with seed {seed}"
        for release, version, payload in world.seen:
            is_second = isinstance(payload, dict) and "second" in payload
            assert (release, version, is_second) in ((1, 1, False), (2, 2, True)), f"{payload} with seed {seed}"
            seen.add((release, version))
        for task in world.tasks.values():
            assert task.last_failure is None or task.last_failure.type != "UnknownTaskTypeError", f"with seed {seed}"
            raised += task.payload_version == 1 and task.started_at is not None
    assert seen == {(1, 1), (2, 2)}
    assert raised > SEEDS, "hardly a task of the first version has run: this proves nothing"
