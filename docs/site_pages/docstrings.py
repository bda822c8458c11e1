"""Docstrings are Markdown at its plainest, which autodoc reads well, but for trees that are drawn in them."""

from __future__ import annotations

import re
from typing import Any

_BRANCHES = "├└│"


def keep_drawings(app: Any, kind: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    """Let a paragraph that holds a drawn tree stand as it is."""
    paragraphs = "\n".join(lines).split("\n\n")
    lines[:] = "\n\n".join(map(_as_drawn, paragraphs)).split("\n")


def link_settings(app: Any, kind: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    """Let a function whose keywords are settings lead to them."""
    linked = r"fields\1of :py:class:`Settings <backstage.Settings>`"
    lines[:] = re.sub(r"fields(\s+)of Settings", linked, "\n".join(lines)).split("\n")


def _as_drawn(paragraph: str) -> str:
    if not any(branch in paragraph for branch in _BRANCHES):
        return paragraph
    return ".. code-block:: text\n\n" + "\n".join(f"   {line}" for line in paragraph.splitlines())
