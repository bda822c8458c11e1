"""Ends a worker's process in bounded time, whatever its handlers left behind."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import threading
import time
from types import FrameType
from typing import Any

from backstage.worker import log_events

PATIENCE = 3.0
"""Seconds that an interpreter which ends may wait for what handlers left behind."""
AT_EXIT_PATIENCE = 10.0
"""The same for handlers of `atexit`: clients send there what they have gathered."""
_LOOK_EVERY = 0.1
_WAITING = frozenset(
    {
        ("asyncio.runners", "close"),  # for coroutines that swallow their cancellation
        ("threading", "_shutdown"),  # for threads that are no daemons, and for those of executors
        ("multiprocessing.util", "_exit_function"),  # for processes that are no daemons
    }
)
_IDLE = ("concurrent.futures.thread", "_worker")


def exit_at_once(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def bound_exit(code: int, logger: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Call it when the worker has stopped and the process is to end with `code`.

    Should the main thread wait at its end for longer than PATIENCE, or than AT_EXIT_PATIENCE for handlers of `atexit`,
    the process is ended, with a line that names what it waits for. A caller that goes on to do other things is left
    alone.
    """
    is_at_exit = threading.Event()
    atexit.register(is_at_exit.set)  # runs before those that handlers registered: the last one is the first to run
    watch = threading.Thread(target=_watch, args=(code, logger, loop, is_at_exit), name="backstage-exit", daemon=True)
    watch.start()


def _watch(code: int, logger: Any, loop: asyncio.AbstractEventLoop, is_at_exit: threading.Event) -> None:
    waited = at_exit = idle = 0.0
    while waited < PATIENCE and at_exit < AT_EXIT_PATIENCE:
        time.sleep(_LOOK_EVERY)
        if _is_waiting_to_end():
            waited += _LOOK_EVERY
        elif is_at_exit.is_set():
            at_exit += _LOOK_EVERY
        elif (idle := idle + _LOOK_EVERY) > PATIENCE:
            return
    blocking = [] if at_exit < AT_EXIT_PATIENCE else [f"atexit handler{_place(_outermost_frame())}"]
    logger.error(log_events.LEFT_BEHIND, what=[*blocking, *_left_behind(loop)], exit_code=code)
    exit_at_once(code)


def _is_waiting_to_end() -> bool:
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) in _WAITING:
            return True
        frame = frame.f_back
    return False


def _outermost_frame() -> FrameType | None:
    """Of the main thread; None while it runs no Python code."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _left_behind(loop: asyncio.AbstractEventLoop) -> list[str]:
    frames = sys._current_frames()
    threads = [
        f"thread {each.name}{_place(frame)}"
        for each in threading.enumerate()
        if not each.daemon
        and each is not threading.main_thread()
        and not _is_idle(frame := frames.get(each.ident or 0))
    ]
    coroutines = [f"asyncio.Task {each.get_coro()!r}" for each in asyncio.all_tasks(loop)]
    multiprocessing = sys.modules.get("multiprocessing")
    children = [] if multiprocessing is None else multiprocessing.active_children()
    return [*threads, *coroutines, *(f"process {each.pid} ({each.name})" for each in children if not each.daemon)]


def _is_idle(frame: FrameType | None) -> bool:
    """Whether it is an executor's thread that has nothing to do."""
    return frame is not None and (frame.f_globals.get("__name__"), frame.f_code.co_name) == _IDLE


def _place(frame: FrameType | None) -> str:
    return "" if frame is None else f" in {frame.f_code.co_name} ({frame.f_code.co_filename}:{frame.f_lineno})"
