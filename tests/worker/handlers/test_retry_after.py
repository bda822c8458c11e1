"""Reading the Retry-After header."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backstage.worker.handlers.retry_after import MAX_WAIT_SECONDS, seconds_to_wait

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("0", 1.0),
        ("99999999999999999999", MAX_WAIT_SECONDS),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 1.0),
        ("Sun, 01 Mar 2026 12:02:00 -0000", 120.0),
        ("Mon, 01 Mar 2027 12:00:00 GMT", MAX_WAIT_SECONDS),
        ("9" * 400, MAX_WAIT_SECONDS),
        ("00000000000000120", 120.0),
        ("Sun, 01 Mar 99999 12:00:00 GMT", None),
        ("Sun, 01 Mar 99999999999999999999 12:00:00 GMT", None),
        ("Sun, 99999999999999999999 Mar 2026 12:00:00 GMT", None),
        ("Sun, 01 Mar 2026 12:00:00 +99999999999", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 1.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_a_wait_is_read_and_bounded(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOON) == seconds
