"""The setting `retention`: which finished tasks some queues keep, written `QUEUE.keep_…=VALUE`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.keeping import KEEPING_FIELDS, Keeping
from backstage.domain.limits import check_name
from backstage.infra.settings.setting import Check


def queue_retentions() -> Check:
    """Kept as it is written in the environment, one text for each. The word `none` switches a limit off."""
    return _parse


def keepings_of(entries: Iterable[str]) -> dict[str, Keeping]:
    """What the setting's entries say, by queue."""
    said: dict[str, dict[str, Any]] = {}
    for entry in entries:
        queue, field, value = _parts(entry)
        said.setdefault(queue, {})[field] = _number(field, value)
    return {queue: Keeping(**fields) for queue, fields in said.items()}


def _parse(value: object) -> tuple[str, ...]:
    entries = list(_entries(value))
    try:
        for queue in keepings_of(entries):
            check_name("queue", queue)
    except InvalidTaskDataError as error:
        raise ValueError(f"{error.fields[0].field}: {error.fields[0].message}") from None
    return tuple(dict.fromkeys(entries))


def _entries(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return [entry for entry in (part.strip() for part in value.split(",")) if entry]
    if isinstance(value, Mapping) and all(isinstance(fields, Mapping) for fields in value.values()):
        return [f"{queue}.{field}={number}" for queue, fields in value.items() for field, number in fields.items()]
    if isinstance(value, (list, tuple)) and all(isinstance(entry, str) for entry in value):
        return [entry.strip() for entry in value]
    raise ValueError(f"{value!r} is neither a list such as mail.keep_failed=100 nor tables such as [retention.mail]")


def _parts(entry: str) -> tuple[str, str, str]:
    path, equals, value = (part.strip() for part in entry.partition("="))
    queue, _, field = path.rpartition(".")
    if not equals or not queue or field not in KEEPING_FIELDS:
        raise ValueError(f"{entry!r} is not written like mail.keep_failed=100, with one of {', '.join(KEEPING_FIELDS)}")
    return queue, field, value


def _number(field: str, value: str) -> float:
    if value.lower() == "none":
        return math.inf
    try:
        return float(value) if field.endswith("_for") else int(value)
    except ValueError:
        wanted = "a number of seconds" if field.endswith("_for") else "a whole number"
        raise ValueError(f"{field}: {value!r} is not {wanted} or 'none'") from None
