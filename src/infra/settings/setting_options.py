"""The settings as keyword arguments, for type checkers and editors; what each means is said in `Settings`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from backstage.domain.backoff import Backoff

if TYPE_CHECKING:
    from pydantic import SecretStr


class SettingOptions(TypedDict, total=False):
    """The fields of Settings beside `url` and `queues`, as arguments take them; None means not given.

    A function of yours that passes them on is typed as `**settings: Unpack[SettingOptions]`.
    """

    types: str | Collection[str] | None
    handlers: str | Collection[str] | None
    concurrency: int | None
    processes: int | None
    worker_id: str | None
    consumer_group: str | None
    lease: float | None
    poll_interval: float | None
    reclaim_interval: float | None
    control_interval: float | None
    grace_period: float | None
    prefetch: int | Literal["auto"] | None
    max_attempts: int | None
    backoff: Backoff | str | None
    max_deliveries: int | None
    timeout: float | None
    soft_timeout: float | Literal["none"] | None
    keep_completed_for: float | Literal["none"] | None
    keep_failed_for: float | Literal["none"] | None
    keep_cancelled_for: float | Literal["none"] | None
    keep_completed: int | Literal["none"] | None
    keep_failed: int | Literal["none"] | None
    keep_cancelled: int | Literal["none"] | None
    retention: str | Collection[str] | Mapping[str, Any] | None
    prune_interval: float | None
    keep_events_for: float | None
    schedule_interval: float | None
    subscription_interval: float | None
    alert_webhook: str | SecretStr | None
    alert_log: bool | None
    start_timeout: float | Literal["none"] | None
    migrate: bool | None
    until_idle: bool | None
    http: str | None
    stuck_after: float | None
    otel: bool | None
    log_level: str | None
    log_format: str | None
    silent: bool | None
