from __future__ import annotations

from collections.abc import Iterable

from backstage.domain.cron_document import document_of
from backstage.domain.cron_task import CronTask
from backstage.domain.errors import ConfigurationError


def unique_schedules(crons: Iterable[CronTask]) -> list[CronTask]:
    """Return each cron task once. Raises ConfigurationError for two that differ and have one name."""
    by_name: dict[str, CronTask] = {}
    for cron in crons:
        if not isinstance(cron, CronTask):
            raise ConfigurationError("schedules", f"holds a {type(cron).__name__}, which is not a CronTask")
        known = by_name.setdefault(cron.name, cron)
        if document_of(known) != document_of(cron):
            raise ConfigurationError(
                "schedules", f"{cron.name!r} is the name of two schedules: give one of them another name="
            )
    return list(by_name.values())
