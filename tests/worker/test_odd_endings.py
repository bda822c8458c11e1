"""Whatever a handler returns or raises, its attempt fails with a record, and its slot is free."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backstage.domain.task_state import TaskState
from tests.worker import odd_endings
from tests.worker.workers import Workers, finish

ONE_OF_EACH = [
    *({"raises": each} for each in odd_endings.ERRORS),
    *({"returns": each} for each in odd_endings.REFUSED),
]
ENDINGS = st.one_of(
    st.fixed_dictionaries({"raises": st.sampled_from(list(odd_endings.ERRORS))}),
    st.fixed_dictionaries(
        {
            "returns": st.sampled_from(list(odd_endings.REFUSED)),
            "in": st.lists(st.sampled_from(list(odd_endings.WRAPPERS)), max_size=3),
        }
    ),
)


async def end_all(workers: Workers, endings: list[dict[str, Any]], place: str, **limits: Any) -> None:
    handlers = importlib.import_module("odd_endings") if place == "process" else odd_endings
    worker = workers.new(until_idle=True, concurrency=2, max_attempts=1)
    worker.on("t", getattr(handlers, f"end_{place}"), **limits)
    tasks = [await worker.enqueue("t", ending) for ending in endings]
    await finish(worker)
    signs = worker.vital_signs()
    assert (signs.running, signs.waiting, signs.unsettled) == (0, 0, 0)
    for ending, task in zip(endings, tasks, strict=True):
        assert task is not None
        ended = await worker.backstage.get_task(task.id)
        if ended.state is TaskState.COMPLETED and "model" in ending.get("in", ()):
            continue  # pydantic has a form for it
        assert ended.state is TaskState.FAILED, ending
        assert ended.last_failure is not None and ended.last_failure.type, ending
        assert ended.last_failure.traceback, ending


@pytest.mark.parametrize("place", ["on_the_loop", "in_a_thread"])
async def test_it_fails_the_attempt_here(workers: Workers, place: str) -> None:
    await end_all(workers, ONE_OF_EACH, place)


async def test_it_fails_the_attempt_in_a_process(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    await end_all(workers, ONE_OF_EACH, "in_a_process", run_in="process", timeout=None)


@pytest.mark.parametrize("place", ["on_the_loop", "in_a_thread"])
@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(endings=st.lists(ENDINGS, min_size=1, max_size=40))
async def test_so_does_whatever_is_wrapped_round_it(workers: Workers, place: str, endings: list[Any]) -> None:
    await end_all(workers, endings, place)
