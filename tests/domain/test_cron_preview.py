"""What a preview says of the nights when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backstage.domain.cron import CronSchedule
from backstage.domain.cron_preview import ClockChange, preview

HOUR = timedelta(hours=1)


def of(expression: str, after: datetime, count: int, zone: str = "Europe/Berlin") -> list[tuple[str, str | None, int]]:
    return [
        (f"{tick.local:%d %H:%M}", tick.change, round(tick.offset_change / HOUR))
        for tick in preview(CronSchedule.parse(expression, zone), after, count)
    ]


def test_an_ordinary_day_has_nothing_to_tell() -> None:
    [tick] = preview(CronSchedule.parse("30 2 * * *", "Asia/Kathmandu"), datetime(2026, 1, 1, tzinfo=UTC), 1)
    assert (tick.tick, tick.change, tick.offset_change) == (datetime(2026, 1, 1, 20, 45, tzinfo=UTC), None, timedelta())
    assert tick.local.isoformat() == "2026-01-02T02:30:00+05:45"


def test_a_time_that_is_left_out_is_told_as_moved() -> None:
    after = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert of("30 2 * * *", after, 2) == [("29 03:00", "moved", 1), ("30 02:30", None, 0)]


def test_a_tick_that_is_at_the_end_of_a_gap_anyway_was_not_moved() -> None:
    assert of("0 3 * * *", datetime(2026, 3, 28, 12, tzinfo=UTC), 1) == [("29 03:00", None, 1)]


def test_both_passes_of_a_repeated_hour_are_told() -> None:
    after = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    assert of("0 * * * *", after, 3) == [
        ("25 02:00", "first_of_two", 0),
        ("25 02:00", "second_of_two", -1),
        ("25 03:00", None, 0),
    ]
    assert of("30 2 * * *", after, 1) == [("25 02:30", "first_of_two", 0)]


def test_an_interval_is_never_moved() -> None:
    after = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert of("every 1h", after, 2) == [("29 03:00", None, 1), ("29 04:00", None, 0)]


@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Cairo"])
def test_a_daily_tick_is_moved_exactly_where_no_clock_shows_its_time(zone: str) -> None:
    for hour in range(4):
        schedule = CronSchedule.parse(f"15 {hour} * * *", zone)
        for tick in preview(schedule, datetime(2024, 1, 1, tzinfo=UTC), 800):
            is_shown = (tick.local.hour, tick.local.minute) == (hour, 15)
            assert (tick.change is ClockChange.MOVED) is not is_shown
