"""What the documentation imports from `backstage` is there, under the names that type checkers see."""

from __future__ import annotations

import ast

import pytest

import backstage
from tests.docs.markdown import ROOT


@pytest.mark.parametrize("name", backstage.__all__)
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(backstage, name).__name__ == name


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((ROOT / "src" / "__init__.py").read_text(encoding="utf-8"))
    seen = {
        alias.asname
        for statement in tree.body
        if isinstance(statement, ast.If)
        for line in statement.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    assert seen == set(backstage.__all__)
