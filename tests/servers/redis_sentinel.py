"""A Redis primary with a replica, watched by three Sentinels that fail over within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from tests.servers.redis_instance import RedisInstance
from tests.servers.server_process import PATIENCE
from tests.servers.unprivileged import give_to_server

SERVICE = "backstage"
_SENTINELS = 3
_WATCH = """
sentinel monitor {service} 127.0.0.1 {port} 2
sentinel down-after-milliseconds {service} 1000
sentinel failover-timeout {service} 3000
"""


class RedisSentinel:
    """`folders`: of the primary, the replica and the three Sentinels."""

    def __init__(self, program: Path, folders: list[Path]) -> None:
        self._program = program
        data, sentinels = folders[:2], folders[2:]
        assert len(sentinels) == _SENTINELS
        self.servers = [RedisInstance(program, folder, durable=True) for folder in data]
        self._sentinel_folders = sentinels
        self.sentinels: list[RedisInstance] = []

    @property
    def url(self) -> str:
        return f"redis+sentinel://{','.join(f'127.0.0.1:{each.port}' for each in self.sentinels)}/{SERVICE}/0"

    @property
    def primary(self) -> RedisInstance:
        """The server that the Sentinels say it is."""
        port = int(self._ask(self.sentinels[0], "SENTINEL GET-MASTER-ADDR-BY-NAME", SERVICE)[1])
        return next(server for server in self.servers if server.port == port)

    def start(self) -> None:
        """Return once the replica follows and each Sentinel knows it and the other two."""
        primary, replica = self.servers
        primary.start()
        replica.start()
        self._ask(replica, "REPLICAOF", "127.0.0.1", primary.port)
        _wait_for("a replica that follows", lambda: self._follows(replica))
        self.sentinels = [self._new_sentinel(folder, primary.port) for folder in self._sentinel_folders]
        _wait_for("Sentinels that know all", lambda: all(self._knows_all(each) for each in self.sentinels))

    def fail_over(self) -> None:
        """Kill the primary, and return once the replica is one."""
        killed = self.primary
        killed.kill()
        [other] = [server for server in self.servers if server is not killed]
        _wait_for("a new primary", lambda: self._info(other).get("role") == "master" and self._all_lead_to(other))

    def restore_the_killed(self) -> None:
        """Start what fail_over killed, as a replica of the one that took its place.

        The Sentinels would make it one too, but one that was kept waiting for two seconds does nothing for the next
        thirty (its tilt mode).
        """
        for server in self.servers:
            if not server.process.is_alive:
                server.start()
                self._ask(server, "REPLICAOF", "127.0.0.1", self.primary.port)
                _wait_for("a replica that follows", lambda server=server: self._follows(server))  # type: ignore[misc]

    def kill(self) -> None:
        for server in (*self.sentinels, *self.servers):
            server.kill()

    def _new_sentinel(self, folder: Path, port: int) -> RedisInstance:
        file = folder / "sentinel.conf"
        file.write_text(_WATCH.format(service=SERVICE, port=port))
        give_to_server(file)  # it writes down there what it learns
        sentinel = RedisInstance(self._program, folder, leading=(file, "--sentinel"))
        sentinel.start()
        return sentinel

    def _knows_all(self, sentinel: RedisInstance) -> bool:
        state: Any = self._ask(sentinel, "INFO", "sentinel")["master0"]
        return (state["status"], state["slaves"], state["sentinels"]) == ("ok", 1, _SENTINELS)

    def _all_lead_to(self, server: RedisInstance) -> bool:
        """Whether every Sentinel names it, and finds it well."""
        states = [self._ask(each, "INFO", "sentinel")["master0"] for each in self.sentinels]
        return all((state["status"], state["address"]) == ("ok", f"127.0.0.1:{server.port}") for state in states)

    def _follows(self, server: RedisInstance) -> bool:
        info = self._info(server)
        return (info.get("role"), info.get("master_link_status")) == ("slave", "up")

    def _info(self, server: RedisInstance) -> dict[str, Any]:
        """Empty when it does not answer: a server that changes its role closes its connections."""
        try:
            info: dict[str, Any] = self._ask(server, "INFO", "replication")
        except redis.ConnectionError:
            return {}
        return info

    def _ask(self, server: RedisInstance, *command: object) -> Any:
        with redis.Redis.from_url(server.url, socket_timeout=5, decode_responses=True) as client:
            return client.execute_command(*command)


def _wait_for(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s for: {what}"
        time.sleep(0.02)
