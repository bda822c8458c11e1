from __future__ import annotations

import resource
import shutil
import socket
from typing import Any, NamedTuple

import pytest

from tests.servers import needs
from tests.servers.choice import Origin
from tests.servers.needs import unmet_needs


class Usage(NamedTuple):
    free: int


def nothing_binds(*_: Any) -> None:
    raise OSError


@pytest.mark.parametrize(
    ("where", "name", "found", "problem"),
    [
        (needs.os, "geteuid", lambda: 1000, "run as root"),
        (socket.socket, "bind", nothing_binds, "no IPv6"),
        (shutil, "disk_usage", lambda _: Usage(1024**3), "only 1.0 GiB free"),
        (resource, "getrlimit", lambda _: (256, 256), "only 256 open files"),
    ],
)
def test_each_need_that_is_not_met_has_a_line_with_the_remedy(
    where: Any, name: str, found: Any, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, found)
    monkeypatch.setattr(needs.subprocess, "run", lambda *_, **__: needs.subprocess.CompletedProcess([], 1))
    assert [line for line in unmet_needs() if problem in line]


def test_a_missing_server_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    lines = list(unmet_needs(Origin.URL))
    assert [line for line in lines if "no Redis to test with" in line and "TEST_REDIS_URL" in line]
