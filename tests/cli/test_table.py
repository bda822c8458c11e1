from __future__ import annotations

import pytest

from backstage.cli.plain_table import plain_table
from backstage.cli.terminal_table import terminal_table

COLUMNS = ("id", "number", "error")
ROWS = [["a", "1", ""], ["日本é", "1,000", "so long an error that it is not cut"], ["ü", "", "x  y"]]


def test_a_plain_table_holds_whole_texts_in_columns() -> None:
    assert plain_table(COLUMNS, [["a", "1", "x"], ["long", "1,000", ""]], {"number"}).splitlines() == [
        "id    number  error",
        "a          1  x    ",
        "long   1,000       ",
    ]


@pytest.mark.parametrize("rows", [[], ROWS])
def test_a_file_gets_the_table_that_a_wide_terminal_shows(
    rows: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    assert plain_table(COLUMNS, rows, {"number"}) == terminal_table(COLUMNS, rows, {"number"})


def test_on_a_terminal_states_have_colours_and_no_color_takes_them_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    table = terminal_table(("id", "state"), [["a", "failed"], ["b", "pending"]], ())
    assert "\x1b[31mfailed" in table
    assert "\x1b[31m" not in terminal_table(("id", "error"), [["a", "failed"]], ())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in terminal_table(("id", "state"), [["a", "failed"]], ())
