"""What is checked and agreed upon when a store is opened."""

from __future__ import annotations

import logging
from typing import Any

from redis.exceptions import ResponseError

from backstage.domain.errors import ConfigurationError
from backstage.infra.redis.link import Link
from backstage.infra.redis.location import checked_group

DEFAULT_GROUP = "backstage-workers"

_log = logging.getLogger(__name__)


async def check_eviction(link: Link) -> None:
    """Refuse a server that may delete tasks to make room. Raises ConfigurationError."""
    if link.location.allow_eviction:
        return
    policies = await eviction_policies(link)
    if policies is None:
        _log.warning("redis_policy_unknown", extra={"reason": "the user may not read the server's configuration"})
        return
    for policy in policies:
        if policy != "noeviction":
            raise ConfigurationError(
                link.location.url,
                f"the server's maxmemory-policy is {policy}, which deletes tasks when memory runs short: "
                "set it to noeviction, or add ?allow_eviction=yes to accept that",
            )


async def eviction_policies(link: Link) -> list[str] | None:
    """The policy of each server, or None where it may not be read."""
    replies = await link.ask_all("CONFIG", "GET", "maxmemory-policy")
    if any(isinstance(reply, ResponseError) for reply in replies):
        return None
    return [_value(reply) for reply in replies]


def _value(reply: Any) -> str:
    values = list(reply.values()) if isinstance(reply, dict) else list(reply)[1::2]
    if not values:
        return "noeviction"
    value = values[0]
    return value.decode() if isinstance(value, bytes) else str(value)


async def agree_on_group(link: Link, wanted: str | None) -> str:
    """Return the name of the store's consumer group, which is whatever its first opener asked for.

    Raises ConfigurationError when another one is asked for.
    """
    if wanted is not None:
        checked_group(wanted, "consumer_group")
    name = wanted or DEFAULT_GROUP
    await link.command("SET", link.keys.group, name, "NX")
    stored: str = (await link.command("GET", link.keys.group)).decode()
    if wanted is not None and stored != wanted:
        raise ConfigurationError(
            "consumer_group",
            f"the store's group is {stored!r} and not {wanted!r}: set BACKSTAGE_CONSUMER_GROUP={stored}, or nothing",
        )
    return stored
