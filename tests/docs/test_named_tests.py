"""The guarantees name tests that there are."""

from __future__ import annotations

import re

from tests.docs.markdown import ROOT

_NAMED = re.compile(r"`(?:(?P<path>tests/[\w/]+\.py)(?:::)?)?(?P<test>test_\w+)?`")
_DEFINED = re.compile(r"def (test_\w+)\(")


def test_every_named_test_is_where_the_guarantees_say() -> None:
    suite = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "src" / "conformance").glob("*.py"))
    missing, found = [], 0
    for named in _NAMED.finditer((ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")):
        path, test = named["path"], named["test"]
        if path is None and test is None:
            continue
        found += 1
        source = suite if path is None else _text_of(path)
        if source is None or (test is not None and test not in _DEFINED.findall(source)):
            missing.append(named[0])
    assert missing == []
    assert found > 20


def _text_of(path: str) -> str | None:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.is_file() else None
