from __future__ import annotations

import pytest

from backstage.domain.failure import Failure
from backstage.domain.fingerprint import fingerprint


def failure(
    path: str = "/srv/shop/mail.py", line: int = 42, text: str = "raise ValueError(to)", message: str = "1"
) -> Failure:
    trace = (
        "Traceback (most recent call last):\n"
        f'  File "/usr/lib/python3.12/asyncio/tasks.py", line 7, in step\n    run()\n'
        f'  File "{path}", line {line}, in send\n    {text}\n    ^^^^^\n'
        '  File "/venv/lib/python3.12/site-packages/smtplib2/api.py", line 9, in post\n    raise ValueError\n'
        f"ValueError: {message}\n"
    )
    return Failure("ValueError", message, trace)


def test_the_line_is_the_last_one_of_the_applications_own_code() -> None:
    assert fingerprint("mail:send", failure()).line == "shop/mail.py:42 in send"


def test_messages_and_line_numbers_do_not_part_failures_of_one_cause() -> None:
    same = {fingerprint("mail:send", each).id for each in (failure(), failure(message="2"), failure(line=57))}
    assert len(same) == 1


@pytest.mark.parametrize(
    ("task_type", "other"),
    [
        ("mail:read", failure()),
        ("mail:send", Failure("KeyError", "1", failure().traceback)),
        ("mail:send", failure(text="raise ValueError(sender)")),
        ("mail:send", failure(path="/srv/shop/letters.py")),
        ("mail:send", Failure("ValueError", "1")),
    ],
)
def test_another_type_error_or_place_is_another_cause(task_type: str, other: Failure) -> None:
    assert fingerprint(task_type, other).id != fingerprint("mail:send", failure()).id


def test_a_failure_without_a_traceback_has_no_line() -> None:
    assert fingerprint("a", Failure("LeaseExpired", "worker w1 stopped")).line == ""


def test_where_all_frames_are_a_librarys_the_last_one_counts() -> None:
    only = 'Traceback (most recent call last):\n  File "/v/site-packages/lib/api.py", line 9, in post\n    x()\nE: 1\n'
    assert fingerprint("a", Failure("E", "1", only)).line == "lib/api.py:9 in post"


def test_a_real_error_is_known_again() -> None:
    def broken(text: str) -> None:
        raise LookupError(text)

    ids = []
    for text in ("one", "two"):
        try:
            broken(text)
        except LookupError as error:
            ids.append(fingerprint("a", Failure.of(error)))
    assert ids[0] == ids[1]
    assert ids[0].line.endswith("in broken")
