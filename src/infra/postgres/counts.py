"""The statistics: changes that every move appends, and the counts that they are folded into (decision 0402)."""

from __future__ import annotations

import contextlib
from hashlib import blake2b

from backstage.domain.errors import StorageError
from backstage.domain.stats import Count
from backstage.infra.postgres.session import Runner, Session
from backstage.infra.postgres.statements import statement
from backstage.infra.unreadable_rows import count_of, readable

_FOLDED_AFTER = 500
"""Changes that this process appends before it folds some."""
_CALLS_OF_THE_IDLE = 6
"""How many calls of `fold_at_times` it takes where nothing was appended."""
_FOLDED_AT_ONCE = 20_000


class Counts:
    def __init__(self, runner: Runner, schema: str) -> None:
        self._runner = runner
        self._lock_number = int.from_bytes(
            blake2b(f"backstage counts {schema}".encode(), digest_size=8).digest(), signed=True
        )
        self._appended = self._calls = 0

    async def all(self) -> list[Count]:
        async def read(session: Session) -> list[Count]:
            rows = await session.fetch(statement("count_tasks"))
            return list(readable("a count", map(tuple, rows), count_of))

        return await self._runner.run(read)

    async def appended(self, changes: int) -> None:
        """Note that this process appended changes, and fold some now and then.

        Whoever appends folds, so they stay few also where nothing but a producer runs.
        """
        self._appended += changes
        if self._appended >= _FOLDED_AFTER:
            await self.fold()

    async def fold_at_times(self) -> None:
        """Fold what this process appended, at once, and what others did and died, now and then."""
        self._calls += 1
        if self._appended or self._calls % _CALLS_OF_THE_IDLE == 1:
            await self.fold()

    async def fold(self) -> None:
        """Fold what there is, unless another does; an error waits for the next time, for nothing is lost."""
        self._appended = 0

        async def fold(session: Session) -> None:
            await session.fetch(statement("fold_counts"), self._lock_number, _FOLDED_AT_ONCE)

        with contextlib.suppress(StorageError):
            await self._runner.run(fold)
