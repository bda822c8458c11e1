"""Bars of how many took how long, and what half of them took."""

from __future__ import annotations

from datetime import UTC, datetime

from backstage.domain.history import RUN_BOUNDS, HistoryPoint
from backstage.pages.histogram import longest_of, run_times

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
NONE = (0,) * (len(RUN_BOUNDS) + 1)


def test_bars_begin_and_end_beside_what_was_counted() -> None:
    counts = (0, 0, 0, 0, 10, 30, 0, 0, 0, 0, 0, 0)
    spread = run_times(HistoryPoint(at=NOON, runs=counts))
    assert spread is not None
    bars = [(span.short.replace("\N{NO-BREAK SPACE}", " "), span.number) for span in spread.spans]
    assert bars == [("25 ms", 0), ("100 ms", 0), ("250 ms", 0), ("500 ms", 10), ("1 s", 30), ("2.5 s", 0)]
    assert spread.sentence == "Up to 500\N{NO-BREAK SPACE}ms: 10, Up to 1\N{NO-BREAK SPACE}s: 30"
    assert max(span.height for span in spread.spans) == 124
    assert run_times(HistoryPoint(at=NOON, runs=NONE)) is None


def test_the_half_is_reckoned_within_the_span_that_it_lies_in() -> None:
    point = HistoryPoint(at=NOON, runs=(0, 0, 0, 0, 10, 10, 0, 0, 0, 0, 0, 0))
    assert point.run_within(0.5) == 0.5
    assert point.run_within(0.75) == 0.75
    assert point.wait_within(0.5) is None
    assert longest_of(0.95, point) == ("950\N{NO-BREAK SPACE}ms", "—")
    endless = HistoryPoint(at=NOON, runs=(*NONE[:-1], 1))
    assert longest_of(0.5, endless)[0] == "over\N{NO-BREAK SPACE}30\N{NO-BREAK SPACE}min"
