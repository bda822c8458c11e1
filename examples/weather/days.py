"""Four years of Seattle's weather, day by day: public-domain NOAA data from the package vega_datasets."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.metadata import distribution
from itertools import groupby
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Day:
    """Temperatures are °C, `rain` is mm of precipitation, `wind` is m/s; `date` is YYYY-MM-DD."""

    date: str
    rain: float
    high: float
    low: float
    wind: float
    sky: str


def read_days() -> list[Day]:
    """All days, in order. Raises PackageNotFoundError when vega_datasets is not installed."""
    # Located, not imported: importing the package loads all of pandas, and this is one CSV file.
    path = Path(str(distribution("vega_datasets").locate_file("vega_datasets/_data/seattle-weather.csv")))
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Day(
                date=row["date"].replace("/", "-"),
                rain=float(row["precipitation"]),
                high=float(row["temp_max"]),
                low=float(row["temp_min"]),
                wind=float(row["wind"]),
                sky=row["weather"],
            )
            for row in csv.DictReader(file)
        ]


def by_month(days: list[Day]) -> dict[str, list[Day]]:
    """The days of each month, keyed YYYY-MM."""
    return {month: list(group) for month, group in groupby(days, key=lambda day: day.date[:7])}
