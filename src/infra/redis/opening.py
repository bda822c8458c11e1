"""What is checked and agreed upon when a store is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from redis.exceptions import ResponseError

from backstage.domain.errors import ConfigurationError
from backstage.domain.opening import Opening
from backstage.infra.log_events import REDIS_POLICY_UNKNOWN
from backstage.infra.redis.client import Client
from backstage.infra.redis.location import checked_group
from backstage.infra.redis.rows import unpack
from backstage.infra.redis.store_errors import OLDEST, refused, translate

DEFAULT_GROUP = "backstage-workers"
FORMAT = 1
"""Of the keys in keys.py. A release raises it when it uses them in a way that the release before cannot live with."""
_OLDEST = (6, 2)


async def check_version(client: Client) -> None:
    """Refuse a server that lacks what the scripts use. Raises ConfigurationError."""
    for reply in await client.ask_all("HELLO"):
        if isinstance(reply, ResponseError):
            raise translate(reply, client.location.url) from reply
        refuse_old(reply, client.location.url)


def refuse_old(greeting: Mapping[bytes, Any], url: str) -> None:
    """`greeting` is a server's reply to HELLO; Valkey, too, tells the version of Redis that it is compatible with."""
    version = greeting[b"version"].decode()
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        raise ConfigurationError(url, f"the server is version {version}: Backstage needs {OLDEST}")


async def check_access(client: Client) -> None:
    """Refuse a user who may not run what the scripts do, before a task is half done. Raises ConfigurationError."""
    commands: list[str] = unpack(await client.run("check_access", client.keys.group, []))
    if commands:
        raise refused(client.location.url, commands, "")


async def check_eviction(client: Client, logger: Any) -> None:
    """Refuse a server that may delete tasks to make room. Raises ConfigurationError."""
    if client.location.allow_eviction:
        return
    policies = await eviction_policies(client)
    if policies is None:
        if logger is not None:
            logger.warning(
                REDIS_POLICY_UNKNOWN, remedy="grant +config|get, or make sure that the server does not evict keys"
            )
        return
    for policy in policies:
        if policy != "noeviction":
            raise ConfigurationError(
                client.location.url,
                f"the server's maxmemory-policy is {policy}, which deletes tasks when memory runs short: "
                "set it to noeviction, or add ?allow_eviction=yes to accept that",
            )


async def eviction_policies(client: Client) -> list[str] | None:
    """The policy of each server, or None where it may not be read."""
    return await settings_of(client, "maxmemory-policy", default="noeviction")


async def settings_of(client: Client, name: str, *, default: str) -> list[str] | None:
    """The setting of each server, `default` where it has none of that name; None where it may not be read."""
    replies = await client.ask_all("CONFIG", "GET", name)
    if any(isinstance(reply, ResponseError) for reply in replies):
        return None
    return [_value(reply, default) for reply in replies]


def _value(reply: Any, default: str) -> str:
    values = list(reply.values()) if isinstance(reply, dict) else list(reply)[1::2]
    if not values:
        return default
    value = values[0]
    return value.decode() if isinstance(value, bytes) else str(value)


async def enter_store(client: Client, wanted: str | None, opening: Opening) -> str:
    """Return the name of the store's consumer group, which is whatever its first opener asked for.

    A store that exists is only read. Raises ConfigurationError where another group is asked for, and for a store of a
    newer format.
    """
    if wanted is not None:
        checked_group(wanted, "consumer_group")
    stored, format_number = await client.commands(("GET", client.keys.group), ("HGET", client.keys.about, "format"))
    check_format(format_number, client.location.url)
    if stored is None:
        if opening is Opening.READ:
            return wanted or DEFAULT_GROUP
        argument = [wanted or DEFAULT_GROUP, FORMAT, uuid4().hex]
        stored = await client.run("begin_store", client.keys.store, argument)
    group: str = stored.decode()
    if wanted is not None and group != wanted:
        raise ConfigurationError(
            "consumer_group",
            f"the store's group is {group!r} and not {wanted!r}: set BACKSTAGE_CONSUMER_GROUP={group}, or unset it",
        )
    return group


def check_format(stored: bytes | None, url: str) -> None:
    """A store without a number has the first format: releases before it made it so. Raises ConfigurationError."""
    number = 1 if stored is None else int(stored)
    if number > FORMAT:
        raise ConfigurationError(url, f"has format {number}, but this Backstage knows only {FORMAT}: upgrade Backstage")
