"""The short lists of the reference pages, for readers on a code host: each public name and what it is, in one sentence.

`python docs/site_pages/listings.py` writes them into the pages; a test finds a list that is out of date. The site
shows the whole reference in their place.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import backstage

START = "<!-- written by docs/site_pages/listings.py -->\n"
_REFERENCE = Path(__file__).parents[1] / "reference"
_ALIASES = {
    "Run": "The type of a run: takes the TaskContext and returns the result.",
    "Middleware": "The type of a middleware: takes a Run and returns a Run.",
}
"""Types that are put together have no docstring of their own."""


def public_names() -> str:
    rows = [f"| `{name}` | {_ALIASES.get(name) or _sentence(getattr(backstage, name))} |" for name in backstage.__all__]
    return "\n".join(["| Name | What it is |", "|---|---|", *rows, ""])


def use_cases() -> str:
    rows = [
        f"| `{name}({_parameters(use_case)})` | {_sentence(type(use_case))} |" for name, use_case in wired().items()
    ]
    return "\n".join(["| Use case | What it does |", "|---|---|", *rows, ""])


def wired() -> dict[str, Callable[..., object]]:
    """The use cases of a container, by their names."""
    container = backstage.Container(backstage.Settings.load(url="memory://"))
    names = [name for kind in type(container).__mro__ for name in inspect.get_annotations(kind)]
    return {name: use_case for name in names if callable(use_case := getattr(container, name))}


LISTINGS = {"python": public_names, "use-cases": use_cases}


def without_listing(page: str) -> str:
    return page.split(START, maxsplit=1)[0]


def _sentence(thing: object) -> str:
    paragraph = " ".join(inspect.cleandoc(thing.__doc__ or "").split("\n\n")[0].split())
    found = re.match(r".*?\.(?= |$)", paragraph)
    return (found[0] if found else paragraph).replace("|", "\\|")


def _parameters(use_case: Callable[..., object]) -> str:
    return ", ".join(
        f"{each.name}=…" if each.default is not each.empty else each.name
        for each in inspect.signature(use_case).parameters.values()
    )


def main() -> None:
    for name, listing in LISTINGS.items():
        page = _REFERENCE / f"{name}.md"
        page.write_text(f"{without_listing(page.read_text(encoding='utf-8'))}{START}\n{listing()}", encoding="utf-8")


if __name__ == "__main__":
    main()
