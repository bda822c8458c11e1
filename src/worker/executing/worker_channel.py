"""What a handler in a process of its own asks its worker, and logs through it."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Awaitable, Mapping
from typing import Any

from backstage.worker.executing.handler_threads import Answer
from backstage.worker.executing.process_frames import Frame
from backstage.worker.executing.remote_endings import decode_error
from backstage.worker.executing.run_channel import RunChannel


class WorkerSignals:
    """RunSignals: asks the worker, and waits for its answer. Closed with its run, so that a thread which the
    handler left behind does not wait for an answer to the next one."""

    def __init__(self, line: RunChannel, answers: queue.SimpleQueue[Frame]) -> None:
        self._line = line
        self._answers = answers
        self._asking = threading.Lock()
        self._is_closed = False

    def close(self) -> None:
        with self._asking:
            self._is_closed = True

    def is_shutting_down(self) -> bool:
        return self._ask({"kind": "is_shutting_down"})

    def is_cancel_requested(self) -> bool:
        return self._ask({"kind": "is_cancel_requested"})

    def is_over_soft_timeout(self) -> bool:
        return self._ask({"kind": "is_over_soft_timeout"})

    def report_progress(self, fraction: float, note: str | None) -> Awaitable[bool]:
        return Answer(self._ask({"kind": "progress", "fraction": fraction, "note": note}))

    def heartbeat(self) -> Awaitable[bool]:
        return Answer(self._ask({"kind": "heartbeat"}))

    def emit(self, data_json: str) -> Awaitable[bool]:
        return Answer(self._ask({"kind": "emit", "data": data_json}))

    def note_line(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """The worker notes what is logged through it."""

    def _ask(self, question: Frame) -> bool:
        with self._asking:
            if self._is_closed or not self._line.say(question):
                return False
            answer = self._answers.get()
        if answer["kind"] == "refused":
            raise decode_error(answer["error"])
        return bool(answer["answer"])


class WorkerLogger:
    """Writes through the worker's logger, so that all lines have one form and one destination. The worker puts the
    task's fields into each; structlog is imported by the first handler that logs. What a forked process, or a thread
    that was left behind, logs goes to stderr."""

    def __init__(self, line: RunChannel) -> None:
        self._line = line

    def bind(self, **_: Any) -> Any:
        import structlog  # noqa: PLC0415 - most handlers log nothing, and their process starts sooner

        def forward(logger: Any, level: str, entry: Any) -> Any:
            event = str(entry.pop("event", ""))
            fields = {str(key): _as_json(value) for key, value in entry.items()}
            if not self._line.say({"kind": "log", "level": level, "event": event, "fields": fields}):
                sys.stderr.write(f"{level}: {event} {fields}\n")
            raise structlog.DropEvent

        return structlog.wrap_logger(
            None,
            processors=[structlog.processors.format_exc_info, forward],
            wrapper_class=structlog.make_filtering_bound_logger("debug"),
            context_class=dict,
        )


def _as_json(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)
