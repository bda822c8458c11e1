"""A Redis Cluster of three masters, made without redis-cli."""

from __future__ import annotations

import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import redis

from tests.servers.redis_instance import RedisInstance
from tests.servers.server_process import PATIENCE

_SLOTS = 16_384
_NODES = 3
_SETTINGS = {"cluster-enabled": "yes", "cluster-config-file": "nodes.conf", "cluster-node-timeout": "2000"}


class RedisCluster:
    """`folders`: one for each master. Each node's second port, for the others, is its first plus 10,000."""

    def __init__(self, program: Path, folders: list[Path]) -> None:
        assert len(folders) == _NODES
        self.nodes = [RedisInstance(program, folder, settings=_SETTINGS) for folder in folders]

    @property
    def url(self) -> str:
        """All its nodes are seeds."""
        return f"redis+cluster://{','.join(f'127.0.0.1:{node.port}' for node in self.nodes)}"

    def start(self) -> None:
        """Return once every node knows where every slot is."""
        for node in self.nodes:
            node.start()
        with ExitStack() as stack:
            clients = [stack.enter_context(redis.Redis.from_url(node.url)) for node in self.nodes]
            borders = [_SLOTS * number // _NODES for number in range(_NODES + 1)]
            for client, (first, end) in zip(clients, pairwise(borders), strict=True):
                client.execute_command("CLUSTER ADDSLOTS", *range(first, end))
                client.execute_command("CLUSTER MEET", "127.0.0.1", self.nodes[0].port)
            for client in clients:
                _wait_until_whole(client)

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()


def _wait_until_whole(client: redis.Redis) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        said = client.execute_command("CLUSTER INFO")  # type: ignore[no-untyped-call]
        state = {name: str(value) for name, value in said.items()}
        if (state["cluster_state"], state["cluster_size"]) == ("ok", str(_NODES)):
            return
        assert time.monotonic() < deadline, f"the cluster does not form: {state}"
        time.sleep(0.02)
