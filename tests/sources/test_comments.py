"""What a comment in SQL or Lua names exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from tests.python_source import parsed

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "src" / "infra"
STATEMENTS = sorted([*INFRA.glob("*/sql/**/*.sql"), *INFRA.glob("*/lua/**/*.lua")])
_FILE = re.compile(r"\b(\w+)\.(?:py|sql|lua)\b")
_MEMBER = re.compile(r"\b([a-z_]+)\.([a-z_]+)\b(?!\.)")
_WORD = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def comments_of(text: str) -> str:
    return "\n".join(re.findall(r"--(.*)", text))


def missing(text: str, adapter: str) -> list[str]:
    """What the comments of a file of that adapter name and nothing has."""
    said = comments_of(text)
    known = names_of(adapter) | words_of(re.sub(r"--.*", "", text))
    files = [match[0] for match in _FILE.finditer(said) if match[0] not in files_of(adapter)]
    members = [
        f"{module}.{name}"
        for module, name in _MEMBER.findall(_FILE.sub("", said))
        if f"{module}.py" in files_of(adapter) and name not in known
    ]
    return files + members + sorted(words_of(_FILE.sub("", said)) - known)


def words_of(text: str) -> set[str]:
    """Those with an underscore: the names that no English word is."""
    return set(_WORD.findall(text))


@cache
def files_of(adapter: str) -> set[str]:
    return {file.name for file in [*INFRA.glob("*.py"), *(INFRA / adapter).rglob("*.*")]}


@cache
def names_of(adapter: str) -> set[str]:
    """What the adapter's Python and Lua define, and what its tables and their columns are called."""
    names = {Path(file).stem for file in files_of(adapter)}
    for file in [*INFRA.glob("*.py"), *(INFRA / adapter).glob("*.py")]:
        names |= set(_identifiers(ast.walk(parsed(file.read_text("utf-8")))))
    for file in [*(INFRA / adapter).glob("lua/**/*.lua"), *(ROOT / "migrations" / adapter).glob("*.sql")]:
        names |= words_of(re.sub(r"--.*", "", file.read_text("utf-8")))
    return names


def _identifiers(nodes: Iterable[ast.AST]) -> Iterable[str]:
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name


@pytest.mark.parametrize("adapter", sorted({file.relative_to(INFRA).parts[0] for file in STATEMENTS}))
def test_whatever_a_comment_of_a_statement_names_exists(adapter: str) -> None:
    files = [file for file in STATEMENTS if file.is_relative_to(INFRA / adapter)]
    found = {str(file.relative_to(INFRA)): missing(file.read_text("utf-8"), adapter) for file in files}
    assert {name: what for name, what in found.items() if what} == {}


def test_every_statement_says_first_what_it_does() -> None:
    assert [file.name for file in STATEMENTS if not file.read_text("utf-8").startswith("-- ")] == []


def test_a_stale_file_a_stale_function_and_a_stale_name_are_seen() -> None:
    text = "-- As old_place.sql and claim.no_such and settle_nothing say; see claim.py, claim.claim.\nSELECT 1"
    assert missing(text, "postgres") == ["old_place.sql", "claim.no_such", "no_such", "settle_nothing"]
