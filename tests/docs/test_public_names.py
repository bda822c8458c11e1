"""What the documentation imports from `backstage` is there, under the names that type checkers see, and is public."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import backstage
from backstage import conformance
from tests.docs.markdown import ROOT, blocks, pages
from tests.python_source import parsed

PUBLIC_SIDE = ROOT / "docs" / "reference" / "public-side.md"
PUBLIC_MODULES = (
    "backstage",
    "backstage.api",
    "backstage.conformance",
    "backstage.handlers.email",
    "backstage.handlers.webhook",
    "backstage.integrations.django",
    "backstage.integrations.fastapi",
    "backstage.integrations.litestar",
    "backstage.integrations.starlette",
    "backstage.pages",
    "backstage.ports",
    "backstage.testing",
)
ALIASES = {"Run", "Middleware"}
"""Names of types that are put together, which do not know their own names."""
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))


@pytest.mark.parametrize("name", backstage.__all__)
def test_a_public_name_can_be_imported(name: str) -> None:
    public = getattr(backstage, name)
    assert name in ALIASES or public.__name__ == name


@pytest.mark.parametrize("module", [backstage, conformance], ids=lambda module: module.__name__)
def test_type_checkers_see_the_same_names(module: ModuleType) -> None:
    assert module.__file__ is not None
    tree = parsed(Path(module.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.asname
        for statement in tree.body
        if isinstance(statement, ast.If)
        for line in statement.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    assert seen == set(module.__all__)


@pytest.mark.parametrize("module", [backstage, conformance], ids=lambda module: module.__name__)
def test_the_names_can_be_listed(module: ModuleType) -> None:
    assert dir(module) == sorted(module.__all__)
    assert not hasattr(module, "Wroker")


def test_importing_the_package_loads_nothing_but_their_table() -> None:
    program = "import sys, backstage; print([name for name in sys.modules if name.startswith('backstage.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "['backstage.public_names']\n"


def test_every_error_and_every_event_is_public() -> None:
    for module in ("errors", "events"):
        tree = parsed((ROOT / "src" / "domain" / f"{module}.py").read_text(encoding="utf-8"))
        assert {each.name for each in tree.body if isinstance(each, ast.ClassDef)} <= set(backstage.__all__)


def test_the_page_lists_exactly_the_public_names_and_modules() -> None:
    text = PUBLIC_SIDE.read_text(encoding="utf-8")
    names, modules = text.split("\n## `backstage`\n")[1].split("\n## Other public modules\n")
    words = re.findall(r"`([A-Za-z]\w+)`", names)
    assert set(words) - {"find_tasks", "prune_tasks"} == set(backstage.__all__)
    listed = {
        name if name.startswith("backstage") else f"backstage.integrations{name}"
        for name in re.findall(r"`((?:backstage)?\.[\w.]+)`", modules)
    }
    assert listed == {*PUBLIC_MODULES} - {"backstage"}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_imports_public_names_only(page: Path) -> None:
    private = [f"{block.place}: {each}" for block in blocks(page, "python") for each in private_imports(block.code)]
    assert private == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.relative_to(ROOT)))
def test_an_example_imports_public_names_only(example: Path) -> None:
    assert list(private_imports(example.read_text(encoding="utf-8"))) == []


def private_imports(code: str) -> Iterator[str]:
    """What the code imports of Backstage that is not public; code inside its strings is read, too."""
    for statement in ast.walk(parsed(code)):
        match statement:
            case ast.Import(names=names):
                yield from (each.name for each in names if is_ours(each.name) and each.name not in PUBLIC_MODULES)
            case ast.ImportFrom(module=str(module), names=names) if is_ours(module):
                public = import_module(module).__all__ if module in PUBLIC_MODULES else ()
                yield from (f"{module}.{each.name}" for each in names if each.name not in public)
            case ast.Constant(value=str(text)) if "import" in text and is_python(text):
                yield from private_imports(text)


def is_ours(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in ("backstage", "worker")


def is_python(text: str) -> bool:
    try:
        parsed(text)
    except SyntaxError:
        return False
    return True


def test_a_private_import_is_found_wherever_it_stands() -> None:
    deep = "from backstage.domain.task import Task"
    for code in (deep, f"def later():\n    {deep}", f"print('''\n{deep}\n''')"):
        assert list(private_imports(code)) == ["backstage.domain.task.Task"]
    assert list(private_imports("import backstage.infra.container")) == ["backstage.infra.container"]
    assert list(private_imports("from backstage.testing import Wroker")) == ["backstage.testing.Wroker"]
