"""The wheel, installed alone: what runs with the core's packages only, and what says which extra it needs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shutil import unpack_archive
from zipfile import ZipFile

import pytest

from backstage.domain.distribution import DISTRIBUTION
from tests.docs.markdown import ROOT, blocks, pages, table
from tests.packaging.installed import Installed, build

WORKER = ("-m", "backstage", "worker", "--url", "memory://", "--until-idle", "--log-level", "critical")
WITHOUT = """
import json, os, sys
from backstage.cli.main import main
for options, variables in json.loads(sys.argv[1]):
    os.environ.update(variables)
    print(main(["worker", "--url", "memory://", "--until-idle", "--log-level", "critical", *options]), flush=True)
    for name in variables:
        del os.environ[name]
"""
TASKS = "from backstage import handler\n\n@handler('a')\ndef a() -> None: ...\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("alone") / "packages", wheel)


def test_the_first_example_of_the_readme_runs(alone: Installed, tmp_path: Path) -> None:
    example = next(blocks(ROOT / "README.md", "python"))
    (tmp_path / "example.py").write_text(example.code)
    ended = alone.run("example.py", within=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, example.output), ended.stderr


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    unpack_archive(build("sdist", tmp_path / "sdist"), sources, filter="data")
    [source] = sources.iterdir()
    again = build("wheel", tmp_path / "wheel", source)
    assert (again.name, ZipFile(again).namelist()) == (wheel.name, ZipFile(wheel).namelist())


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (("-m", "backstage", "--help"), "usage: backstage COMMAND"),
        (("-m", "backstage", "--version"), "backstage 0."),
        (("-m", "worker.run", *WORKER[3:]), ""),
    ],
)
def test_commands_run(alone: Installed, arguments: tuple[str, ...], begins: str, tmp_path: Path) -> None:
    ended = alone.run(*arguments, within=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(begins)


def test_a_missing_extra_is_one_line_that_says_how_to_install_it(alone: Installed, tmp_path: Path) -> None:
    uses: list[tuple[str, str, list[str], dict[str, str]]] = [
        ("backstage.handlers.email", "mail", ["--handlers", "backstage.handlers.email"], {}),
        ("backstage.handlers.webhook", "webhooks", ["--handlers", "backstage.handlers.webhook"], {}),
        ("BACKSTAGE_ALERT_WEBHOOK", "webhooks", [], {"BACKSTAGE_ALERT_WEBHOOK": "https://example.com/"}),
        ("otel", "otel", [], {"BACKSTAGE_OTEL": "1"}),
        ("--http", "web", ["--http", "127.0.0.1:0"], {}),
    ]
    started = [(options, variables) for _, _, options, variables in uses]
    ended = alone.run("-c", WITHOUT, json.dumps(started), within=tmp_path)
    assert ended.stdout.split() == ["2"] * len(uses), ended.stderr
    for line, (needed_by, extra, _, _) in zip(ended.stderr.splitlines(), uses, strict=True):
        told = rf"backstage: {needed_by}: needs the package \w+, which is not installed: "
        assert re.fullmatch(rf"{told}pip install 'backstage-worker\[{extra}\]'", line), line


@pytest.mark.parametrize(
    ("extra", "modules"),
    [
        ("web", "backstage.worker.status.web_server"),
        ("mail", "backstage.handlers.email"),
        ("webhooks", "backstage.handlers.webhook, backstage.worker.handlers.alert_webhook"),
        ("otel", "backstage.infra.otel_trace, opentelemetry.sdk.trace"),
    ],
)
def test_an_extra_brings_all_that_it_is_for(wheel: Path, extra: str, modules: str, tmp_path: Path) -> None:
    installed = Installed(tmp_path / "packages", wheel, frozenset({extra}))
    ended = installed.run("-c", f"import {modules}", within=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_own_package_worker_is_used_where_it_is_found_first(alone: Installed, tmp_path: Path) -> None:
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "__init__.py").touch()
    (tmp_path / "worker" / "tasks.py").write_text(TASKS)
    ended = alone.run(*WORKER, "--handlers", "worker.tasks", within=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_own_package_worker_that_ours_hides_is_told_of(alone: Installed, tmp_path: Path) -> None:
    (tmp_path / "site" / "worker").mkdir(parents=True)
    (tmp_path / "site" / "worker" / "tasks.py").write_text(TASKS)
    ended = alone.run(*WORKER, "--handlers", "worker.tasks", within=tmp_path, later=tmp_path / "site")
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert "'worker' is here the package that backstage-worker brings" in line
    assert "give it an __init__.py and start `backstage worker` in the folder that holds it" in line


def test_the_metadata_say_what_the_pages_say(alone: Installed) -> None:
    metadata = alone.metadata.metadata
    assert metadata["Name"] == DISTRIBUTION
    told = [
        name for row in table(ROOT / "docs" / "installing.md", "## Extras") for name in re.findall("`(.+?)`", row[0])
    ]
    assert {*told, "dev", "docs", "examples"} == set(metadata.get_all("Provides-Extra"))


def test_every_extra_is_named_with_the_distribution() -> None:
    files = [*pages(), *(ROOT / "src").rglob("*.py")]
    other_names = re.compile(r"(?<![-\w.])backstage\[[a-z]|pip install '?backstage(?!-worker)\b")
    assert [file for file in files if other_names.search(file.read_text(encoding="utf-8"))] == []
