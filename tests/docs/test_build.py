"""The site is built by one command without a warning, and holds the reference of everything public."""

from __future__ import annotations

import fcntl
import html
import inspect
import re
import subprocess
import sys
from enum import EnumType
from pathlib import Path
from typing import Any, is_typeddict

import pytest

import backstage
from backstage.app.use_cases import UseCases
from backstage.cli.commands import COMMANDS
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings
from tests.docs.markdown import ROOT
from tests.docs.test_public_names import ALIASES

pytestmark = pytest.mark.timeout(300)  # it reads a hundred pages; all tests share one build


@pytest.fixture(scope="module")
def site(run_folder: Path, is_long: bool) -> Path:
    """Built by the first process of the test run that wants it."""
    folder = run_folder / "site"
    folder.mkdir(exist_ok=True)
    with (folder / "building").open("ab") as building:
        fcntl.flock(building, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            build(folder, is_long)
            (folder / "built").touch()
    return folder / "html"


def build(folder: Path, is_long: bool) -> None:
    """Every page is read, linked and written. The theme, which takes twice as long as all of that, is only put around
    them with --long."""
    command = (sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(folder / "pages"))
    command += () if is_long else ("-D", "html_theme=basic")
    built = subprocess.run(
        (*command, "-c", "docs", ".", str(folder / "html")), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")


def text_of(page: Path) -> str:
    """What a reader sees, with all white space as one space."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))).split())


@pytest.mark.parametrize("name", backstage.__all__)
def test_a_public_name_has_its_signature_and_its_docstring(site: Path, name: str) -> None:
    page = site / "docs" / "reference" / "python.html"
    public, shown = getattr(backstage, name), text_of(page)
    assert f'id="backstage.{name}"' in page.read_text(encoding="utf-8")
    assert [each for each in parameters_of(public) if each not in shown] == []
    assert name in ALIASES or first_paragraph(public) in shown


def test_every_use_case_of_a_container_has_its_docstring(site: Path) -> None:
    shown = text_of(site / "docs" / "reference" / "use-cases.html")
    container = Container(Settings.load(url="memory://"))
    use_cases = {
        name: type(use_case)
        for name in inspect.get_annotations(UseCases)
        if callable(use_case := getattr(container, name))
    }
    assert len(use_cases) > 20
    assert [name for name, kind in use_cases.items() if first_paragraph(kind) not in shown] == []
    assert [name for name in use_cases if f"Container.{name}(" not in shown] == []
    assert "Container.cancel_task(task_id: str, *, if_version: int | None = None) → Task" in shown
    assert "Call self as a function" not in shown


def test_the_options_of_a_worker_lead_to_the_settings(site: Path) -> None:
    page = (site / "docs" / "reference" / "python.html").read_text(encoding="utf-8")
    assert re.search(r'The other options are the fields\s+of <a [^>]*href="#backstage.Settings"', page)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_what_it_answers_to_help(site: Path, command: str) -> None:
    assert f"usage: backstage {command}" in text_of(site / "docs" / "reference" / "command-line.html")


def parameters_of(public: Any) -> list[str]:
    if isinstance(public, EnumType):
        return list(public.__members__)
    if is_typeddict(public):
        return list(public.__optional_keys__)
    try:
        return [*inspect.signature(public).parameters]
    except ValueError:  # an exception that takes what Exception takes
        return []


def first_paragraph(thing: Any) -> str:
    assert thing.__doc__, f"{thing} has no docstring of its own"
    return " ".join(inspect.cleandoc(thing.__doc__).split("\n\n")[0].replace("`", "").split())
