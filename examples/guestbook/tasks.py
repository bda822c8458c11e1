from __future__ import annotations

from typing import TypedDict

from backstage import handler
from examples.guestbook.models import Entry


class Greeted(TypedDict):
    entry: int


@handler("entry:greet", max_attempts=3)
def greet(payload: Greeted) -> str:
    """Runs in a thread, where Django's ORM is at home. Doing it twice does no harm."""
    entry = Entry.objects.get(pk=payload["entry"])
    entry.greeting = f"Nice to see you, {entry.name}!"
    entry.save(update_fields=["greeting"])
    return entry.greeting
