from __future__ import annotations

from backstage.app.authors import authors_of
from backstage.app.get_rates import GetRates
from backstage.domain.estimate_claim import estimate_claim, needs_rates
from backstage.domain.explain_pauses import concerning
from backstage.domain.explain_task import explain_task
from backstage.domain.explanation import Explanation
from backstage.domain.ports.audit_log import AuditLog
from backstage.domain.ports.facts import Facts


class Explain:
    """Say why a task does not run yet, or how it ended: every reason that holds, the first one first; with an estimate
    of when it will be claimed where others go before it.

    Changes nothing. Raises TaskNotFoundError, StorageUnavailableError.
    """

    def __init__(self, facts: Facts, audit_log: AuditLog, get_rates: GetRates) -> None:
        self._facts, self._audit_log, self._get_rates = facts, audit_log, get_rates

    async def __call__(self, task_id: str) -> Explanation:
        facts = await self._facts.of(task_id)
        pauses = concerning(facts.task.queue, facts.task.type, facts.pauses)
        explanation = explain_task(facts, await authors_of(self._audit_log, pauses, facts.task))
        if not needs_rates(explanation):
            return explanation
        return estimate_claim(explanation, facts, await self._get_rates())
