"""What callers and a handler share, as a user writes it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field

from backstage import TaskType


class Email(BaseModel):
    to: str
    copies: int = Field(default=1, le=3)


@dataclass(frozen=True)
class Receipt:
    to: str
    number: int


EMAIL = TaskType("email:send", Email, Receipt, queue="mail", priority=5, timeout=30, max_attempts=2)
COUNT = TaskType("count", dict[str, int], int)
NIGHTLY = TaskType("nightly", None)


@EMAIL.handler
async def send(email: Email) -> Receipt:
    return Receipt(email.to, email.copies)


@COUNT.handler
def count(counts):  # type: ignore[no-untyped-def] # its type reads the payload
    return sum(counts.values())
