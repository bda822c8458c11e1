"""What one month's days amount to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import fsum

from examples.weather.days import Day

_WET_MM = 1.0


@dataclass(frozen=True, slots=True)
class Month:
    """`month` is YYYY-MM; temperatures are °C, `rain` is mm; a wet day has at least 1 mm."""

    month: str
    days: int
    mean_high: float
    mean_low: float
    hottest: float
    hottest_on: str
    coldest: float
    coldest_on: str
    rain: float
    wet_days: int
    longest_dry_spell: int
    strongest_wind: float
    skies: dict[str, int]


def summarise_month(month: str, days: list[Day]) -> Month:
    hottest = max(days, key=lambda day: day.high)
    coldest = min(days, key=lambda day: day.low)
    return Month(
        month=month,
        days=len(days),
        mean_high=round(fsum(day.high for day in days) / len(days), 2),
        mean_low=round(fsum(day.low for day in days) / len(days), 2),
        hottest=hottest.high,
        hottest_on=hottest.date,
        coldest=coldest.low,
        coldest_on=coldest.date,
        rain=round(fsum(day.rain for day in days), 1),
        wet_days=sum(day.rain >= _WET_MM for day in days),
        longest_dry_spell=_longest_dry_spell(days),
        strongest_wind=max(day.wind for day in days),
        skies=dict(sorted(Counter(day.sky for day in days).items())),
    )


def _longest_dry_spell(days: list[Day]) -> int:
    longest = current = 0
    for day in days:
        current = 0 if day.rain >= _WET_MM else current + 1
        longest = max(longest, current)
    return longest
