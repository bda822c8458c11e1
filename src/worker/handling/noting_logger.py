"""A logger that notes what a handler logs, so that a failed attempt can show it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

Note = Callable[[str, str, Mapping[str, Any]], None]
"""Is told the level, the text and the fields of each line."""

_LEVELS = {name: name for name in ("debug", "info", "warning", "error", "critical", "exception")} | {
    "warn": "warning",
    "fatal": "critical",
    "err": "error",
    "msg": "info",
}
_LONGEST = 2000
"""Characters of one value."""


class NotingLogger:
    """Passes everything on to the logger that it is given; notes all lines but those of level debug, which it notes if
    that logger writes them."""

    def __init__(self, logger: Any, note: Note, fields: Mapping[str, Any] | None = None) -> None:
        """`fields` are bound to the logger already, and belong to the line."""
        self._logger, self._note, self._fields = logger, note, fields or {}

    def bind(self, **fields: Any) -> NotingLogger:
        return NotingLogger(self._logger.bind(**fields), self._note, {**self._fields, **fields})

    def new(self, **fields: Any) -> NotingLogger:
        return NotingLogger(self._logger.new(**fields), self._note, fields)

    def unbind(self, *names: str) -> NotingLogger:
        left = {name: value for name, value in self._fields.items() if name not in names}
        return NotingLogger(self._logger.unbind(*names), self._note, left)

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._logger, name)
        level = _LEVELS.get(name.removeprefix("a") if name.startswith("a") else name)
        if level is None or (level == "debug" and not _is_debugging(self._logger)):
            return attribute

        def log(event: Any = None, *arguments: Any, **fields: Any) -> Any:
            self._note(level, _text(event, arguments), self._plain({**self._fields, **fields}, level))
            return attribute(event, *arguments, **fields)

        return log

    def _plain(self, fields: dict[str, Any], level: str) -> dict[str, Any]:
        wanted = fields.pop("exc_info", None) or level == "exception"
        plain = {str(name): _as_json(value) for name, value in fields.items()}
        if wanted and "exception" not in plain:
            error = wanted if isinstance(wanted, BaseException) else None
            plain["exception"] = "".join(traceback.format_exception(error)) if error else traceback.format_exc()
        return plain


def _is_debugging(logger: Any) -> bool:
    hears = getattr(logger, "is_enabled_for", None)
    return hears is not None and bool(hears(logging.DEBUG))


def _text(event: Any, arguments: tuple[Any, ...]) -> str:
    try:
        return str(event) % arguments if arguments else str(event)
    except Exception:  # the logger says what is wrong with it
        return str(event)


def _as_json(value: Any) -> Any:
    if value is None or type(value) in (bool, int, float):
        return value
    text = value if isinstance(value, str) else _repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # an object whose repr fails must not stop the line that reports it
        return f"<{type(value).__name__}>"
