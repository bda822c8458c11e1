"""The schedule against cronsim, which follows the same rule in zones whose clocks change by whole hours."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from hypothesis import given, settings
from hypothesis import strategies as st

from backstage.domain.cron import CronSchedule
from backstage.domain.errors import InvalidTaskDataError

ZONES = ["UTC", "Europe/Berlin", "Europe/London", "America/New_York", "Australia/Sydney", "Asia/Kolkata"]


@st.composite
def items(draw: st.DrawFn, least: int, most: int, plain_steps: bool) -> str:
    low = draw(st.integers(least, most - 1))
    step = draw(st.integers(1, most - least))
    shapes = [f"{low}", f"{draw(st.integers(low + 1, most))}", f"{low}-{draw(st.integers(low + 1, most))}"]
    shapes += [f"{shapes[-1]}/{step}", f"*/{step}", *([f"{low}/{step}"] if plain_steps else [])]
    return draw(st.sampled_from(shapes))


def fields(least: int, most: int, *special: str, plain_steps: bool = True) -> st.SearchStrategy[str]:
    lists = st.lists(items(least, most, plain_steps), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), lists, *(st.just(text) for text in special))


expressions = st.tuples(
    fields(0, 59),
    fields(0, 23),
    fields(1, 31, "L"),
    fields(1, 12, "JAN-MAR", "OCT,MAR"),
    fields(0, 7, "MON-FRI", "SUN", "5L", "0L", "TUE#1", "0#2,3#5", plain_steps=False),
).map(" ".join)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
around_changes = st.builds(
    lambda year, month, day, minute: datetime(year, month, day, tzinfo=UTC) + timedelta(minutes=minute),
    st.integers(2008, 2037),
    st.sampled_from([3, 4, 10, 11]),
    st.integers(1, 30),
    st.integers(0, 1440),
)


def ticks_of_cronsim(expression: str, zone: str, after: datetime, wanted: int) -> list[datetime]:
    """Its ticks in UTC: later ones only, and one where several times of a gap move to its end."""
    ticks: list[datetime] = []
    for local in CronSim(expression, after.astimezone(ZoneInfo(zone))):
        tick = local.astimezone(UTC)
        if tick > after and tick not in ticks:
            ticks.append(tick)
        if len(ticks) == wanted:
            break
    return ticks


@settings(max_examples=300, deadline=None, derandomize=True)
@given(expressions, st.sampled_from(ZONES), st.one_of(moments, around_changes))
def test_ticks_are_those_of_cronsim(expression: str, zone: str, after: datetime) -> None:
    try:
        schedule = CronSchedule.parse(expression, zone)
    except InvalidTaskDataError as error:
        assert "never fires" in str(error)
        with suppress(CronSimError):
            assert ticks_of_cronsim(expression, zone, after, 1) == []
        return
    ours = [schedule.next_after(after)]
    while len(ours) < 4:
        ours.append(schedule.next_after(ours[-1]))
    assert ours == ticks_of_cronsim(expression, zone, after, 4)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(expressions, st.sampled_from(ZONES), around_changes, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_last_tick_found_by_halving_is_the_last_one_counted(
    expression: str, zone: str, after: datetime, span: timedelta
) -> None:
    try:
        schedule = CronSchedule.parse(expression, zone)
    except InvalidTaskDataError:
        return
    counted = schedule.ticks_between(after, after + span, 5000)
    assert schedule.last_between(after, after + span) == (counted[-1] if counted else None)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=40), st.text("0123456789*/,-#?LWRH @every", max_size=30)), st.text(max_size=20))
def test_any_text_is_a_schedule_or_a_clear_error(expression: str, zone: str) -> None:
    for time_zone in ("UTC", zone):
        try:
            schedule = CronSchedule.parse(expression, time_zone)
        except InvalidTaskDataError as error:
            assert [each.field for each in error.fields] in (["schedule"], ["time_zone"])
        else:
            assert schedule.next_after(datetime(2026, 1, 1, tzinfo=UTC)) > datetime(2026, 1, 1, tzinfo=UTC)
