"""The lists of the reference pages, which readers on a code host see, are those of the code."""

from __future__ import annotations

import runpy

import pytest

from tests.docs.markdown import ROOT

LISTINGS = runpy.run_path(str(ROOT / "docs" / "site_pages" / "listings.py"))


@pytest.mark.parametrize("page", LISTINGS["LISTINGS"])
def test_the_list_of_a_reference_page_is_up_to_date(page: str) -> None:
    text = (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
    _, listed = text.split(LISTINGS["START"])
    assert listed.strip() == LISTINGS["LISTINGS"][page]().strip(), "run: python docs/site_pages/listings.py"
