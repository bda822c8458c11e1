from __future__ import annotations

from backstage.domain.bulk_operation import DEFAULT_RATE, BulkOperation, BulkState
from backstage.domain.errors import BulkNotFoundError, InvalidTaskDataError
from backstage.domain.limits import shown
from backstage.domain.ports.bulk_operations import BulkOperations
from backstage.domain.ports.clock import Clock

_GREATEST_RATE = 100_000.0


class StartBulk:
    """Start what was planned. `run_bulk` then does it, or else a worker, within seconds.

    Starting it again changes nothing. `rate` is how many tasks are changed per second, at most. Raises
    BulkNotFoundError for a plan that is older than an hour, and InvalidTaskDataError for a rate that is none.
    """

    def __init__(self, bulk_operations: BulkOperations, clock: Clock) -> None:
        self._operations, self._clock = bulk_operations, clock

    async def __call__(self, digest: str, rate: float = DEFAULT_RATE, started_by: str = "") -> BulkOperation:
        if not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 < rate <= _GREATEST_RATE:
            raise InvalidTaskDataError.of("rate", f"{shown(rate)} is not a number of tasks per second above 0")
        while True:
            now, operation = self._clock.now(), await self._operations.find(digest)
            if operation is None or (operation.state is BulkState.PLANNED and not operation.holds(now)):
                raise BulkNotFoundError(digest)
            if operation.state is not BulkState.PLANNED:
                return operation
            started = operation.started(started_by, float(rate), now)
            if await self._operations.save(started):
                return started
