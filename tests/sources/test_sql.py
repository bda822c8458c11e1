"""PostgreSQL's own grammar reads each of its files. SQLite's are prepared by tests/infra/sqlite/test_plans.py."""

from __future__ import annotations

import re
from pathlib import Path

import pglast
import pytest

from backstage.infra.postgres.statements import all_statements, statement

ROOT = Path(__file__).parents[2]
MIGRATIONS = sorted((ROOT / "migrations" / "postgres").glob("*.sql"))


@pytest.mark.parametrize("name", all_statements())
def test_a_statement_is_one_and_numbers_its_parameters_without_a_gap(name: str) -> None:
    text = statement(name)
    assert len(pglast.parse_sql(text)) == 1
    numbers = {int(number) for number in re.findall(r"\$(\d+)", re.sub(r"--.*", "", text))}
    assert numbers == set(range(1, len(numbers) + 1))


@pytest.mark.parametrize("file", MIGRATIONS, ids=lambda file: file.stem)
def test_a_migration_and_the_functions_in_it_are_sql(file: Path) -> None:
    text = file.read_text("utf-8")
    assert pglast.parse_sql(text)
    if "plpgsql" in text.lower():
        assert pglast.parse_plpgsql(text)
