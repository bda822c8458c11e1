from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backstage.domain.hint import Hint


class Wakeup(Protocol):
    """Hints that there may be work, or a signal for a running task. Never needed for correctness.

    A subscription hears what everybody is told (Hint.WORK) and, if it has a name, the calls to that name.
    """

    @property
    def is_called(self) -> bool:
        """Whether calls arrive, as far as is known; without a name they never do."""
        ...

    async def wait(self, timeout: float) -> Hint:
        """Return when something was enqueued, retried, cancelled, resumed, broadcast, when somebody called, or after
        `timeout` seconds.

        What happened between two calls makes the second return at once. One waiter at a time.
        """
        ...

    def hear_all(self) -> None:
        """Hear what everybody is told, as at first; soon, and then a wait ends, for what was said before was missed."""
        ...

    def hear_calls(self) -> None:
        """Hear nothing but calls from soon on. Only for a subscription that is called."""
        ...

    async def call(self, names: Sequence[str], hint: Hint) -> None:
        """Give a hint to the subscriptions of these names. Never fails: it may be lost."""
        ...
