"""One server of each kind for all processes of a test run."""

from __future__ import annotations

import contextlib
import fcntl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.servers.keeper import STATE, USERS

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def shared_server(name: str, program: Path, run: Path) -> Iterator[str]:
    """Start the server, or join it when another process of the run has; yield its URL.

    `run` is a folder that all processes of the run have in common. The server ends after its last user.
    """
    meeting = run / f"server-{name}"
    meeting.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        users = stack.enter_context((meeting / USERS).open("ab"))
        with (meeting / "starting").open("ab") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)  # waits for a keeper that is just ending its server
            state = meeting / STATE
            if not state.exists():
                state.write_text(_start_keeper(name, program, meeting))
            url = state.read_text()
        yield url


def _start_keeper(name: str, program: Path, meeting: Path) -> str:
    log = meeting / "keeper.log"
    with log.open("ab") as errors:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.keeper", name, str(program), str(meeting)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # an interrupt at the terminal is for the tests, which still need it then
        )
    assert keeper.stdout is not None
    with keeper.stdout as said:
        url = said.readline().strip()
    keeper.returncode = 0  # it outlives us by design: nothing to wait for, and no warning about it
    if not url:
        raise RuntimeError(f"the tests' {name} server does not start:\n{log.read_text()}")
    return url
