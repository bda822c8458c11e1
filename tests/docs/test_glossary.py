"""The glossary has the words of the code, each once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "glossary.md").read_text()
ROWS = re.findall(r"^\| ([a-z][a-z ,]*) \| (.*) \|$", PAGE, re.M)
WORDS = [word for words, _ in ROWS for word in words.split(", ")]
CODE = "\n".join(file.read_text() for file in (ROOT / "src").rglob("*") if file.suffix in {".py", ".sql", ".lua"})


def test_no_word_has_two_meanings() -> None:
    assert sorted(WORDS) == sorted(set(WORDS))


@pytest.mark.parametrize("word", ["lane", "fence", "lease", "hint", "beat", "level", "line"])
def test_a_word_that_newcomers_ask_for_is_there(word: str) -> None:
    assert word in WORDS


def test_each_word_is_one_that_the_code_uses() -> None:
    code = CODE.lower().replace("_", " ")
    gone = [word for word in WORDS if not re.search(rf"\b{word}", code) and word.replace(" ", "") not in code]
    assert gone == []


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/index.md"])
def test_pages_lead_to_it(page: str) -> None:
    assert "glossary.md)" in (ROOT / page).read_text()
