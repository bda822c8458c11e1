from __future__ import annotations

from backstage.domain.deferred_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One problem in the data of a task: where (`payload.items[3]`, `queue`) and what to do about it."""

    field: str
    message: str
