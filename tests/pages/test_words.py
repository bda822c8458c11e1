from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.domain.shown_state import shown_state
from backstage.pages.figures import brief, number, percent, size
from backstage.pages.moments import age, duration, relative, wait
from backstage.pages.sentences import with_times
from backstage.testing.fake_clock import FakeClock

NOW = datetime(2026, 11, 27, 14, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0.4 ms"),
        (0.0135, "13.5 ms"),
        (0.22, "220 ms"),
        (0.9996, "1 s"),
        (1.42, "1.42 s"),
        (42.0, "42 s"),
        (59.97, "1 min"),
        (188.0, "3 min 8 s"),
        (7800.0, "2 h 10 min"),
        (1_051_200.0, "12 d 4 h"),
        (None, "—"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text.replace(" ", "\N{NO-BREAK SPACE}")


def test_an_age_has_one_unit_and_a_wait_no_fractions() -> None:
    assert [age(4.9), age(600.0), age(90_000.0)] == ["4\xa0s", "10\xa0min", "1\xa0d"]
    assert [wait(4.4), wait(134.0)] == ["4\xa0s", "2\xa0min\xa014\xa0s"]


def test_a_moment_is_told_by_its_distance_and_later_by_its_day() -> None:
    assert relative(NOW - timedelta(minutes=10), NOW) == "10\xa0min ago"
    assert relative(NOW + timedelta(hours=3), NOW) == "in 3\xa0h"
    assert relative(NOW - timedelta(days=3), NOW) == "24\xa0Nov"
    assert relative(NOW - timedelta(days=400), NOW) == "23\xa0Oct 2025"


def test_numbers_are_short_enough_to_be_read() -> None:
    assert [number(4312), number(1_204_318), number(None)] == ["4,312", "1.2\xa0M", "—"]
    assert [percent(0.027), percent(0.0), percent(0.0001)] == ["2.7\xa0%", "0\xa0%", "<\xa00.1\xa0%"]
    assert [size(212), size(1_400_000)] == ["212\xa0B", "1.4\xa0MB"]
    assert [brief(853), brief(1026), brief(3_000_000)] == ["853", "1k", "3M"]


def test_a_pending_task_is_told_apart_by_what_it_waits_for(new_task: TaskFactory, clock: FakeClock) -> None:
    now = clock.now()
    assert shown_state(new_task(), now) == "pending"
    assert shown_state(new_task(scheduled_at=now + timedelta(hours=1)), now) == "scheduled"


def test_sentences_set_commands_apart_and_write_durations_as_the_pages_do() -> None:
    now = datetime(2026, 11, 27, 14, 32, tzinfo=UTC)
    told = with_times(
        "Start one with backstage worker --queues mail, or backstage move a. 5 tasks wait, for 2m 5s.", now
    )
    assert told == (
        "Start one with <code>backstage worker --queues mail</code>, or <code>backstage move a</code>. "
        "5 tasks wait, for 2\N{NO-BREAK SPACE}min\N{NO-BREAK SPACE}5\N{NO-BREAK SPACE}s."
    )
    assert with_times("Run backstage worker --handlers shop.tasks.", now).count("<code>") == 1
    assert with_times("<b> for 3x", now) == "&lt;b&gt; for 3x"
