"""A structlog logger of one's own: nothing global is configured, so a library use changes no other logging."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping, MutableMapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO

from backstage.infra.json_lines import JsonLines
from backstage.infra.printable import printable
from backstage.infra.stand_ins import standing_in

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger, Processor

LogHandler = Callable[[Mapping[str, Any]], None]
LEVELS = ("debug", "info", "warning", "error", "critical")


class LogFormat(StrEnum):
    """AUTO: for people on a terminal, JSON lines anywhere else."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


def new_logger(
    *,
    level: str = "info",
    log_format: LogFormat | str = LogFormat.AUTO,
    silent: bool = False,
    log_handler: LogHandler | None = None,
    stream: TextIO | None = None,
) -> FilteringBoundLogger:
    """Return a logger that writes to `stream` (stderr), one entry a line.

    `log_handler` receives each entry as a mapping, beside the stream or, with `silent`, in its place; its errors
    are noted in the entry and stop nothing. Neither is a stream that cannot be written ever an error. An entry
    below `level` (one of LEVELS) costs one call that returns.
    """
    with standing_in("structlog", "rich", "rich.console", "rich.pretty", "rich.traceback"):
        import structlog  # noqa: PLC0415 - needed where a logger is made

    out = stream or sys.stderr
    is_json = log_format == LogFormat.JSON or (log_format == LogFormat.AUTO and not out.isatty())
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if log_handler is not None:
        processors.append(_HandlerCall(log_handler))
    if silent:
        processors.append(_drop)
    elif is_json:
        processors.append(structlog.processors.JSONRenderer(serializer=_to_json))
    else:
        processors.append(_escape_control_characters)
        processors.append(
            structlog.dev.ConsoleRenderer(
                colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=24
            )
        )
    is_heard = log_handler is not None or not silent
    logger_class = structlog.make_filtering_bound_logger(level if is_heard else "critical")
    if is_json and log_handler is None and not silent:
        logger_class = type("JsonLinesLogger", (JsonLines, logger_class), {})
    logger = structlog.wrap_logger(
        _LineOutput(out),
        processors=processors,
        wrapper_class=logger_class,
        context_class=dict,
    )
    bound: FilteringBoundLogger = logger.bind()
    return bound


class _LineOutput:
    """Writes whole lines; structlog calls it by the name of the level."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a full disk or a closed stderr must not stop a worker
            self._out.write(f"{line}\n")
            self._out.flush()

    debug = info = warning = error = critical = write


class _HandlerCall:
    def __init__(self, log_handler: LogHandler) -> None:
        self._log_handler = log_handler

    def __call__(self, logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        try:
            self._log_handler(dict(entry))
        except Exception as error:  # the user's code, at an edge: noted in the entry that could not be handled
            entry["log_handler_failed"] = _shown(error)
        return entry


def _drop(logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    from structlog import DropEvent  # noqa: PLC0415 - loaded where the logger was made

    raise DropEvent


def _to_json(entry: MutableMapping[str, Any], **_: Any) -> str:
    first = {key: entry.pop(key) for key in ("timestamp", "level", "event") if key in entry}
    ordered = {**first, **entry}
    try:
        return json.dumps(ordered, default=_shown, allow_nan=False)
    except (TypeError, ValueError, RecursionError):  # NaN, a cycle, or a key that JSON does not have
        return json.dumps({key: value if isinstance(value, str) else _shown(value) for key, value in ordered.items()})


def _escape_control_characters(logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep whoever writes a payload from writing log lines or driving the terminal."""
    return {printable(key): _printable(key, value) for key, value in entry.items()}


def _printable(key: str, value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else _shown(value)
    if key in ("exception", "stack"):
        # Indented, so that a line break inside an error's message cannot pass for an entry.
        return "\n".join(f"    {printable(line)}" for line in text.split("\n"))
    return printable(text)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # an object whose repr fails must not stop the line that reports it
        return f"<{type(value).__name__}>"
