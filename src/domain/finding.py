"""What an examination of a store found."""

from __future__ import annotations

from enum import StrEnum

from backstage.domain.deferred_dataclass import dataclass


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do unless all is well."""

    name: str
    status: Severity
    detail: str
    remedy: str = ""
