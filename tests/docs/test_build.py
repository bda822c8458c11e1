"""The site is built by one command without a warning, and holds the reference of everything public."""

from __future__ import annotations

import html
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import backstage
from backstage.cli.commands import COMMANDS
from backstage.infra.container import Container
from backstage.infra.settings import Settings
from tests.docs.markdown import ROOT

pytestmark = pytest.mark.timeout(300)  # it reads a hundred pages; all tests share one build


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = (sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(folder / "pages"))
    built = subprocess.run(
        (*command, "-c", "docs", ".", str(folder / "html")), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    return folder / "html"


def text_of(page: Path) -> str:
    """What a reader sees, with all white space as one space."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))).split())


@pytest.mark.parametrize("name", backstage.__all__)
def test_a_public_name_has_its_signature_and_its_docstring(site: Path, name: str) -> None:
    page = site / "docs" / "reference" / "python.html"
    assert f'id="backstage.{name}"' in page.read_text(encoding="utf-8")
    public = getattr(backstage, name)
    shown = text_of(page)
    for parameter in inspect.signature(public).parameters if name != "Priority" else ():
        assert f"{name}(" in shown
        assert parameter in shown
    assert " ".join((inspect.getdoc(public) or "").split("\n\n")[0].replace("`", "").split()) in shown
