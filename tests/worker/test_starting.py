"""What a worker imports, and when: before its first task, and soon after."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import asyncio, json, sys
from backstage.worker.command.command import worker_of
from backstage.infra.settings.settings import Settings

async def main():
    worker = worker_of(Settings.load(url=sys.argv[1], until_idle=True, silent=True))
    loaded = []
    worker.on("t", lambda: loaded.append(sorted(sys.modules)))
    await worker.enqueue("t")
    await worker.start()
    await worker.wait()
    print(json.dumps([loaded[0], sorted(sys.modules)]))

asyncio.run(main())
"""
LATER = {
    *("croniter", "pydantic", "pydantic_settings", "dependency_injector", "yaml", "rich", "dotenv"),
    *("backstage.app.search_tasks", "backstage.worker.hosting.worker_service", "backstage.integrations"),
}
NEVER = {
    *("backstage.cli", "backstage.pages", "backstage.api", "backstage.testing", "backstage.worker.handlers"),
    *("asyncpg", "redis", "backstage.infra.postgres", "backstage.infra.redis", "backstage.infra.otel_trace"),
    *("prometheus_client", "starlette", "fastapi", "httpx", "jinja2", "opentelemetry", "dependency_injector.wiring"),
}
MOST_BEFORE_THE_FIRST_TASK = 380
"""Modules of ours."""


def test_the_first_task_waits_for_no_module_that_only_others_need(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, f"sqlite:///{tmp_path}/tasks.db"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    at_first, in_the_end = (set(each) for each in json.loads(ended.stdout))
    assert at_first & (LATER | NEVER) == set()
    assert not in_the_end & NEVER
    assert len([each for each in at_first if each.startswith("backstage.")]) <= MOST_BEFORE_THE_FIRST_TASK
    assert {"croniter", "backstage.worker.hosting.worker_service"} <= in_the_end  # whatever becomes of the files
