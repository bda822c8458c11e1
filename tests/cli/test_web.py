"""`backstage web` and `backstage tokens`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Cli, Store


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[httpx.Client]:
    """A client of `backstage web`, which runs in a process of its own, at the address that it prints."""
    command = [sys.executable, "-m", "backstage", "web", "--http", "127.0.0.1:0", *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with httpx.Client(base_url=process.stdout.readline().split()[3], timeout=60) as web:
                yield web
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0


def test_a_store_is_served_to_this_host_until_somebody_has_a_token(folder: Path, store: Store, cli: Cli) -> None:
    store.enqueue()
    with serving(folder, "--environment", "staging") as web:
        assert web.get("v1/stats").json()["pending"] == 1
        assert web.get("v1/me").json()["name"] == "local"
        assert "staging" in web.get("", follow_redirects=True).text
        assert 'backstage_store_tasks{queue="default"' in web.get("metrics").text
        system = web.get("system", params={"examine": "yes"}).text
        assert all(told in system for told in ("Integrity", "poll_interval", "Delete the rest now"))
        for headers in ({"Host": "evil.test"}, {"X-Forwarded-For": "10.0.0.1"}):
            assert web.get("v1/stats", headers=headers).status_code == 401
        foreign = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
        assert web.post("v1/queues/default/pause", headers=foreign).status_code == 403
        made = json.loads(cli("tokens", "create", "ada", "--role", "admin", "--json").out)
        assert web.get("v1/stats").status_code == 401
        assert web.get("metrics").status_code == 401
        ada = {"Authorization": f"Bearer {made['secret']}"}
        assert web.get("v1/me", headers=ada).json()["name"] == "ada"


def test_a_proxy_may_take_a_path_away(folder: Path, store: Store) -> None:
    store.enqueue()
    with serving(folder, "--root-path", "/ops") as web:
        assert web.get("v1/stats").json()["pending"] == 1
        assert 'href="/ops/tasks' in web.get("").text
        assert web.get("openapi.json").json()["servers"] == [{"url": "/ops"}]


def test_an_address_that_others_reach_is_refused_while_nobody_has_a_token(cli: Cli) -> None:
    answer = cli("web", "--http", "0.0.0.0:0")
    assert (answer.code, "backstage tokens create" in answer.err) == (2, True)
    assert cli("web", "--http", "nowhere").code == 2


def test_a_token_is_made_listed_and_revoked(cli: Cli) -> None:
    secret = cli("tokens", "create", "ci", "--role", "operator", "--payloads", "--expires-in", "7d").out.strip()
    listed = cli("tokens", "--json").out
    [token] = json.loads(listed)
    assert secret.startswith("bst_")
    assert secret not in listed
    assert (token["name"], token["role"], token["may_read_payloads"]) == ("ci", "operator", True)
    assert "operator" in cli("tokens", "list").out
    assert cli("tokens", "revoke", token["id"]).code == 0
    assert cli("tokens").out == "no tokens\n"
    assert cli("tokens", "revoke", token["id"]).code == 1


@pytest.mark.parametrize("arguments", [("create",), ("revoke",), ("list", "ci"), ("create", "ci", "--role", "king")])
def test_a_wrong_use_of_tokens_is_told(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli("tokens", *arguments).code == 2


def test_a_role_that_is_none_is_refused_with_those_that_are(cli: Cli) -> None:
    told = cli("tokens", "create", "ci", "--role", "boss").err
    assert ("viewer" in told, "Role." in told) == (True, False)


@pytest.mark.parametrize("name", ["ad\x1b[2Ka", "ada\rbob", "ada\u202ebob"])
def test_the_name_of_a_token_has_nothing_that_is_not_shown(cli: Cli, name: str) -> None:
    answer = cli("tokens", "create", name)
    assert (answer.code, "a character that is not shown" in answer.err) == (2, True)
    assert cli("tokens").out == "no tokens\n"
