from __future__ import annotations

from typing import Protocol

from backstage.domain.bulk_operation import BulkOperation


class BulkOperations(Protocol):
    """Plans and operations on many tasks: few, and small. Errors are those of TaskRepository."""

    async def save(self, operation: BulkOperation) -> bool:
        """Store it if the stored version is `operation.version - 1`; one of version 1 if there is none of that id.

        False if somebody else was first, and then nothing is changed.
        """
        ...

    async def find(self, operation_id: str) -> BulkOperation | None: ...

    async def all(self) -> list[BulkOperation]:
        """The newest plan first."""
        ...

    async def delete(self, operation_id: str) -> None: ...
