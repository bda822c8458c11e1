"""What a task may be: the limits that are enforced when it is enqueued, the same on every backend."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache

from backstage.domain.errors import InvalidTaskDataError

MAX_PAYLOAD_BYTES = 1024 * 1024
MAX_PAYLOAD_DEPTH = 64
MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)
MIN_PRIORITY = -32_768
MAX_PRIORITY = 32_767
MAX_NAME_LENGTH = 128
MAX_KEY_LENGTH = 512
MAX_METADATA_BYTES = 16 * 1024
MAX_TAGS = 8
MAX_TAG_LENGTH = 64
MAX_TASK_KEY_LENGTH = 128
MAX_ATTEMPTS = 10_000
MAX_SECONDS = 366 * 86_400.0 * 100
MAX_ERROR_CHARACTERS = 16 * 1024
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:\-]{0,127}")


def check_name(field: str, name: object) -> str:
    """Return the name of a queue or a task type, or raise InvalidTaskDataError."""
    if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH or not _is_name(name):
        raise InvalidTaskDataError.of(
            field,
            f"{shown(name)} is not a name: use 1 to {MAX_NAME_LENGTH} of A-Z a-z 0-9 _ . : - "
            "and start with a letter, a digit or _",
        )
    return name


@lru_cache(maxsize=1024)  # programs use few names, each of them for many tasks
def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def is_encodable(text: object) -> bool:
    """Whether it is a text that a store can be asked for: one with lone surrogates, as odd arguments have, is not."""
    try:
        return isinstance(text, str) and text.encode() is not None
    except UnicodeEncodeError:
        return False


def check_id(field: str, task_id: object) -> str:
    """Return a task's id, or raise InvalidTaskDataError: a UUID as lower-case text, which sorts as its value does."""
    if not isinstance(task_id, str) or not _ID.fullmatch(task_id):
        raise InvalidTaskDataError.of(field, f"{shown(task_id)} is not the id of a task: pass a UUID in lower case")
    return task_id


def check_priority(priority: object) -> int:
    if not isinstance(priority, int) or isinstance(priority, bool):
        problem = f"{shown(priority)} is not a whole number, such as 100 for urgent or -100 for low"
        raise InvalidTaskDataError.of("priority", problem)
    if not MIN_PRIORITY <= priority <= MAX_PRIORITY:
        raise InvalidTaskDataError.of("priority", f"must lie between {MIN_PRIORITY} and {MAX_PRIORITY}")
    return int(priority)


def check_attempts(field: str, attempts: object) -> int:
    if not isinstance(attempts, int) or isinstance(attempts, bool) or not 1 <= attempts <= MAX_ATTEMPTS:
        raise InvalidTaskDataError.of(field, f"{shown(attempts)} is not a whole number from 1 to {MAX_ATTEMPTS}")
    return attempts


def check_seconds(field: str, seconds: object, *, least: float = 0.0) -> float:
    """Return a duration in seconds, or raise InvalidTaskDataError; `least` is the smallest one allowed."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise InvalidTaskDataError.of(field, f"{shown(seconds)} is not a number of seconds")
    if not least <= seconds <= MAX_SECONDS:
        raise InvalidTaskDataError.of(field, f"{shown(seconds)} is not between {least:g} seconds and 100 years")
    return float(seconds)


def check_patience(timeout: object) -> None:
    """Raise InvalidTaskDataError for what is no time to wait: NaN would put the loop's timers out of order."""
    if timeout is None:
        return
    if not isinstance(timeout, (int, float)) or isinstance(timeout, bool) or math.isnan(timeout):
        raise InvalidTaskDataError.of("timeout", f"{shown(timeout)} is not a number of seconds")


def check_result_options(keep_result_for: object, result_limit: object) -> None:
    """Raise InvalidTaskDataError for what cannot bound results: seconds, and bytes of JSON."""
    if keep_result_for is not None:
        check_seconds("keep_result_for", keep_result_for)
    if result_limit is None:
        return
    if (
        not isinstance(result_limit, int)
        or isinstance(result_limit, bool)
        or not 1 <= result_limit <= MAX_PAYLOAD_BYTES
    ):
        problem = f"{shown(result_limit)} is not a number of bytes from 1 to {MAX_PAYLOAD_BYTES:,}"
        raise InvalidTaskDataError.of("result_limit", problem)


def check_moment(field: str, moment: object) -> datetime:
    """Return the moment in UTC, or raise InvalidTaskDataError when it is naive or out of range."""
    if not isinstance(moment, datetime):
        raise InvalidTaskDataError.of(field, f"{shown(moment)} is not a datetime")
    if moment.tzinfo is None:
        raise InvalidTaskDataError.of(
            field, "has no time zone: write it like 2030-01-31T08:00:00Z, or pass an aware datetime"
        )
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        in_utc = LATEST.replace(year=9999, day=31)
    if not EARLIEST <= in_utc <= LATEST:
        raise InvalidTaskDataError.of(field, "must lie between 1970-01-01 and 9999-12-30")
    return in_utc


def check_text(field: str, text: object, longest: int) -> str:
    """Return a text that every store can keep: no NUL, no lone surrogate, at most `longest` characters."""
    if not isinstance(text, str) or not 1 <= len(text) <= longest:
        raise InvalidTaskDataError.of(field, f"{shown(text)} is not a string of 1 to {longest} characters")
    if "\0" in text:
        raise InvalidTaskDataError.of(field, "contains a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidTaskDataError.of(field, "contains a lone surrogate: it is not valid Unicode") from None
    return text


def check_tags(field: str, tags: object) -> tuple[str, ...]:
    """Return the tags in the order given, each once, or raise InvalidTaskDataError."""
    if isinstance(tags, str) or not isinstance(tags, Collection):
        raise InvalidTaskDataError.of(field, f"{shown(tags)} is not a list of strings: write ['vip']")
    checked = dict.fromkeys(check_text(f"{field}[{at}]", tag, MAX_TAG_LENGTH) for at, tag in enumerate(tags))
    if len(checked) > MAX_TAGS:
        raise InvalidTaskDataError.of(field, f"has {len(checked)} tags: give a task at most {MAX_TAGS}")
    return tuple(checked)


def storable(text: str, longest: int = MAX_ERROR_CHARACTERS) -> str:
    """Return the text of an error in a form that every store accepts, cut in the middle to `longest`."""
    clean = text.replace("\0", "�").encode("utf-8", "replace").decode()
    if len(clean) <= longest:
        return clean
    half = (longest - 5) // 2
    return f"{clean[:half]}\n...\n{clean[-half:]}"


def shown(value: object) -> str:
    """Return a value as an error may quote it: short, printable, whatever the value's own repr does."""
    try:
        text = ascii(value)
    except Exception:  # an object whose repr fails must still get a clear error
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
