"""The pages for those who come from another system: nothing of theirs is left out, and all of ours is there."""

from __future__ import annotations

import re

import pytest

from tests.docs.markdown import ROOT
from tests.docs.our_names import is_ours
from tests.docs.seed_options import OPTIONS

FOLDER = ROOT / "docs" / "coming-from"
_CODE = re.compile(r"`([^`]+)`")


def cells(page: str, column: int) -> list[str]:
    """The code in that column of every table of the page."""
    rows = [line.strip("|").split(" | ") for line in text(page).splitlines() if line.startswith("| ")]
    return [code for row in rows if len(row) > column for code in _CODE.findall(row[column])]


def text(page: str) -> str:
    return (FOLDER / f"{page}.md").read_text(encoding="utf-8")


def test_every_page_is_checked() -> None:
    assert {page.stem for page in FOLDER.glob("*.md")} == set(OPTIONS)


@pytest.mark.parametrize("page", OPTIONS)
def test_every_option_of_theirs_has_a_row(page: str) -> None:
    assert set(OPTIONS[page].split()) - set(cells(page, 0)) == set()


@pytest.mark.parametrize("page", OPTIONS)
def test_what_is_called_ours_is_there(page: str) -> None:
    named = cells(page, 1)
    assert len(named) > 15
    assert [code for code in named if not is_ours(code)] == []
