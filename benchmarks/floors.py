"""How large the source is: files, lines, folders, and the imports between folders."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from rich.table import Table


def floors(source: Path) -> Table:
    """One row a part of the program: its files, their median length, and the arrows between rooms of the worker."""
    table = Table("part", "files", "lines", "median", "longest")
    for part in (source, *sorted(each for each in source.iterdir() if (each / "__init__.py").exists())):
        lengths = {file: len(file.read_text().splitlines()) for file in part.rglob("*.py")}
        longest = max(lengths, key=lambda file: lengths[file])
        name = "all" if part == source else part.name
        cells = (len(lengths), sum(lengths.values()), int(median(lengths.values())))
        table.add_row(name, *map(str, cells), f"{lengths[longest]} {longest.relative_to(source)}")
    rooms, arrows = _worker(source)
    table.caption = f"worker: {len(rooms)} rooms, {len(arrows)} arrows between them"
    return table


def _worker(source: Path) -> tuple[set[str], set[tuple[str, str]]]:
    worker = source / "worker"
    arrows = set()
    for file in worker.rglob("*.py"):
        for module in _imports(file):
            if module.startswith("backstage.worker."):
                arrows.add((_room(file.relative_to(worker).with_suffix("").parts), _room(module.split(".")[2:])))
    arrows = {(one, other) for one, other in arrows if one != other}
    return {room for arrow in arrows for room in arrow}, arrows


def _room(parts: tuple[str, ...] | list[str]) -> str:
    """A folder, or a file at the ground."""
    return parts[0]


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "backstage.worker":
                yield from (f"backstage.worker.{each.name}" for each in node.names)
            else:
                yield node.module
