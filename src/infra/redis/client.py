"""How the ports speak to the servers: by scripts, from any event loop, with our errors."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from redis.exceptions import NoScriptError, ResponseError

from backstage.domain.errors import ConfigurationError, StorageUnavailableError, TaskError
from backstage.infra.connection_epoch import ConnectionEpoch
from backstage.infra.redis.keys import NEVER, Keys
from backstage.infra.redis.location import Location
from backstage.infra.redis.rows import pack
from backstage.infra.redis.scripts import Script, script
from backstage.infra.redis.servers import Servers, servers_at
from backstage.infra.redis.shared_connection import Command
from backstage.infra.redis.store_errors import DRIVER_ERRORS, translate
from backstage.infra.server_time import ServerTime

T = TypeVar("T")

Step = tuple[str, str, object]
"""A script's name, the beginning of the keys it works on, and its argument, to be packed unless it is `Flat`."""


class Flat(list[str]):
    """Arguments that the script need not unpack: its ARGV from 7 on."""


_DURABLE = frozenset({"add_tasks", "settle_tasks", "save_task", "fire_schedule", "write_tasks", "write_pruned"})
"""Scripts whose effect was promised to somebody: with `wait_replicas` they count when the replicas have them."""


class Client:
    """Connections belong to the loop that opened them; calls from other loops hop there."""

    def __init__(self, location: Location, time: ServerTime, epoch: ConnectionEpoch | None = None) -> None:
        self.location, self.time = location, time
        self.is_one_server = location.kind != "cluster"
        """Whether a script may look at the store's own keys beside those of a queue."""
        self.epoch = epoch or ConnectionEpoch()
        """Of all connections to the store, those of other clients that share it among them."""
        self.keys = Keys(location.prefix)
        self.group = ""
        self._servers: Servers | None = None
        self._home: asyncio.AbstractEventLoop | None = None
        self._pid = os.getpid()

    @property
    def is_open(self) -> bool:
        return self._servers is not None

    def open(self) -> None:
        self._home, self._pid = asyncio.get_running_loop(), os.getpid()
        self._servers = servers_at(self.location, self.epoch)

    async def close(self) -> None:
        servers, self._servers = self._servers, None
        if servers is None or self._pid != os.getpid():
            return  # in a forked child the connections are the parent's
        assert self._home is not None
        if self._home is asyncio.get_running_loop():
            await servers.close()
        elif self._home.is_running():
            await self._hop(self._home, servers.close)

    # -- scripts and commands --------------------------------------------------------------------

    async def run(self, name: str, keys: str, argument: object) -> Any:
        """Run a script on one queue, or on the store's own keys."""
        [reply] = await self.run_each([(name, keys, argument)])
        return reply

    async def run_each(self, steps: Sequence[Step], known_control: str | None = None) -> list[Any]:
        """Run scripts together; each is atomic, all of them are not. Raises the first error, after all were tried.

        With `known_control`, on one server only, they answer 0 and do nothing if the store's `control` is another now.
        """
        return await self.at_home(lambda: self.run_each_at_home(steps, known_control))

    async def run_each_at_home(self, steps: Sequence[Step], known_control: str | None = None) -> list[Any]:
        """The same for a caller on the loop that opened the client."""
        if not steps:
            return []
        scripts, arguments, commands = list[Script](), list[Command](), list[Command]()
        for name, keys, argument in steps:
            scripts.append(script(name))
            arguments.append(self._arguments(keys, argument, known_control))
            commands.append(("EVALSHA", scripts[-1].sha, *arguments[-1]))
        durable = self.location.wait_replicas > 0 and any(each.name in _DURABLE for each in scripts)
        if durable:
            commands.append(self._wait())
        replies = await self._send(commands)
        confirmed = replies.pop() if durable else 0
        failed = [reply for reply in replies if isinstance(reply, ResponseError)]
        if failed:
            if any(isinstance(reply, NoScriptError) for reply in failed):
                replies = await self._run_unknown(scripts, arguments, replies)
                [confirmed] = await self._send([self._wait()]) if durable else [0]
            self._checked(replies)
        if durable:
            self._check_confirmed(confirmed)
        return replies

    def _wait(self) -> Command:
        """Wait on the same connection, half as long as for a reply: the server looks up but ten times a second."""
        return ("WAIT", self.location.wait_replicas, int(self.location.socket_timeout * 500))

    def _check_confirmed(self, confirmed: Any) -> None:
        [number] = self._checked([confirmed])
        if number < self.location.wait_replicas:
            raise StorageUnavailableError(
                f"{self.location.url}: not durable: {number} of {self.location.wait_replicas} replicas confirmed the "
                "step, which the primary has made; you may repeat the call"
            )

    async def commands(self, *commands: Command) -> list[Any]:
        return self._checked(await self.at_home(lambda: self._send(commands)))

    async def command(self, *command: str | bytes | int) -> Any:
        [reply] = await self.commands(command)
        return reply

    async def ask_all(self, *command: str | bytes | int) -> list[Any]:
        """The replies of every server, errors among them."""
        return list((await self.ask_each(lambda _: command)).values())

    async def ask_each(self, command_for: Callable[[str], Command]) -> dict[str, Any]:
        """The replies of every server to its own command, errors among them, by the server's name."""
        return await self.at_home(lambda: self._reach(self._opened().send_each(command_for)))

    async def measure_time(self) -> None:
        """Learn the server's time, that of any node of a cluster."""
        asked_at = self.time.clock.monotonic()
        reply, *_ = await self.ask_all("TIME")
        if not isinstance(reply, ResponseError):  # what the user may not do is told by who needs it
            seconds, micros = reply
            self.time.measured(int(seconds) * 1_000_000 + int(micros), asked_at)

    def _arguments(self, keys: str, argument: object, known_control: str | None) -> Command:
        now, lease_now = self.time.now(), self.time.lease_now()
        given_now = "" if now is None else str(now)
        given_lease_now = "" if lease_now is None else str(lease_now)
        store = self.keys.store if self.is_one_server else ""
        declared = (keys, f"{keys}{NEVER}")
        if isinstance(argument, Flat):
            return (2, *declared, given_now, given_lease_now, self.group, "", self.keys.wake_channel, store, *argument)
        arguments = (given_now, given_lease_now, self.group, pack(argument), self.keys.wake_channel, store)
        if known_control is None:
            return (2, *declared, *arguments)
        return (3, *declared, self.keys.control, *arguments, known_control)

    async def _run_unknown(self, scripts: list[Script], arguments: list[Command], replies: list[Any]) -> list[Any]:
        """Send the texts of the scripts that the server has forgotten, or never heard of."""
        unknown = [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        again = await self._send([("EVAL", scripts[at].text, *arguments[at]) for at in unknown])
        for at, reply in zip(unknown, again, strict=True):
            replies[at] = reply
        return replies

    def _checked(self, replies: list[Any]) -> list[Any]:
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise translate(reply, self.location.url) from reply
        return replies

    # -- sending ---------------------------------------------------------------------------------

    def _send(self, commands: Sequence[Command]) -> Awaitable[list[Any]]:
        return self._reach(self._opened().send(commands))

    async def _reach(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except TaskError:
            raise
        except DRIVER_ERRORS as error:
            raise translate(error, self.location.url) from error

    def at_home(self, call: Callable[[], Awaitable[T]]) -> Awaitable[T]:
        """Make the call on the loop that opened the client (decision 0408)."""
        self._opened()
        assert self._home is not None
        return call() if self._home is asyncio.get_running_loop() else self._hop(self._home, call)

    def _opened(self) -> Servers:
        if self._servers is None:
            raise StorageUnavailableError("the store is not open: open it first")
        if self._pid != os.getpid():
            raise ConfigurationError(
                "redis", f"was opened in process {self._pid} and used in its child: open a new backend after the fork"
            )
        return self._servers

    async def _hop(self, home: asyncio.AbstractEventLoop, call: Callable[[], Awaitable[T]]) -> T:
        if not home.is_running():
            raise StorageUnavailableError("the event loop that opened the store has ended: open it again")

        async def made() -> T:
            return await call()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(made(), home))
