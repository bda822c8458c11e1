from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from backstage.cli.answer import print_json, print_text
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.explain import reason_document
from backstage.cli.store import existing_store
from backstage.cli.task_document import attempt_document, decoded, line_document, task_document
from backstage.domain.attempt import Attempt
from backstage.domain.explanation import Explanation
from backstage.domain.run_log import LogLine
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES
from backstage.domain.time_texts import duration, moment


def parser() -> CommandParser:
    options = CommandParser("show", "Show a task with its payload, its result, all its attempts and what they logged.")
    options.add_argument("id", metavar="ID")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    task, attempts, lines, explanation = asyncio.run(_task(options.url, options.id))
    if options.json:
        first = reason_document(explanation.reasons[0])
        attempts_ = [attempt_document(attempt) for attempt in attempts]
        logs = [line_document(line) for line in lines]
        print_json({**task_document(task), "reason": first, "attempts": attempts_, "logs": logs})
    else:
        ran = (*_history(attempts), *_lines(lines))
        print_text("\n".join((*_facts(task, explanation), *_values(task), *ran, *_failure(task))))
    return DONE


async def _task(url: str | None, task_id: str) -> tuple[Task, list[Attempt], Sequence[LogLine], Explanation]:
    async with existing_store(url) as store:
        task = await store.get_task(await store.find_task_id(task_id))
        attempts, lines = await store.get_attempts(task.id), await store.get_logs(task.id)
        return task, attempts, lines, await store.explain(task.id)


def _facts(task: Task, explanation: Explanation) -> Iterator[str]:
    """One line for each thing that is known; what is None is left out."""
    facts: dict[str, Any] = {
        "id": task.id,
        "type": task.type if task.payload_version == 1 else f"{task.type}, payload version {task.payload_version}",
        "queue": task.queue,
        "state": f"{task.state.value}, cancel requested" if task.is_cancel_requested else task.state.value,
        "why": None if task.state in FINAL_STATES else explanation.sentence,
        "priority": task.priority,
        "attempts": _of(task.attempt, task.max_attempts),
        "deliveries": task.deliveries,
        "lost workers": _crashes(task),
        "created": task.created_at,
        "due": task.scheduled_at,
        "started": task.started_at,
        "finished": task.finished_at,
        "worker": task.lease and f"{task.lease.worker_id}, leased until {moment(task.lease.until)}",
        "progress": None if task.progress is None else f"{task.progress:.0%} {_one_line(task.progress_note or '')}",
        "timeout": None if task.timeout is None else f"{task.timeout:g} s",
        "soft timeout": None if task.soft_timeout is None else f"{task.soft_timeout:g} s",
        "backoff": task.backoff and f"{task.backoff.kind} from {task.backoff.base:g} s, at most {task.backoff.cap:g} s",
        "dedupe key": task.dedupe and _one_line(task.dedupe.key),
        "correlation": _one_line(task.correlation_id),
        "workflow": task.workflow_id,
        "origin": task.origin_id,
        "tags": ", ".join(map(_one_line, task.tags)) or None,
        "key": task.key and _one_line(task.key),
        "metadata": json.dumps(task.metadata, ensure_ascii=False) if task.metadata else None,
    }
    for name, value in facts.items():
        if value is not None:
            yield f"{name:13}{moment(value) if isinstance(value, datetime) else value}"


def _crashes(task: Task) -> str | None:
    """None where there is nothing to say."""
    if not task.crashes and task.max_deliveries is None:
        return None
    return _of(task.crashes, task.max_deliveries)


def _of(number: int, limit: int | None) -> str:
    return f"{number} (limit: set by the worker)" if limit is None else f"{number} of {limit}"


def _values(task: Task) -> Iterator[str]:
    yield from ("", "payload", _indented(_pretty(task.payload_json)))
    if task.result_json is not None:
        yield from ("", "result", _indented(_pretty(task.result_json)))


def _history(attempts: list[Attempt]) -> Iterator[str]:
    if attempts:
        yield from ("", "attempts")
    for attempt in attempts:
        ran = duration((attempt.ended_at - attempt.started_at).total_seconds())
        why = f": {_one_line(str(attempt.failure))}" if attempt.failure else ""
        worker = _one_line(attempt.worker_id)
        yield f"  {attempt.number}  {moment(attempt.started_at)}  {ran}  {worker}  {attempt.outcome.value}{why}"


def _lines(lines: Sequence[LogLine]) -> Iterator[str]:
    if lines:
        yield from ("", "logged")
    for line in lines:
        fields = json.dumps(line.fields, ensure_ascii=False) if line.fields else ""
        yield f"  {line.attempt}  {moment(line.at)}  {line.level}  {_one_line(line.event)}  {fields}".rstrip()


def _failure(task: Task) -> Iterator[str]:
    if task.last_failure is not None:
        yield from ("", "error", _indented(task.last_failure.traceback.rstrip() or str(task.last_failure)))


def _pretty(text: str) -> str:
    return json.dumps(decoded(text), indent=2, ensure_ascii=False)


def _one_line(text: str) -> str:
    """Keep a line break in the text from passing for a line of ours."""
    return text.replace("\n", "\\n")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
