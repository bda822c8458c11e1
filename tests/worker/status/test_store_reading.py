from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from backstage.domain.errors import StorageUnavailableError
from backstage.worker.status.store_reading import StoreReading


def reading(ask: Callable[[], Any], *, kept_for: float = 3600.0, patience: float = 5.0) -> StoreReading[Any]:
    return StoreReading(ask, asyncio.get_running_loop(), kept_for=kept_for, patience=patience)


async def test_many_who_want_to_know_ask_the_store_once() -> None:
    asked = []

    async def ask() -> str:
        asked.append(1)
        await asyncio.sleep(0)
        return "answer"

    store = reading(ask)
    await asyncio.gather(*(store.refresh() for _ in range(20)))
    await store.refresh()
    assert (len(asked), store.answer, store.problem) == (1, "answer", None)


async def test_an_old_answer_is_asked_for_again() -> None:
    answers = iter("abc")

    async def ask() -> str:
        return next(answers)

    store = reading(ask, kept_for=0.0)
    await store.refresh()
    await store.refresh()
    assert store.answer == "b"


async def test_an_error_is_told_and_the_last_answer_is_kept() -> None:
    answers: list[Any] = ["answer", StorageUnavailableError("gone"), KeyError()]

    async def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    store = reading(ask, kept_for=0.0)
    problems = []
    for _ in range(3):
        await store.refresh()
        problems.append(store.problem)
    assert (problems, store.answer) == ([None, "gone", "KeyError"], "answer")


async def test_a_store_that_does_not_answer_is_not_waited_for() -> None:
    cancelled = asyncio.Event()

    async def ask() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    store = reading(ask, patience=0.01)
    await store.refresh()
    assert store.problem == "no answer within 0.01 s"
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_what_was_never_asked_has_no_answer() -> None:
    store = reading(lambda: None)
    assert (store.answer, store.problem) == (None, "was not asked yet")
