"""Months put together to years, and the years as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import fsum

from examples.weather.month import Month


@dataclass(frozen=True, slots=True)
class Year:
    """Temperatures are °C, `rain` is mm."""

    year: str
    mean: float
    hottest: float
    hottest_on: str
    coldest: float
    coldest_on: str
    rain: float
    wet_days: int
    wettest_month: str


def summarise_years(months: list[Month]) -> list[Year]:
    """`months` are in order."""
    return [_summarise(year, list(group)) for year, group in groupby(months, key=lambda month: month.month[:4])]


def table_of(years: list[Year]) -> Iterator[str]:
    """The lines of a table for a terminal."""
    yield "year   mean °C   hottest             coldest             rain mm   wet days   wettest"
    for each in years:
        yield (
            f"{each.year}   {each.mean:7.1f}   {each.hottest:5.1f} on {each.hottest_on}"
            f" {each.coldest:5.1f} on {each.coldest_on}   {each.rain:7.1f}   {each.wet_days:8}   {each.wettest_month}"
        )


def _summarise(year: str, months: list[Month]) -> Year:
    days = sum(month.days for month in months)
    hottest = max(months, key=lambda month: month.hottest)
    coldest = min(months, key=lambda month: month.coldest)
    return Year(
        year=year,
        mean=round(fsum((month.mean_high + month.mean_low) / 2 * month.days for month in months) / days, 1),
        hottest=hottest.hottest,
        hottest_on=hottest.hottest_on,
        coldest=coldest.coldest,
        coldest_on=coldest.coldest_on,
        rain=round(fsum(month.rain for month in months), 1),
        wet_days=sum(month.wet_days for month in months),
        wettest_month=max(months, key=lambda month: month.rain).month,
    )
