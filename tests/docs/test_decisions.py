from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
STATUS = re.compile(r"Status: accepted on (\d{4}-\d\d-\d\d)(?:, replaced by \[\d{4}\]\((\d{4}-[a-z0-9-]+\.md)\))?")
PLACES = ("src", "tests", "migrations", "examples", "benchmarks", "docs")
KINDS = {".py", ".sql", ".lua", ".md", ".toml"}
MENTION = re.compile(r"\bdecisions? (\d{4}(?:(?:, | and |, and )\d{4})*)", re.IGNORECASE)
NEEDED = {
    "values of a task": ("src/domain/task.py", "0706"),
    "deadlines": ("src/worker/middleware/timeout.py", "0702"),
    "prefetch": ("src/worker/runtime/prefetch.py", "0703"),
    "joined adds": ("src/infra/joined_adds.py", "0407"),
    "cycle collector": ("src/worker/command/cycle_collector.py", "0705"),
    "claim statement": ("src/infra/postgres/sql/claim_tasks.sql", "0403"),
    "FIFOs": ("src/infra/sqlite/wakeup.py", "0105"),
    "reserve": ("src/infra/sqlite/reserve.py", "0106"),
}


def decisions() -> list[Path]:
    return sorted(DECISIONS.glob("[0-9]*.md"))


def mentions(text: str) -> set[str]:
    """The numbers after the word; a line may end between them, also one of a comment."""
    flat = re.sub(r"\s+(?:(?:#|--|>) )?", " ", text)
    return {number for numbers in MENTION.findall(flat) for number in re.findall(r"\d{4}", numbers)}


def places_that_mention_one() -> Iterator[tuple[Path, set[str]]]:
    files = [file for place in PLACES for file in (ROOT / place).rglob("*") if file.suffix in KINDS]
    for file in (*files, *ROOT.glob("*.md")):
        if numbers := mentions(file.read_text()):
            yield file.relative_to(ROOT), numbers


def test_each_decision_has_a_number_of_its_own_and_a_line_in_the_list() -> None:
    files = [path.name for path in decisions()]
    numbers = [name[:4] for name in files]
    assert len(numbers) == len(set(numbers))
    listed = re.findall(r"^\| \[(\d{4})\]\(((\d{4})-[a-z0-9-]+\.md)\)", (DECISIONS / "README.md").read_text(), re.M)
    assert [name for _, name, _ in listed] == files
    assert all(shown == number for shown, _, number in listed)


def test_the_heading_of_a_decision_begins_with_its_number() -> None:
    for path in decisions():
        heading = path.read_text().splitlines()[0]
        assert heading.startswith(f"# {path.name[:4]}. "), path.name


def test_each_decision_says_below_its_heading_when_it_was_accepted() -> None:
    for path in decisions():
        _, blank, status, after, *_ = path.read_text().splitlines()
        told = STATUS.fullmatch(status)
        assert told is not None, f"{path.name} has no line like 'Status: accepted on 2026-11-29'"
        assert blank == after == "", path.name
        date.fromisoformat(told[1])
        assert told[2] is None or (DECISIONS / told[2]).exists(), path.name


def test_whoever_names_a_decision_names_one_that_exists() -> None:
    numbers = {path.name[:4] for path in decisions()}
    unknown = {str(file): named - numbers for file, named in places_that_mention_one() if named - numbers}
    assert unknown == {}


def test_code_that_a_newcomer_would_question_names_its_decision() -> None:
    named = {str(file): numbers for file, numbers in places_that_mention_one()}
    missing = {what for what, (file, number) in NEEDED.items() if number not in named.get(file, set())}
    assert missing == set()
