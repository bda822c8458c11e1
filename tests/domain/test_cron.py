"""What a schedule accepts, when it ticks, and what it refuses with which advice."""

from __future__ import annotations

import pickle
import time
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from backstage.domain.cron import CronSchedule
from backstage.domain.cron_fields import HORIZON_YEARS
from backstage.domain.errors import InvalidTaskDataError

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
BERLIN = ZoneInfo("Europe/Berlin")


def walls(schedule: CronSchedule, after: datetime, until: datetime) -> list[str]:
    """The ticks as a clock in the schedule's zone shows them, with the offset."""
    zone = ZoneInfo(schedule.time_zone)
    return [f"{tick.astimezone(zone):%d %H:%M%z}" for tick in schedule.ticks_between(after, until, 1000)]


def test_a_tick_is_strictly_later_than_the_moment() -> None:
    schedule = CronSchedule.parse("0 12 * * *")
    assert schedule.next_after(START) == START + timedelta(days=1)
    assert schedule.next_after(START - timedelta(microseconds=1)) == START


def test_a_moment_in_any_zone_gives_a_tick_in_utc() -> None:
    tick = CronSchedule.parse("*/5 * * * *").next_after(START.astimezone(timezone(timedelta(hours=9))))
    assert (tick, tick.tzinfo) == (START + timedelta(minutes=5), UTC)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(InvalidTaskDataError, match="moment: has no time zone"):
        CronSchedule.parse("* * * * *").next_after(START.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("@hourly", "2026-11-23 13:00"),
        ("@daily", "2026-11-24 00:00"),
        ("@midnight", "2026-11-24 00:00"),
        ("@weekly", "2026-11-29 00:00"),
        ("@monthly", "2026-12-01 00:00"),
        ("@yearly", "2027-01-01 00:00"),
        ("@Annually", "2027-01-01 00:00"),
        ("  30\t9 * *  mon-fri ", "2026-11-24 09:30"),
        ("0 0 ? * SUN", "2026-11-29 00:00"),
        ("0 0 * * 7", "2026-11-29 00:00"),
        ("0 0 * * 5-7/2", "2026-11-27 00:00"),
        ("5/20 13 * * *", "2026-11-23 13:05"),
        ("0 0 1 feb *", "2027-02-01 00:00"),
        ("0 0 L * *", "2026-11-30 00:00"),
        ("0 0 L 2 *", "2027-02-28 00:00"),
        ("0 0 * * FRI#1", "2026-12-04 00:00"),
        ("0 0 * * 5L", "2026-11-27 00:00"),
        ("0 0 * * 7L", "2026-11-29 00:00"),
        ("0 0 * * FRIL", "2026-11-27 00:00"),
        ("0 0 * * sunL", "2026-11-29 00:00"),
        ("0 0 * * FRI-SUN", "2026-11-27 00:00"),
        ("0 0 * * SAT-SUN", "2026-11-28 00:00"),
        ("0 0 * * fri-sun/2", "2026-11-27 00:00"),
        ("0 0 * * 6-SUN", "2026-11-28 00:00"),
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("every 30s", "2026-11-23 12:00:30"),
        ("every 5m", "2026-11-23 12:05"),
        ("Every 6h", "2026-11-23 18:00"),
    ],
)
def test_the_next_tick_of_each_accepted_form(expression: str, expected: str) -> None:
    assert CronSchedule.parse(expression).next_after(START) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_day_and_weekday_are_alternatives_unless_one_begins_with_a_star() -> None:
    until = START + timedelta(days=21)
    either = CronSchedule.parse("0 0 1 * SUN").ticks_between(START, until, 9)
    both = CronSchedule.parse("0 0 */2 * SUN").ticks_between(START, until, 9)
    assert [tick.day for tick in either] == [29, 1, 6, 13]
    assert [tick.day for tick in both] == [29, 13]


def test_a_leap_day_is_found_across_the_year_2100() -> None:
    schedule = CronSchedule.parse("0 0 29 2 *")
    assert schedule.next_after(datetime(2096, 3, 1, tzinfo=UTC)) == datetime(2104, 2, 29, tzinfo=UTC)


def test_the_horizon_holds_the_longest_gap_that_any_date_can_have() -> None:
    leap_sundays = CronSchedule.parse("0 0 29 2 */7").ticks_between(START, START + timedelta(days=146_097), 100)
    assert max(later.year - earlier.year for earlier, later in pairwise(leap_sundays)) == HORIZON_YEARS


def test_a_tick_that_would_lie_beyond_the_calendar_is_an_error() -> None:
    with pytest.raises(InvalidTaskDataError, match="does not fire again after 9998-06-01"):
        CronSchedule.parse("0 0 1 1 *").next_after(datetime(9998, 6, 1, tzinfo=UTC))
    with pytest.raises(InvalidTaskDataError, match="does not fire again"):
        CronSchedule.parse("every 8784h").next_after(datetime(9999, 12, 29, tzinfo=UTC))


def test_intervals_are_multiples_since_the_epoch_whoever_asks() -> None:
    schedule = CronSchedule.parse("every 7m", "Asia/Kathmandu")
    ticks = schedule.ticks_between(START, START + timedelta(hours=1), 100)
    assert all(tick.timestamp() % 420 == 0 for tick in ticks)
    assert {later - earlier for earlier, later in pairwise(ticks)} == {timedelta(minutes=7)}


def test_ticks_between_leaves_out_its_start_has_its_end_and_keeps_the_limit() -> None:
    schedule = CronSchedule.parse("every 10m")
    until = START + timedelta(minutes=30)
    assert schedule.ticks_between(START, until, 9) == [START + timedelta(minutes=n) for n in (10, 20, 30)]
    assert schedule.ticks_between(START, until, 2) == [START + timedelta(minutes=n) for n in (10, 20)]
    assert schedule.ticks_between(until, START, 9) == []


def test_the_last_tick_of_years_of_seconds_is_found_at_once() -> None:
    schedule = CronSchedule.parse("every 1s")
    assert schedule.last_between(START, START + timedelta(days=36_500, milliseconds=5)) == START + timedelta(
        days=36_500
    )


def test_a_schedule_survives_pickling_and_equals_one_parsed_again() -> None:
    schedule = CronSchedule.parse("0  9 * * *", "Europe/Berlin")
    assert pickle.loads(pickle.dumps(schedule)) == schedule == CronSchedule.parse("0 9 * * *", "Europe/Berlin")
    assert pickle.loads(pickle.dumps(schedule)).next_after(START) == schedule.next_after(START)


# -- the nights when clocks change: Berlin skips 02:00-03:00 on 2026-03-29 and repeats it on 2026-10-25 ----------


SPRING = (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
AUTUMN = (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 2 * * *", ["29 03:00+0200"]),  # moved to the end of the gap
        ("15,30,45 2 * * *", ["29 03:00+0200"]),  # three times of one gap are one tick
        ("0 2,3 * * *", ["29 03:00+0200"]),  # and the same as the tick that was due then anyway
        ("30 1,3 * * *", ["29 01:30+0100", "29 03:30+0200"]),
        ("*/30 2 * * *", []),  # elapsed: no clock showed it
        ("30 */2 * * *", [f"29 {hour:02}:30+0{1 + (hour > 2)}00" for hour in (0, *range(4, 24, 2))]),
        ("@daily", ["30 00:00+0200"]),
    ],
)
def test_on_the_spring_night(expression: str, expected: list[str]) -> None:
    assert walls(CronSchedule.parse(expression, "Europe/Berlin"), *SPRING) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 2 * * *", ["25 02:30+0200"]),  # once, the first time
        ("0,30 2-3 * * *", ["25 02:00+0200", "25 02:30+0200", "25 03:00+0100", "25 03:30+0100"]),
        ("*/30 2 * * *", ["25 02:00+0200", "25 02:30+0200", "25 02:00+0100", "25 02:30+0100"]),  # elapsed: both
        ("@daily", ["26 00:00+0100"]),
    ],
)
def test_on_the_autumn_night(expression: str, expected: list[str]) -> None:
    assert walls(CronSchedule.parse(expression, "Europe/Berlin"), *AUTUMN) == expected


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
def test_every_five_minutes_is_every_five_minutes_in_any_night(night: tuple[datetime, datetime]) -> None:
    ticks = CronSchedule.parse("*/5 * * * *", "Europe/Berlin").ticks_between(*night, 1000)
    assert {later - earlier for earlier, later in pairwise(ticks)} == {timedelta(minutes=5)}


def test_asked_within_the_repeated_hour_a_time_of_day_does_not_come_again() -> None:
    schedule = CronSchedule.parse("30 2 * * *", "Europe/Berlin")
    second_pass = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=BERLIN)
    assert schedule.next_after(second_pass) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


# -- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "advice"),
    [
        ("", "is empty"),
        (" \t ", "is empty"),
        ("hourly", "has 1 field instead of 5"),
        ("* * * *", "has 4 fields instead of 5"),
        ("* * * * * *", "has 6 fields instead of 5.*every 30s"),
        ("0 0 1 1 * 0 2030", "has 7 fields"),
        ("0 30 9 * * MON-FRI", "leave out the seconds: 30 9 \\* \\* mon-fri"),
        ("*/30 * * * * *", "every 30s"),
        ("CRON_TZ=Europe/Berlin 0 3 * * *", "names a time zone.*--tz"),
        ("TZ=UTC 0 3 * * *", "names a time zone.*--tz"),
        ("0 3 * * * Europe/Berlin", "names a time zone.*--tz"),
        ("0 3 * * * America/Argentina/Buenos_Aires", "names a time zone.*--tz"),
        ("0 3 * * * UTC", "names a time zone.*--tz"),
        ("every 1d", "write every 24h"),
        ("every 2 days", "write every 48h"),
        ("* * * * 5-0", "write 5-7"),
        ("* * * * 6-0", "write 6-7"),
        ("R * * * *", "random"),
        ("0 R(0-5) * * *", "random"),
        ("H/5 * * * *", "random"),
        ("@reboot", "enqueue the task when your program starts"),
        ("@every 5m", "write, for instance, every 5m"),
        ("@fortnightly", "use one of @yearly"),
        ("1-1 * * * *", "'1-1', one value to some crons and all of them to others: write 1 or"),
        ("* * * * SUN-SUN", "'sun-sun', one value to some crons"),
        ("* * * JAN-1 *", "'jan-1', one value to some crons"),
        ("* 22-2 * * *", "'22-2', which runs backwards"),
        ("* * * * FRI-MON", "runs backwards"),
        ("* * * NOV-FEB *", "runs backwards"),
        ("61 * * * *", "'61' in the minute field, which holds 0 to 59"),
        ("* 24 * * *", "'24' in the hour field, which holds 0 to 23"),
        ("* * 0 * *", "'0' in the day-of-month field, which holds 1 to 31"),
        ("* * * 13 *", "holds 1 to 12 or JAN to DEC"),
        ("* * * * 8", "holds 0 to 7 or SUN to SAT"),
        ("* * * * DIM", "holds 0 to 7 or SUN to SAT"),
        ("0-99999999 * * * *", "holds 0 to 59"),
        ("*/0 * * * *", "'\\*/0', where a minute allows 1 to 60"),
        ("*/90 * * * *", "'\\*/90', where a minute allows 1 to 60"),
        ("59/1 * * * *", "'59/1', one minute to some crons and all of them to others: write 59 or"),
        ("* * * dec/3 *", "'dec/3', one month to some crons"),
        ("* * * * 1/2", "write a range, as in 1-5/2"),
        ("* * * * MON,FRI#1", "mixes plain weekdays with 'fri#1'"),
        ("* * * * FRI#6", "not a number, name, range or step"),
        ("* * 15W * *", "not a number, name, range or step"),
        ("*-5 * * * *", r"write \* or a range"),
        ("-5 * * * *", "not a number, name, range or step"),
        ("1,,2 * * * *", "not a number, name, range or step"),
        ("? * * * *", "not a number, name, range or step"),
        ("0 0 31 2 *", "never fires"),
        ("0 0 30 2 *", "never fires"),
        ("0 0 31 2,4,6,9,11 *", "never fires"),
        (",".join(["1"] * 61) + " * * * *", "lists 61 minutes: list at most 60"),
        ("0 " * 200, "is 400 characters long, the limit is 256"),
        ("0 0\0 * * *", "other than printable ASCII"),
        ("٣ * * * *", "other than printable ASCII"),
        ("0\u00a00 * * *", "other than printable ASCII"),
        ("0 0 * * *\n* * * * *", "other than printable ASCII"),
        ("every 0s", "from 1s to 8784h"),
        ("every 8785h", "from 1s to 8784h"),
        ("every 1.5h", "as in every 30s"),
        ("every 5 minutes", "as in every 30s"),
        ("every5m", "as in every 30s"),
    ],
)
def test_a_bad_expression_is_refused_in_one_sentence(expression: str, advice: str) -> None:
    with pytest.raises(InvalidTaskDataError, match=advice) as caught:
        CronSchedule.parse(expression)
    [error] = caught.value.fields
    assert error.field == "schedule"
    assert len(error.message) < 200
    assert "\n" not in error.message


def test_a_time_that_only_ever_falls_into_a_gap_is_refused() -> None:
    last_sunday_of_march = "*/5 2 25-31 3 */7"
    CronSchedule.parse(last_sunday_of_march, "America/New_York")
    with pytest.raises(InvalidTaskDataError, match="never fires"):
        CronSchedule.parse(last_sunday_of_march, "Europe/Berlin")


@pytest.mark.parametrize(
    "time_zone",
    ["", "Mars/Olympus", "America", "localtime", "posixrules", "../etc/passwd", "UTC\0", "+02:00", "A" * 99],
)
def test_an_unknown_zone_is_refused(time_zone: str) -> None:
    with pytest.raises(InvalidTaskDataError, match="is not a time zone: use an IANA name"):
        CronSchedule.parse("* * * * *", time_zone)


def test_the_dearest_refusals_take_milliseconds() -> None:
    def seconds(expression: str) -> float:
        begun = time.process_time()
        with pytest.raises(InvalidTaskDataError):
            CronSchedule.parse(expression, "Europe/Berlin")
        return time.process_time() - begun

    for expression in ("0 0 31 2 *", "0 0 31 2,4,6,9,11 *", "*/5 2 25-31 3 */7", "* " * 200):
        assert min(seconds(expression) for _ in range(5)) < 0.05
