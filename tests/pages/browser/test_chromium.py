"""Where the tests of the pages find their browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pages.browser.chromium import environment_of, find_chromium

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Writes a program into the only folder on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CHROMIUM", raising=False)

    def write(name: str, text: str) -> Path:
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
        return folder / name

    return write


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_it_is_on_the_path(program: Program, tmp_path: Path, name: str) -> None:
    there = program(name, "")
    assert find_chromium(tmp_path / "own") == str(there)


def test_it_is_named(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program("chromium", "")
    monkeypatch.setenv("CHROMIUM", "/opt/chrome")
    assert find_chromium(tmp_path / "own") == "/opt/chrome"


def test_root_installs_that_of_debian(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    there = tmp_path / "bin" / "chromium"
    program("apt-get", f'[ "$1" = update ] && exit 100; : > {there}; /bin/chmod +x {there}')
    assert find_chromium(tmp_path / "own") == str(there)


def test_who_cannot_install_takes_what_the_package_of_npm_unpacked_for_another_process(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    program("apt-get", "exit 0")
    own = tmp_path / "own"
    own.mkdir()
    for made in ("chromium", "libraries.tar", "unpacked"):
        (own / made).touch()
    found = find_chromium(own)
    assert found == str(own / "chromium")
    assert environment_of(found)["LD_LIBRARY_PATH"] == str(own / "lib")


def test_where_there_is_none_it_is_said_what_to_do(program: Program, tmp_path: Path) -> None:
    for name in ("apt-get", "npm", "node"):
        program(name, "exit 1")
    with pytest.raises(AssertionError, match=r"apt-get install chromium.*CHROMIUM"):
        find_chromium(tmp_path / "own")
