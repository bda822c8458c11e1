"""How many files the usual changes take, as the page for contributors lists them."""

from __future__ import annotations

import re
from pathlib import Path

from rich.table import Table

_PAGE = Path(__file__).resolve().parents[1] / "docs" / "changing-backstage.md"
GOALS = {"A field of Task": 12, "A use case": 2, "A setting": 3, "A loop": 2}
"""Beside the documentation."""


def _changes() -> dict[str, list[str]]:
    """The heading of each change, and the path that each point of its list begins with."""
    _, *sections = re.split(r"^## ", _PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return {section.partition("\n")[0]: re.findall(r"^\d+\. `([^`]+)`", section, re.MULTILINE) for section in sections}


CHANGES = _changes()


def changes() -> Table:
    table = Table("change", "files", "of them documentation", "goal for the others")
    for name, paths in CHANGES.items():
        documentation = sum(path.startswith("docs/") for path in paths)
        table.add_row(name, str(len(paths)), str(documentation), str(GOALS.get(name, "")))
    return table
