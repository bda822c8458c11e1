"""The same example on each URL: nothing else changes, and neither does what it prints."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, blocks
from tests.docs.test_snippets import run

DEFAULT_URL = "sqlite:///backstage.db"


@pytest.mark.parametrize("store", ["postgres_url", "redis_url"])
@pytest.mark.parametrize("number", [0, 1], ids=["with a worker", "from an API layer"])
def test_an_example_of_the_readme_prints_the_same_on(
    request: pytest.FixtureRequest, store: str, number: int, tmp_path: Path
) -> None:
    block = list(blocks(ROOT / "README.md", "python"))[number]
    assert DEFAULT_URL in block.code
    script = tmp_path / "example.py"
    script.write_text(block.code.replace(DEFAULT_URL, request.getfixturevalue(store)), encoding="utf-8")
    assert run([sys.executable, script.name], tmp_path) == block.output


async def test_the_example_of_a_transaction_of_ones_own_prints_what_it_says(postgres_url: str, tmp_path: Path) -> None:
    [block] = blocks(ROOT / "docs" / "postgresql.md", "py")  # not `python`: those run without a server
    script = tmp_path / "example.py"
    script.write_text(block.code.replace("postgresql://backstage@localhost/shop", postgres_url), encoding="utf-8")
    assert block.output is not None
    assert run([sys.executable, script.name], tmp_path) == block.output
