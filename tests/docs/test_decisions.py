from __future__ import annotations

import re
from pathlib import Path

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"


def test_each_decision_has_a_number_of_its_own_and_a_line_in_the_list() -> None:
    files = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    numbers = [name[:4] for name in files]
    assert len(numbers) == len(set(numbers))
    listed = re.findall(r"^\| \[(\d{4})\]\(((\d{4})-[a-z0-9-]+\.md)\)", (DECISIONS / "README.md").read_text(), re.M)
    assert [name for _, name, _ in listed] == files
    assert all(shown == number for shown, _, number in listed)


def test_the_heading_of_a_decision_begins_with_its_number() -> None:
    for path in DECISIONS.glob("[0-9]*.md"):
        heading = path.read_text().splitlines()[0]
        assert re.match(rf"# {path.name[:4]}[.:] ", heading), path.name
