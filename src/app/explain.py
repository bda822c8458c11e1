from __future__ import annotations

from backstage.domain.explain_task import explain_task
from backstage.domain.explanation import Explanation
from backstage.domain.ports.facts import Facts


class Explain:
    """Say why a task does not run yet, or how it ended: every reason that holds, the first one first.

    Changes nothing. Raises TaskNotFoundError, StorageUnavailableError.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def __call__(self, task_id: str) -> Explanation:
        return explain_task(await self._facts.of(task_id))
