"""Run as a program: keep one server for all processes of a test run, and end it after the last of them.

    python -m tests.servers.keeper {postgres|redis} PROGRAM FOLDER

It prints the URL once the server takes connections. Every process that uses the server holds a shared lock on
FOLDER/users, which the kernel takes back however that process ends; when the keeper gets the lock for itself, nobody is
left. If the keeper itself is killed, the kernel kills the server.
"""

from __future__ import annotations

import fcntl
import shutil
import sys
from pathlib import Path

from tests.servers.postgres_instance import PostgresInstance
from tests.servers.redis_instance import RedisInstance
from tests.servers.unprivileged import new_folder

INSTANCES = {"postgres": PostgresInstance, "redis": RedisInstance}
USERS, STATE = "users", "url"


def main() -> None:
    name, program, meeting = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    folder = new_folder(name)
    try:
        server = INSTANCES[name](program, folder)
        server.start()
        try:
            print(server.url, flush=True)  # noqa: T201 - the answer to whoever started us
            _keep(meeting)
        finally:
            server.process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(meeting: Path) -> None:
    """Return when nobody uses the server, having withdrawn its URL under the lock that newcomers wait for."""
    with (meeting / USERS).open("rb") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        (meeting / STATE).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
