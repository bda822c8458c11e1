"""Tracebacks that begin where the handler does: how a worker came to call it explains nothing."""

from __future__ import annotations

from types import FrameType
from typing import TypeVar

from backstage.domain.failure import traceback_of
from backstage.worker.handling.payload_misfit import PayloadMisfit

E = TypeVar("E", bound=BaseException)
_ON_THE_WAY = ("backstage.worker.", "concurrent.futures.", "asyncio.")
_BUILT_IN = "backstage.worker.handlers."


def from_the_handler_on(error: E) -> E:
    """The same error, without the frames that lead to the first of a handler or of somebody's middleware.

    One that comes from the worker alone keeps them, unless it is a payload that does not fit: its message says all.
    """
    found = traceback_of(error)
    while found is not None and _is_on_the_way(found.tb_frame):
        found = found.tb_next
    if found is None and not isinstance(error, PayloadMisfit):
        return error
    BaseException.with_traceback(error, found)
    return error


def _is_on_the_way(frame: FrameType) -> bool:
    spec = frame.f_globals.get("__spec__")  # what `python -m` runs is called __main__
    name = str(getattr(spec, "name", None) or frame.f_globals.get("__name__", ""))
    return name.startswith(_ON_THE_WAY) and not name.startswith(_BUILT_IN)
