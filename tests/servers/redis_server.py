"""The Redis server that all tests share; each takes prefixes of its own."""

from __future__ import annotations

from uuid import uuid4

import redis


class RedisServer:
    def __init__(self, url: str) -> None:
        self.url = url
        self._made: list[str] = []

    def new_prefix(self) -> str:
        """Return a prefix that no key has yet."""
        prefix = f"test-{uuid4().hex}"
        self._made.append(prefix)
        return prefix

    def new_store(self) -> str:
        """Return the URL of an empty store: this server's, with a new prefix."""
        return f"{self.url}{'&' if '?' in self.url else '?'}prefix={self.new_prefix()}"

    def delete_prefixes(self) -> None:
        """Delete all keys with prefixes that new_prefix made."""
        if not self._made:
            return
        prefixes = [prefix.encode() for prefix in self._made]
        with redis.Redis.from_url(self.url, socket_timeout=30) as client:
            every = client.scan_iter(match="*test-*", count=1000)
            keys = [key for key in every if any(prefix in key for prefix in prefixes)]
            for first in range(0, len(keys), 1000):
                client.unlink(*keys[first : first + 1000])
        self._made.clear()
