"""No file and no function of `src` is longer than CONTRIBUTING.md allows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.python_source import parsed

ROOT = Path(__file__).parents[2]
LIMITS = re.compile(r"files have at most (\d+) lines, functions at most (\d+)")


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Each with its length, from its name to its last line."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def too_long(file: Path, most_lines: int, most_of_a_function: int) -> list[str]:
    source = file.read_text("utf-8")
    lines = source.count("\n")
    long = [f"{file}: {lines} lines"] if lines > most_lines else []
    return long + [f"{file}: {name}, {size} lines" for name, size in functions(source) if size > most_of_a_function]


def test_no_file_and_no_function_is_too_long() -> None:
    limits = LIMITS.search((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert limits is not None
    files = sorted((ROOT / "src").rglob("*.py"))
    assert len(files) > 300
    assert [each for file in files for each in too_long(file, int(limits[1]), int(limits[2]))] == []


def test_what_is_too_long_is_named(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    file.write_text("def short():\n    pass\n\n\nasync def long():\n    a = 1\n    return a\n", encoding="utf-8")
    assert too_long(file, most_lines=6, most_of_a_function=2) == [f"{file}: 7 lines", f"{file}: long, 3 lines"]
