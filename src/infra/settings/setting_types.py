"""What a setting's value may be: from text, as the environment has it, or as the thing itself.

Each validator's error completes the sentence "NAME: ..." in one line.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable
from fnmatch import translate
from typing import TYPE_CHECKING, Any

from backstage.domain.backoff import Backoff, BackoffKind
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import MAX_SECONDS, check_name
from backstage.infra.settings.http_address import host_and_port, written
from backstage.infra.settings.setting import Check

if TYPE_CHECKING:
    from pydantic import SecretStr

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_GLOB = re.compile(r"[A-Za-z0-9_.:\-*?\[\]!]{1,128}")
_BACKOFF_LIMITS = (3600.0, 0.0)  # cap and jitter, where they are not given
_PRINTABLE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,128}")


def seconds(least: float, most: float = MAX_SECONDS) -> Check:
    return lambda value: _number(value, least, most, "a number of seconds")


def seconds_or_none(least: float, most: float = MAX_SECONDS) -> Check:
    """The word `none` switches the limit off."""
    return _or_word("none", lambda value: _number(value, least, most, "a number of seconds or 'none'"))


def whole(least: int, most: int) -> Check:
    return lambda value: _whole(value, least, most, "a whole number")


def whole_or_none(least: int, most: int) -> Check:
    """The word `none` switches the limit off."""
    return _or_word("none", lambda value: _whole(value, least, most, "a whole number or 'none'"))


def whole_or_auto(least: int, most: int) -> Check:
    """The word `auto`, kept as None, leaves the number to the program."""
    return _or_word("auto", lambda value: _whole(value, least, most, "a whole number or 'auto'"))


def switch() -> Check:
    return _switch


def text(value: object) -> str:
    """Any but the empty one."""
    if not isinstance(value, str):
        raise ValueError(f"is of type {type(value).__name__}, not a string")
    if not value:
        raise ValueError("is empty")
    return value


def secret_or_none(value: object) -> SecretStr | None:
    """A text that nothing shows."""
    if value is None:
        return None
    from pydantic import SecretStr  # noqa: PLC0415 - slow to load, and few have one

    return value if isinstance(value, SecretStr) else SecretStr(text(value))


def one_of(*words: str) -> Check:
    """One of the words, of which each may be a member of an enumeration."""
    by_word = {str(word): word for word in words}

    def check(value: object) -> str:
        word = str(value).strip().lower()
        if word not in by_word:
            raise ValueError(f"{value!r} is not one of {', '.join(by_word)}")
        return by_word[word]

    return check


def backoff_text() -> Check:
    """A Backoff, or as text KIND BASE [CAP [JITTER]], kept as the text that Backoff.parse reads."""
    return _backoff


def queue_names() -> Check:
    return _listed(_queue_name)


def type_globs() -> Check:
    return _listed(_type_glob)


def modules() -> Check:
    return _listed(_module)


def label() -> Check:
    """A name that people and stores can show: 1 to 128 printable characters without white space."""
    return _label


def http_address() -> Check:
    """HOST:PORT; the word `none` is no address."""
    return _or_word("none", lambda value: written(*host_and_port(str(value))))


def _listed(check: Callable[[str], str]) -> Check:
    def parse(value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            value = [word for word in (part.strip() for part in value.split(",")) if word]
        if not isinstance(value, (list, tuple, set, frozenset)) or not all(isinstance(word, str) for word in value):
            raise ValueError(f"{value!r} is not a list of names: separate them with commas")
        return tuple(check(word) for word in dict.fromkeys(value))

    return parse


def _or_word(word: str, parse: Callable[[object], Any]) -> Callable[[object], Any]:
    """None for the word, else what `parse` makes of the value."""

    def check(value: object) -> Any:
        is_word = value is None or (isinstance(value, str) and value.strip().lower() == word)
        return None if is_word else parse(value)

    return check


def _number(value: object, least: float, most: float, wanted: str) -> float:
    number = math.nan
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not {wanted}")
    if not least <= number <= most:
        raise ValueError(f"{value} is not between {least:g} and {most:.10g} seconds")
    return number


def _whole(value: object, least: int, most: int, wanted: str) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"{value!r} is not {wanted}")
    if not least <= number <= most:
        raise ValueError(f"{value} is not between {least} and {most}")
    return number


def _switch(value: object) -> bool:
    word = str(value).strip().lower()
    if word not in (*_TRUE, *_FALSE):
        raise ValueError(f"{value!r} is neither true nor false")
    return word in _TRUE


def _backoff(value: object) -> str:
    if isinstance(value, Backoff):
        return str(value)
    try:
        kind, *words = str(value).split()
        base, *limits = map(float, words)
        cap, jitter = [*limits, *_BACKOFF_LIMITS[len(limits) :]] if len(limits) < 2 else limits
        return str(Backoff(BackoffKind(kind), base, base if kind == BackoffKind.FIXED else cap, jitter))
    except InvalidTaskDataError as error:
        raise ValueError(str(error)) from None
    except ValueError:
        form = f"{'|'.join(BackoffKind)} BASE [CAP [JITTER]]"
        raise ValueError(f"{value!r} is not a backoff: write it as {form}, for instance 'exponential 1 300'") from None


def _queue_name(name: str) -> str:
    try:
        return check_name("queue", name)
    except InvalidTaskDataError as error:
        raise ValueError(error.fields[0].message) from None


def _type_glob(glob: str) -> str:
    if not _GLOB.fullmatch(glob):
        raise ValueError(f"{glob!r} is not a pattern of task types: write it like email:* or email:send")
    re.compile(translate(glob))
    return glob


def _module(name: str) -> str:
    if not _MODULE.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a module: write it like shop.tasks")
    return name


def _label(value: object) -> str:
    if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
        raise ValueError(f"{value!r} is not 1 to 128 printable characters without white space")
    return value
