from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.domain.opening import Opening
from backstage.domain.ports.clock import Clock
from backstage.infra.redis.client import Client
from backstage.infra.redis.control import RedisControl
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.location import Location
from backstage.infra.redis.opening import check_access, check_eviction, check_version, enter_store
from backstage.infra.redis.queue import RedisQueue
from backstage.infra.redis.registry import RedisRegistry
from backstage.infra.redis.scripts import all_scripts
from backstage.infra.redis.tasks import RedisTasks
from backstage.infra.redis.tls import check_speech, check_tls
from backstage.infra.redis.wakeup import RedisWakeup, subscribe
from backstage.infra.server_time import server_time
from backstage.infra.system_clock import SystemClock

if TYPE_CHECKING:
    from backstage.domain.finding import Finding
    from backstage.infra.redis.archive import RedisArchive
    from backstage.infra.redis.audit_log import RedisAuditLog
    from backstage.infra.redis.broadcasts import RedisBroadcasts
    from backstage.infra.redis.bulk_operations import RedisBulkOperations
    from backstage.infra.redis.facts import RedisFacts
    from backstage.infra.redis.run_history import RedisRunHistory
    from backstage.infra.redis.schedules import RedisSchedules
    from backstage.infra.redis.subscriptions import RedisSubscriptions
    from backstage.infra.redis.task_events import RedisTaskEvents
    from backstage.infra.redis.tokens import RedisTokens
    from backstage.infra.redis.type_definitions import RedisTypeDefinitions


class RedisBackend:
    """A store on Redis or Valkey, shared by processes of any number of hosts.

    Without a clock it goes by the server's. `consumer_group` None is whichever the store has. `logger` is a structlog
    logger that is told what may be wrong with the server. Ports that few programs need are loaded when they are asked
    for.
    """

    def __init__(
        self, location: Location, clock: Clock | None, *, consumer_group: str | None = None, logger: Any = None
    ) -> None:
        if consumer_group is not None and location.group not in (None, consumer_group):
            raise ConfigurationError(
                "consumer_group", f"is {consumer_group!r}, but {location.group!r} in the URL: give only one of them"
            )
        self._location = location
        self._group = consumer_group or location.group
        self._logger = logger
        self._client = Client(location, server_time(clock, SystemClock()))
        self.clock = self._client.time.clock
        self._directory = Directory(self._client)
        self.tasks = RedisTasks(self._client, self._directory)
        self.queue = RedisQueue(self._client, self._directory)
        self.control = RedisControl(self._client, self._directory)
        self.registry = RedisRegistry(self._client)

    @classmethod
    def from_url(
        cls, url: str, clock: Clock | None, *, consumer_group: str | None = None, logger: Any = None
    ) -> RedisBackend:
        """Make one from a URL as docs/redis.md describes them. Raises ConfigurationError."""
        return cls(Location.of(url), clock, consumer_group=consumer_group, logger=logger)

    @cached_property
    def schedules(self) -> RedisSchedules:
        from backstage.infra.redis.schedules import RedisSchedules  # noqa: PLC0415 - see above

        return RedisSchedules(self._client, self._directory)

    @cached_property
    def subscriptions(self) -> RedisSubscriptions:
        from backstage.infra.redis.subscriptions import RedisSubscriptions  # noqa: PLC0415 - see above

        return RedisSubscriptions(self._client)

    @cached_property
    def broadcasts(self) -> RedisBroadcasts:
        from backstage.infra.redis.broadcasts import RedisBroadcasts  # noqa: PLC0415 - see above

        return RedisBroadcasts(self._client)

    @cached_property
    def facts(self) -> RedisFacts:
        from backstage.infra.redis.facts import RedisFacts  # noqa: PLC0415 - see above

        return RedisFacts(self._client, self._directory, self.registry)

    @cached_property
    def audit_log(self) -> RedisAuditLog:
        from backstage.infra.redis.audit_log import RedisAuditLog  # noqa: PLC0415 - see above

        return RedisAuditLog(self._client)

    @cached_property
    def bulk_operations(self) -> RedisBulkOperations:
        from backstage.infra.redis.bulk_operations import RedisBulkOperations  # noqa: PLC0415 - see above

        return RedisBulkOperations(self._client)

    @cached_property
    def type_definitions(self) -> RedisTypeDefinitions:
        from backstage.infra.redis.type_definitions import RedisTypeDefinitions  # noqa: PLC0415 - see above

        return RedisTypeDefinitions(self._client)

    @cached_property
    def tokens(self) -> RedisTokens:
        from backstage.infra.redis.tokens import RedisTokens  # noqa: PLC0415 - see above

        return RedisTokens(self._client)

    @cached_property
    def archive(self) -> RedisArchive:
        from backstage.infra.redis.archive import RedisArchive  # noqa: PLC0415 - see above

        return RedisArchive(self._client, self._directory)

    @cached_property
    def history(self) -> RedisRunHistory:
        from backstage.infra.redis.run_history import RedisRunHistory  # noqa: PLC0415 - see above

        return RedisRunHistory(self._client)

    @cached_property
    def task_events(self) -> RedisTaskEvents:
        from backstage.infra.redis.task_events import RedisTaskEvents  # noqa: PLC0415 - see above

        return RedisTaskEvents(self._client, self._directory)

    async def open(self, opening: Opening = Opening.WORK) -> None:
        """Connect, see that the server is fit, and agree with whoever else uses the store; nothing if it is open.

        Nothing is written to a store that exists, for a full server refuses that.
        """
        if self._client.is_open:
            return
        check_tls(self._location)
        all_scripts()  # read while they are those of this release: an upgrade may replace them under a worker
        self._client.open()
        try:
            await check_version(self._client)
            await self._client.measure_time()
            await check_eviction(self._client, self._logger)
            self._client.group = await enter_store(self._client, self._group, opening)
            if opening is not Opening.READ:
                await check_access(self._client)
        except BaseException as error:
            await self._client.close()
            if isinstance(error, StorageUnavailableError):
                await check_speech(self._location)
            raise

    async def close(self) -> None:
        await self._client.close()

    def wakeup(self, name: str | None = None) -> AbstractAsyncContextManager[RedisWakeup]:
        return subscribe(self._client, name)

    @contextlib.asynccontextmanager
    async def lease_queue(self) -> AsyncIterator[RedisQueue]:
        """Over connections of the running loop, which no handler on another loop can hold up."""
        client = Client(self._location, self._client.time, self._client.epoch)
        client.group = self._client.group
        client.open()
        try:
            yield RedisQueue(client, self._directory.over(client))
        finally:
            await client.close()

    async def diagnose(self) -> list[Finding]:
        """Examine the server and the store; works without `open`."""
        from backstage.infra.redis.diagnosis import diagnose  # noqa: PLC0415 - see above

        return await diagnose(self._location)
