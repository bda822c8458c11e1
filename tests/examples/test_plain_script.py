from __future__ import annotations

from pathlib import Path

import pytest

from backstage.infra.settings.settings import Settings
from backstage.worker.command.command import main as work
from examples.plain_script import main


def test_the_script_enqueues_each_name_once_and_a_worker_does_the_rest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.fields:
        monkeypatch.delenv(f"BACKSTAGE_{name.upper()}", raising=False)
    monkeypatch.setenv("BACKSTAGE_SILENT", "true")
    main(["Ada", "Grace", "Ada"])
    assert work(["--handlers", "examples.web.tasks", "--until-idle"]) == 0
    main(["Ada"])
    assert capsys.readouterr().out.splitlines() == [
        "Ada will be welcomed",
        "Grace will be welcomed",
        "Ada was welcomed today",
        "2 tasks wait for a worker",
        "Ada was welcomed today",
        "0 tasks wait for a worker",
    ]
