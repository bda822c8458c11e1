"""The user that docs/redis.md says is allowed enough."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import redis

NAME, PASSWORD = "backstage", "s3cret"
_DOCUMENT = Path(__file__).parents[3] / "docs" / "redis.md"
_RULE = re.compile(r"ACL SETUSER backstage (?P<rules>.*?)```", re.DOTALL)


def documented_rules(prefix: str) -> list[str]:
    """The rules of the user, for the stores whose prefix begins so."""
    found = _RULE.search(_DOCUMENT.read_text(encoding="utf-8"))
    assert found is not None
    return [rule.replace("secret", PASSWORD).replace("{backstage", f"{{{prefix}") for rule in found["rules"].split()]


def make_user(url: str) -> str:
    """Make the user for all stores that tests make on the server, and return the URL with its login."""
    rules = [rule.replace("{test-*}", "{test-*").replace("{test-*:*", "{test-*") for rule in documented_rules("test-*")]
    with redis.Redis.from_url(url) as admin:
        admin.execute_command("ACL", "SETUSER", NAME, *rules, "+config|get")
    parts = urlsplit(url)
    return parts._replace(netloc=f"{NAME}:{PASSWORD}@{parts.netloc.rpartition('@')[2]}").geturl()
