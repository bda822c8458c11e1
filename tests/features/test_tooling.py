"""The command line on each store that processes share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backstage.cli.main import main

Cli = Callable[..., str]


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    chosen: str = request.getfixturevalue(f"{request.param}_url")
    return chosen


@pytest.fixture
def cli(url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        code = main((*arguments, "--url", url))
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return run


def test_commands_migrate_enqueue_run_inspect_cancel_retry_replay_and_clean_up(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop_tasks.py").write_text(
        "from backstage import GiveUp, handler\n\n\n@handler('pay')\ndef pay(order):\n    raise GiveUp('no money')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    cli("migrate")
    task = cli("enqueue", "pay", '{"order": 7}').strip()
    cli("cancel", task)
    cli("retry", task)
    cli("worker", "--handlers", "shop_tasks", "--until-idle", "--log-level", "critical")
    assert json.loads(cli("show", task, "--json"))["state"] == "failed"
    assert [row["id"] for row in json.loads(cli("list", "--state", "failed", "--json"))] == [task]
    cli("replay")
    assert json.loads(cli("stats", "--json"))["pending"] == 1
    cli("cancel", task)
    cli("prune", "--keep-cancelled", "0")
    assert json.loads(cli("list", "--json")) == []
