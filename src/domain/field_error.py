from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One problem in the data of a task: where (`payload.items[3]`, `queue`) and what to do about it."""

    field: str
    message: str
