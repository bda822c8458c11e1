"""The page that says which files a change takes names files that exist."""

from __future__ import annotations

import re

import pytest

from benchmarks.changes import CHANGES, GOALS
from tests.docs.markdown import ROOT


@pytest.mark.parametrize("change", CHANGES)
def test_every_file_that_a_change_takes_exists(change: str) -> None:
    missing = [path for path in CHANGES[change] if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("change", GOALS)
def test_a_change_takes_no_more_files_than_its_goal(change: str) -> None:
    assert len([path for path in CHANGES[change] if not path.startswith("docs/")]) <= GOALS[change]


def test_every_path_on_the_page_exists() -> None:
    page = (ROOT / "docs/changing-backstage.md").read_text()
    paths = re.findall(r"`((?:src|docs|tests|migrations)/[\w./-]+)`", page)
    assert [path for path in paths if not (ROOT / path).exists()] == []
