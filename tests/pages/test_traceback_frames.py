from __future__ import annotations

from backstage.pages.traceback_frames import frames_of
from tests.pages.scene import TRACEBACK


def test_own_frames_stand_first_innermost_first_and_libraries_apart() -> None:
    frames = frames_of(TRACEBACK)
    assert [(each.function, each.line) for each in frames.own] == [("render_invoice", 88), ("render", 31)]
    assert frames.own[0].source == "page = pages.get_template(template)"
    assert [each.place for each in frames.library] == ["jinja2/loaders.py", "jinja2/environment.py"]
    assert frames.packages == "jinja2"


def test_of_chained_errors_the_one_that_was_raised_counts() -> None:
    chained = f"{TRACEBACK}\nDuring handling of the above exception, another exception occurred:\n\n" + (
        'Traceback (most recent call last):\n  File "/srv/app/last.py", line 3, in last\n    1 / 0\nZeroDivisionError'
    )
    assert [each.function for each in frames_of(chained).own] == ["last"]


def test_an_error_that_passed_through_libraries_alone_shows_them() -> None:
    text = (
        'Traceback (most recent call last):\n  File "/usr/lib/python3.11/json/decoder.py", line 1, in decode\n    x\nE'
    )
    assert [each.place for each in frames_of(text).own] == ["json/decoder.py"]


def test_a_text_without_frames_has_none() -> None:
    assert frames_of("no traceback at all").own == ()
