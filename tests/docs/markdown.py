"""What the tests need of the project's Markdown: its files, its fenced blocks and its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"^```(?P<language>[a-z]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """`output` is what a `text` block right behind it says it prints."""

    place: str
    language: str
    code: str
    output: str | None


def pages() -> list[Path]:
    """Every Markdown file that belongs to the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


def blocks(page: Path, language: str) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    found = list(_FENCED.finditer(text))
    for block, after in zip_longest(found, found[1:]):
        if block["language"] != language:
            continue
        is_output = after is not None and after["language"] == "text" and not text[block.end() : after.start()].strip()
        line = text.count("\n", 0, block.start()) + 1
        output = after["code"] if after is not None and is_output else None
        yield Block(f"{page.relative_to(ROOT)}:{line}", language, block["code"], output)


def command(marker: str) -> str:
    """The command of the README that stands behind `<!-- marker -->`."""
    _, behind = (ROOT / "README.md").read_text(encoding="utf-8").split(f"<!-- {marker} -->\n")
    found = _FENCED.match(behind)
    assert found, marker
    return found["code"]


def prose(page: Path) -> str:
    """The text without its code."""
    return _CODE.sub("", page.read_text(encoding="utf-8"))


def table(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, row by row, without its own head."""
    section = f"\n{page.read_text(encoding='utf-8')}".split(f"\n{heading}\n", 1)[1]
    rows: list[list[str]] = []
    for line in section.splitlines():
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            break
    return rows[2:]
