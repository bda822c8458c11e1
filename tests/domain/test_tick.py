"""The task of a tick is the same whoever makes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from backstage.domain.cron_task import CronTask
from backstage.domain.dedupe import Dedupe
from backstage.domain.limits import check_id
from backstage.domain.overlap import Overlap
from backstage.domain.tick import tick_id, tick_task

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=500), moments)
def test_the_id_is_a_valid_uuid_of_version_8(name: str, tick: datetime) -> None:
    made = UUID(check_id("id", tick_id(name, tick)))
    assert (made.version, made.variant) == (8, RFC_4122)
    assert tick_id(name, tick) == str(made)


def test_the_id_stays_what_it_was_in_earlier_releases() -> None:
    assert tick_id("nightly", NOON) == "01a20846-fe00-8e80-93a1-9095ca12dbaa"


@given(moments, moments)
def test_ids_sort_as_their_ticks_do_to_the_millisecond(one: datetime, other: datetime) -> None:
    if other - one >= timedelta(milliseconds=1):
        assert tick_id("nightly", one) < tick_id("nightly", other)


def test_names_and_ticks_have_ids_of_their_own() -> None:
    ids = {tick_id(name, NOON + timedelta(seconds=n)) for name in ("a", "b", "ab") for n in range(1000)}
    assert len(ids) == 3000


def test_the_task_is_due_at_its_tick_and_says_what_it_is_for() -> None:
    cron = CronTask("@hourly", "report:build", "reports", {"deep": True}, name="hourly", tags=["vip"], key="customer 7")
    task = tick_task(cron, NOON, NOON + timedelta(seconds=3))
    assert (task.type, task.queue, task.payload) == ("report:build", "reports", {"deep": True})
    assert (task.scheduled_at, task.created_at) == (NOON, NOON + timedelta(seconds=3))
    assert task.metadata == {"schedule": "hourly", "tick": "2026-11-23T12:00:00Z"}
    assert (task.tags, task.key) == (("vip",), "customer 7")
    assert task.id == task.correlation_id == task.workflow_id == tick_id("hourly", NOON)


@given(st.floats(0.001, 3600), st.integers(0, 10_000))
def test_jitter_delays_each_tick_by_a_part_that_is_always_the_same(jitter: float, hour: int) -> None:
    cron, tick = CronTask("@hourly", "t", jitter=jitter), NOON + timedelta(hours=hour)
    first, second = tick_task(cron, tick, NOON), tick_task(cron, tick, NOON + timedelta(days=1))
    assert first.scheduled_at == second.scheduled_at
    assert timedelta() <= first.scheduled_at - tick <= timedelta(seconds=jitter)


def test_jitter_spreads_the_ticks() -> None:
    cron = CronTask("@hourly", "t", jitter=60)
    delays = [
        (tick_task(cron, NOON + timedelta(hours=n), NOON).scheduled_at - NOON - timedelta(hours=n)).total_seconds()
        for n in range(600)
    ]
    for low in range(0, 60, 10):
        assert 60 < sum(low <= delay < low + 10 for delay in delays) < 140


def test_only_a_schedule_that_skips_gives_its_tasks_a_key() -> None:
    crons = {overlap: CronTask("@hourly", "t", name="n", overlap=overlap) for overlap in Overlap}
    keys = {overlap: tick_task(cron, NOON, NOON).dedupe for overlap, cron in crons.items()}
    assert keys == {Overlap.ALLOW: None, Overlap.SKIP: Dedupe("schedule:n"), Overlap.REPLACE: None}


def test_the_longest_name_makes_a_key_that_is_none_too_long() -> None:
    cron = CronTask("@hourly", "t", name="n" * 503, overlap=Overlap.SKIP)
    assert tick_task(cron, NOON, NOON).dedupe is not None
