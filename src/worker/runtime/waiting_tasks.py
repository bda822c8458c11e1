"""The claimed tasks that wait here for a slot."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from backstage.domain.outcome import Outcome
from backstage.domain.task import Task
from backstage.worker.runtime.held_task import HeldTask


class WaitingTasks(deque[HeldTask]):
    """In the order of their claims."""

    def __init__(self, submit: Callable[[Outcome], None]) -> None:
        """`submit` takes the outcome of each that is given back to the store, as not run."""
        super().__init__()
        self._submit = submit
        self._last_at_last_look: HeldTask | None = None

    def give_back_all(self) -> None:
        while self:
            self._submit(self.popleft().task.released(has_run=False))

    def give_back(self, is_wanted: Callable[[Task], bool]) -> None:
        """Those that are wanted back."""
        for _ in range(len(self)):
            held = self.popleft()
            if is_wanted(held.task):
                self._submit(held.task.released(has_run=False))
            else:
                self.append(held)

    def give_back_stalled(self) -> None:
        """All of them, if not all that waited at the last call has begun since."""
        if self._last_at_last_look in self:
            self.give_back_all()
        self._last_at_last_look = self[-1] if self else None
