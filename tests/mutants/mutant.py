"""Small bugs, each with the tests that must notice it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = Path(__file__).parent


class StaleMutantError(Exception):
    """The text that a mutant replaces does not occur exactly once: the code has changed under it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`find` occurs once in `file`; with `replace` in its place at least one of `tests` must fail."""

    name: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]

    def mutated(self, text: str) -> str:
        """Raises StaleMutantError."""
        times = text.count(self.find)
        if times != 1:
            raise StaleMutantError(f"{self.name}: its text occurs {times} times in {self.file}, not once")
        return text.replace(self.find, self.replace)


def all_mutants() -> list[Mutant]:
    """Those of every catalogue beside this file, in the order of its name and then as they stand there."""
    return [
        Mutant(**{**entry, "tests": tuple(entry["tests"])})
        for catalogue in sorted(CATALOGUES.glob("*.toml"))
        for entry in tomllib.loads(catalogue.read_text(encoding="utf-8"))["mutant"]
    ]
