"""A value made of plain JSON types alone, or the path of the first part that is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.field_error import FieldError
from backstage.domain.json_forms import NoJsonForm, json_form
from backstage.domain.limits import MAX_INTEGER, MAX_PAYLOAD_DEPTH, MIN_INTEGER, shown


class _Refused(Exception):
    """What is wrong with a part; each level around it adds its own step to the path, so that a path costs nothing
    where all is well."""

    def __init__(self, problem: str, *, is_key: bool = False, within: tuple[FieldError, ...] = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.is_key = is_key
        self.within = within
        """Of a model: paths from the model on."""
        self.steps: list[str] = []


class PlainJson:
    """`form` turns a model or a dataclass into a dict. A value that must become more than `limit` bytes is refused on
    the way, before it has cost much."""

    def __init__(self, form: Callable[[Any, str], Any], field: str, limit: int) -> None:
        self._form = form
        self._field = field
        self._limit = limit
        self._items = 0

    def of(self, value: Any) -> Any:
        """Return a copy of plain types. Raises InvalidTaskDataError."""
        try:
            return self._plain(value, 0)
        except _Refused as refused:
            path = self._field + "".join(reversed(refused.steps))
            if refused.within:
                fields = tuple(FieldError(_short(path + each.field), each.message) for each in refused.within)
                raise InvalidTaskDataError(fields) from refused.__cause__
            path = f"a key of {path}" if refused.is_key else path
            raise InvalidTaskDataError.of(_short(path), refused.problem) from None

    def _plain(self, value: Any, depth: int) -> Any:
        """`depth` counts the arrays and objects around the value."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, (int, float)):
            return _number(value)
        value = self._in_form(value)
        if isinstance(value, (dict, list, tuple)):
            self._check(value, depth)
            return self._object(value, depth) if isinstance(value, dict) else self._array(value, depth)
        if isinstance(value, (str, int, float, bool, type(None))):  # what a model with one root value becomes
            return self._plain(value, depth)
        try:
            return self._plain(json_form(value), depth)
        except NoJsonForm as problem:
            raise _Refused(str(problem)) from None

    def _in_form(self, value: Any) -> Any:
        try:
            return self._form(value, "")
        except InvalidTaskDataError as error:
            raise _Refused("", within=error.fields) from error.__cause__

    def _check(self, value: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> None:
        if depth >= MAX_PAYLOAD_DEPTH:
            raise _Refused(f"is nested deeper than {MAX_PAYLOAD_DEPTH} levels: flatten it")
        self._items += len(value)
        if self._items * 2 > self._limit + MAX_PAYLOAD_DEPTH:  # a digit and a comma each
            raise _Refused(
                f"makes it too big, the limit is {self._limit:,} bytes of JSON: "
                "store the data elsewhere and pass a reference"
            )

    def _object(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        plain = {}
        for key, item in value.items():
            name = _key(key)
            try:
                plain[name] = self._plain(item, depth + 1)
            except _Refused as refused:
                refused.steps.append(f".{name}")
                raise
        return plain

    def _array(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        plain = []
        for item in value:
            try:
                plain.append(self._plain(item, depth + 1))
            except _Refused as refused:
                refused.steps.append(f"[{len(plain)}]")
                raise
        return plain


def _number(value: int | float) -> int | float:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _Refused(f"is {value}, which JSON does not have: use null or a string")
        return float(value)
    if not MIN_INTEGER <= value <= MAX_INTEGER:
        raise _Refused("is an int beyond 64 bits: pass it as a string")
    return int(value)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise _Refused(f"has the key {shown(key)}, which is not a string")
    return _text(key, is_key=True)


def _text(text: str, *, is_key: bool = False) -> str:
    if "\0" in text:
        raise _Refused("contains a NUL character, which no SQL store keeps: remove it", is_key=is_key)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _Refused("contains a lone surrogate: it is not valid Unicode", is_key=is_key) from None
    return str.__str__(text)  # the str of an enum that is one would be its name


def _short(path: str) -> str:
    return path if len(path) <= 120 else f"{path[:100]}... ({path.count('[') + path.count('.')} levels)"
