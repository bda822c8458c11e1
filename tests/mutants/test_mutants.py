from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.mutants.mutant import ROOT, Mutant, StaleMutantError, all_mutants

MUTANTS = all_mutants()
_CASES = re.compile(r"^ *(?:async )?def (test_\w+)", re.MULTILINE)


def test_every_mutant_still_has_its_place() -> None:
    for mutant in MUTANTS:
        text = (ROOT / mutant.file).read_text(encoding="utf-8")
        assert mutant.mutated(text) != text, mutant.name


def test_every_mutant_names_tests_that_exist() -> None:
    shared = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/conformance").glob("*.py"))
    for mutant in MUTANTS:
        assert mutant.tests, mutant.name
        for test in mutant.tests:
            file, *_, name = test.split("::")
            text = (ROOT / file).read_text(encoding="utf-8")
            assert name.partition("[")[0] in _CASES.findall(text + shared), f"{mutant.name}: {test}"


def test_mutants_have_names_of_their_own() -> None:
    assert [name for name, times in Counter(each.name for each in MUTANTS).items() if times > 1] == []


@pytest.mark.parametrize("text", ["nothing of the kind", "a = 1, a = 1"])
def test_a_mutant_whose_text_is_not_there_once_is_stale(text: str) -> None:
    with pytest.raises(StaleMutantError, match="not once"):
        Mutant("m", "f", "a = 1", "a = 2", ("t",)).mutated(text)
