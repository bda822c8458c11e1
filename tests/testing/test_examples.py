"""Every example in the docstrings is run; tests/docs runs those of the guide."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import pytest

from backstage import testing
from backstage.testing import TaskBench


def described() -> Iterator[tuple[str, str]]:
    """Each public thing with its docstring, and each public member of the classes."""
    for name in testing.__all__:
        thing = getattr(testing, name)
        yield name, thing.__doc__ or ""
        members = vars(thing).items() if inspect.isclass(thing) else ()
        yield from ((f"{name}.{key}", each.__doc__ or "") for key, each in members if not key.startswith("_"))


def indented_block(docstring: str) -> str:
    """The code after the line that ends in two colons."""
    lines = inspect.cleandoc(docstring).partition("::\n\n")[2].splitlines()
    indent = _indent(lines[0]) if lines else 0
    return textwrap.dedent("\n".join(takewhile(lambda line: not line or _indent(line) >= indent, lines))).strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


EXAMPLES = {name: code for name, docstring in described() if (code := indented_block(docstring))}


async def run_top_level(code: str, names: dict[str, Any]) -> None:
    compiled = compile(code, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    running = eval(compiled, names)
    if inspect.isawaitable(running):
        await running


@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_in_a_docstring_does_what_it_says(name: str, bench: TaskBench) -> None:
    bench.on("email:send", lambda payload: {"sent_to": payload["to"]})
    public = {each: getattr(testing, each) for each in testing.__all__}
    await run_top_level(EXAMPLES[name], {"bench": bench, **public})


NEEDED = ["TaskBench", "new_context", *(f"TaskBench.{each}" for each in ("enqueued", "assert_enqueued"))]


@pytest.mark.parametrize("name", NEEDED)
def test_what_needs_an_example_has_one(name: str) -> None:
    assert name in EXAMPLES
