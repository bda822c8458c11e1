"""The navigation: what a page of links links to, section by section."""

from __future__ import annotations

import re

_SECTION = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_PAGE = re.compile(r"\]\((?P<path>[^)#:]+)\.md(?:#[^)]*)?\)")


def navigation_of(markdown: str) -> str:
    """Hidden tables of contents, one for each second-level heading that links to pages; a page stands in the first."""
    _, *parts = _SECTION.split(markdown)
    seen: set[str] = set()
    trees = []
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        pages = [path for path in dict.fromkeys(_PAGE.findall(text)) if path not in seen]
        seen.update(pages)
        if pages:
            trees.append(_tree(title, pages))
    return "".join(trees)


def _tree(title: str, pages: list[str]) -> str:
    listed = "\n".join(pages)
    return f"\n\n```{{toctree}}\n:hidden:\n:titlesonly:\n:caption: {title}\n\n{listed}\n```\n"
