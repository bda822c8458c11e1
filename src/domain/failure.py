"""Why an attempt failed, as data that every store can keep."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from backstage.domain.limits import storable

FAILURE_MARK = "__backstage_failure__"
"""The attribute of an error that stands for one in another process: the Failure that it was there."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`type` is the error's class name; `message` and `traceback` are cut to 16 Ki characters each."""

    type: str
    message: str
    traceback: str = ""

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        elsewhere = getattr(error, FAILURE_MARK, None)
        if isinstance(elsewhere, Failure):
            return elsewhere
        try:
            message = str(error)
        except Exception:  # an error whose text cannot be made is still recorded
            message = "the error has no readable message"
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        return cls(type(error).__name__, storable(message), storable(text))

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type
