"""How long to wait before a failed task runs again: a pure function of the attempt."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_seconds


class BackoffKind(StrEnum):
    FIXED = "fixed"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a failed task waits: after attempt n `base`, `base * n` or `base * 2**(n - 1)` s, at most `cap`.

    `jitter` is the share of the delay that chance may take off, from 0 (none) to 1 ("full jitter" of the AWS
    article "Exponential Backoff And Jitter"); it only shortens, so the cap always holds.
    """

    kind: BackoffKind
    base: float
    cap: float
    jitter: float = 0.0

    def __post_init__(self) -> None:
        check_seconds("backoff.base", self.base)
        check_seconds("backoff.cap", self.cap)
        if not 0.0 <= self.jitter <= 1.0:
            raise InvalidTaskDataError.of("backoff.jitter", "must lie between 0 and 1")

    @classmethod
    def fixed(cls, base: float, *, jitter: float = 0.0) -> Backoff:
        return cls(BackoffKind.FIXED, base, base, jitter)

    @classmethod
    def linear(cls, base: float, *, cap: float = 3600.0, jitter: float = 0.0) -> Backoff:
        return cls(BackoffKind.LINEAR, base, cap, jitter)

    @classmethod
    def exponential(cls, base: float, *, cap: float = 3600.0, jitter: float = 0.0) -> Backoff:
        return cls(BackoffKind.EXPONENTIAL, base, cap, jitter)

    def delay(self, attempt: int, chance: float = 0.0) -> float:
        """Seconds to wait after `attempt` (from 1) failed; `chance` in [0, 1) is drawn by the caller."""
        match self.kind:
            case BackoffKind.FIXED:
                grown = self.base
            case BackoffKind.LINEAR:
                grown = self.base * attempt
            case BackoffKind.EXPONENTIAL:
                grown = self.base * 2.0 ** min(attempt - 1, 64)  # beyond 2**64 every cap is reached
        return min(grown, self.cap) * (1.0 - self.jitter * chance)

    def __str__(self) -> str:
        return f"{self.kind} {self.base!r} {self.cap!r} {self.jitter!r}"

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Backoff:
        """Return the backoff that `str` gave this text for."""
        kind, base, cap, jitter = text.split()
        return cls(BackoffKind(kind), float(base), float(cap), float(jitter))


DEFAULT_BACKOFF = Backoff.exponential(1.0, cap=300.0, jitter=0.1)
