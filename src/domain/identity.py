"""Who asks, and what that person or program may do."""

from __future__ import annotations

from enum import StrEnum

from backstage.domain.deferred_dataclass import dataclass


class Role(StrEnum):
    """Each role may do what the ones before it may."""

    VIEWER = "viewer"
    """May look."""
    OPERATOR = "operator"
    """May enqueue, cancel, retry, pause and resume: what keeps tasks going."""
    ADMIN = "admin"
    """May delete what is stored, and decide who else may do what."""

    def includes(self, other: Role) -> bool:
        """Whether who has this role may do what the other one may."""
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `name` is what the audit log shows; without `may_read_payloads`, payloads and results are hidden."""

    name: str
    role: Role
    may_read_payloads: bool = True
