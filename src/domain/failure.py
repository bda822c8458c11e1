"""Why an attempt failed, as data that every store can keep."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.limits import storable

FAILURE_MARK = "__backstage_failure__"
"""The attribute of an error that stands for one in another process: the Failure that it was there."""

_get_traceback: Any = vars(BaseException)["__traceback__"].__get__
_get_name: Any = vars(type)["__name__"].__get__


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong in an attempt.

    `type` is the error's class name. `message` and `traceback` are cut to 16 Ki characters each.
    """

    type: str
    message: str
    traceback: str = ""

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Raises nothing, whatever the error's own methods do: an error that cannot be read is still recorded."""
        try:
            elsewhere = getattr(error, FAILURE_MARK, None)
        except BaseException:
            elsewhere = None
        if type(elsewhere) is Failure:
            return elsewhere
        return cls(_name(error), storable(text_of(error)), storable(_traceback(error)))

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


def text_of(value: object) -> str:
    """`str(value)`, or what stands for it where that raises, be it SystemExit."""
    try:
        return str.__str__(str(value))  # a subclass of str may have methods of its own
    except BaseException:
        return "the error has no readable message"


def traceback_of(error: BaseException) -> TracebackType | None:
    """What the error's own attributes cannot hide."""
    trace: TracebackType | None = _get_traceback(error)
    return trace


def _name(error: BaseException) -> str:
    return storable(str(_get_name(type(error))), 200)


def _traceback(error: BaseException) -> str:
    trace = traceback_of(error)
    try:
        return "".join(traceback.format_exception(type(error), error, trace))
    except BaseException:  # its causes or notes cannot be read
        return "".join((*traceback.format_tb(trace), _name(error)))
