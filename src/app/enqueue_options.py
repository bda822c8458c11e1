"""What may be said of a task that is enqueued: the fields of EnqueueTask as keyword arguments, for type checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe


class CallOptions(TypedDict, total=False):
    """The keyword arguments of `call` beside its `timeout`, which is that of the waiting."""

    payload_version: int
    queue: str
    priority: int
    max_attempts: int | None
    backoff: Backoff | None
    soft_timeout: float | None
    max_deliveries: int | None
    correlation_id: str | None
    metadata: Mapping[str, str] | None
    tags: Sequence[str] | None
    key: str | None
    id: str | UUID | None


class OptionsBesideTime(CallOptions, total=False):
    timeout: float | None
    is_awaited: bool


class OptionsBesideDedupe(OptionsBesideTime, total=False):
    """With these alone a task is always stored."""

    delay: float | None
    scheduled_at: datetime | str | None


class EnqueueOptions(OptionsBesideDedupe, total=False):
    """The keyword arguments of `enqueue`, wherever it stands; EnqueueTask says what each of them means.

    A function of yours that passes them on is typed as `**options: Unpack[EnqueueOptions]`.
    """

    dedupe: Dedupe | str | None
