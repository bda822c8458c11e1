"""Where the threads and the asyncio tasks of this process stand, as text for people: code, and no values."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any

MOST_BYTES = 65_536
_CUT = "\n… the rest is left out"


def stacks_text() -> str:
    """Return the stacks, the asyncio tasks of the running loop first; MOST_BYTES at most."""
    text = "\n\n".join([*_tasks(), *_threads()])
    encoded = text.encode()
    if len(encoded) <= MOST_BYTES:
        return text
    return encoded[: MOST_BYTES - len(_CUT.encode())].decode(errors="ignore") + _CUT


def _tasks() -> Iterator[str]:
    asking = asyncio.current_task()
    for task in sorted(asyncio.all_tasks(), key=lambda task: task.get_name()):
        if task is not asking:
            yield _told(f"asyncio task {task.get_name()}", list(_awaited(task.get_coro())))


def _awaited(coroutine: Any) -> Iterator[FrameType]:
    """Frames from the outermost coroutine to the one that waits; what it waits for has none."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)


def _threads() -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sorted(sys._current_frames().items()):
        frames = [frame for frame, _ in traceback.walk_stack(frame)]
        yield _told(f"thread {names.get(ident, ident)}", frames[::-1])


def _told(title: str, frames: list[FrameType]) -> str:
    summary = traceback.StackSummary.extract(((frame, frame.f_lineno) for frame in frames), capture_locals=False)
    return "\n".join([title, *(line.rstrip("\n") for line in summary.format())])
