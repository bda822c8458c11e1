from __future__ import annotations

import pytest

from backstage.domain.cron_words import in_words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("30 2 * * *", "Every day at 02:30"),
        ("*/15 8-17 * * 1-5", "Every 15 minutes from 08:00 to 18:00, Monday to Friday"),
        ("5 * * * *", "Every hour at 5 minutes past"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("* * * * *", "Every minute"),
        ("0 6 1 * *", "On the first day of the month at 06:00"),
        ("15 3 * * 0", "Every Sunday at 03:15"),
        ("every 30s", "Every 30 seconds"),
        ("every 1h", "Every hour"),
        ("@hourly", "Every hour"),
        ("0 0 l * *", "On the last day of the month at 00:00"),
        ("0 9 * * fri#2", "On the second Friday of the month at 09:00"),
        ("0 9 * * 5l", "On the last Friday of the month at 09:00"),
        ("0 8,12 * 1,6 *", "Every day in January and June at 08:00 and 12:00"),
        ("30 */2 * * *", "Every 2 hours at 30 minutes past"),
        ("0 0 13 * 5", "On the 13th of the month and every Friday at 00:00"),
    ],
)
def test_an_expression_is_told_in_words(expression: str, words: str) -> None:
    assert in_words(expression) == words
