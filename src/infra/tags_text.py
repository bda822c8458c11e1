"""A task's tags as JSON text, which is how every store keeps them."""

from __future__ import annotations

import json


def tags_json(tags: tuple[str, ...]) -> str | None:
    return json.dumps(tags, ensure_ascii=False) if tags else None


def tags_of(text: str | None) -> tuple[str, ...]:
    """Raises ValueError for what is no list of strings."""
    if text is None:
        return ()
    tags = json.loads(text)
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("is not a list of strings")
    return tuple(tags)
