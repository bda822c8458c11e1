from __future__ import annotations

import redis


def keys_of(server: redis.Redis, prefix: str) -> set[str]:
    """What follows the prefix in the names of a store's keys."""
    return {key.replace(prefix, "", 1) for key in server.scan_iter(match=f"{{{prefix}*", count=1000)}
