"""The files under deploy/ name commands, options, paths and metrics that there are."""

from __future__ import annotations

import argparse
import configparser
import json
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from backstage.cli.commands import COMMANDS
from backstage.worker.command.command import add_options
from tests.docs.markdown import ROOT, table

DEPLOY = ROOT / "deploy"
MANIFESTS = ("config.yaml", "migrate.yaml", "worker.yaml", "web.yaml")
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
KUBERNETES = "1.33"


def _documents(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / file).read_text("utf-8")))


def _run(words: list[str]) -> None:
    """Parse a command line as `backstage` does. Raises for a command or an option that there is not."""
    name, *arguments = words
    if name == "worker":
        options = argparse.ArgumentParser(exit_on_error=False)
        add_options(options)
        options.parse_args(arguments)
    else:
        import_module(f"backstage.cli.{COMMANDS[name].module}").parser().parse_args(arguments)


def _commands() -> Iterator[Any]:
    compose = _documents("compose.yaml")[0]
    for name, service in compose["services"].items():
        if service.get("image") == "backstage":
            yield pytest.param(service["command"], id=f"compose {name}")
    for file in MANIFESTS:
        for document in _documents(f"kubernetes/{file}"):
            for container in document.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
                yield pytest.param(container["args"], id=f"kubernetes {container['name']}")
    for unit in UNITS:
        yield pytest.param(shlex.split(_unit(unit)["Service"]["ExecStart"])[1:], id=unit.name)


def _unit(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text("utf-8"))
    return unit


@pytest.mark.parametrize("words", list(_commands()))
def test_each_command_is_one_of_ours(words: list[str]) -> None:
    _run(words)


@pytest.mark.parametrize("file", MANIFESTS)
def test_the_manifests_are_what_kubernetes_takes(file: str) -> None:
    for document in _documents(f"kubernetes/{file}"):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_the_kustomization_lists_every_manifest_but_that_of_keda() -> None:
    listed = _documents("kubernetes/kustomization.yaml")[0]["resources"]
    assert sorted(listed) == sorted(MANIFESTS)
    there = {path.name for path in (DEPLOY / "kubernetes").iterdir()}
    assert there == {*MANIFESTS, "kustomization.yaml", "keda.yaml"}


def test_no_pod_is_killed_before_its_grace_period_is_over() -> None:
    settings = _documents("kubernetes/config.yaml")[1]["data"]
    pod = _documents("kubernetes/worker.yaml")[0]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > float(settings["BACKSTAGE_GRACE_PERIOD"])


def test_dashboard_and_alerts_ask_for_metrics_that_a_worker_tells() -> None:
    told = {row[0].strip("`") for row in table(ROOT / "docs" / "observability.md", "## Prometheus")}
    asked: set[str] = set()
    for file in ("grafana/backstage.json", "prometheus/alerts.yaml"):
        text = (DEPLOY / file).read_text("utf-8")
        asked |= set(re.findall(r"\bbackstage_(?:store|worker|up)\w*", text))
    asked -= {"backstage_store_"}  # as the beginning of several
    assert asked
    assert {name for name in asked if name.removesuffix("_bucket") not in told} == set()


def test_the_dashboard_can_be_imported() -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "backstage.json").read_text("utf-8"))
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    assert all(panel["targets"] and panel["title"] for panel in dashboard["panels"])


def test_the_image_runs_as_nobody_in_particular_and_asks_for_its_health() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    assert any(re.fullmatch(r"USER \d+:\d+", line) for line in lines)
    assert any(line.startswith("HEALTHCHECK") for line in lines)
