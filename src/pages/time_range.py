"""How far back a page looks: an hour, a day, a week, a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from backstage.pages.figures import SPACE
from backstage.pages.visit import Visit

RANGES = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
_WORDS = {"1h": "hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}


@dataclass(frozen=True, slots=True)
class TimeRange:
    name: str
    since: datetime

    @property
    def words(self) -> str:
        return f"the last {_WORDS[self.name]}"

    @classmethod
    def asked(cls, visit: Visit, otherwise: str) -> TimeRange:
        name = visit.asked("range")
        name = name if name in RANGES else otherwise
        return cls(name, visit.now - RANGES[name])

    def choices(self, otherwise: str) -> list[tuple[str, str]]:
        """As the segmented control takes them; the one that is shown by itself needs no parameter."""
        return [("" if name == otherwise else name, spaced(name)) for name in RANGES]


def spaced(name: str) -> str:
    """`24 h`."""
    return f"{name[:-1]}{SPACE}{name[-1]}"
