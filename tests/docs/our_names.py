"""Whether a piece of code in a table names what there is: attributes, parameters, settings, events, commands."""

from __future__ import annotations

import argparse
import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any

import backstage
from backstage.cli.commands import COMMANDS
from backstage.domain import errors, events
from backstage.domain.outcome import OutcomeKind
from backstage.domain.ports.task_queue import TaskQueue
from backstage.domain.stats import TaskStats
from backstage.infra.settings.settings import Settings
from backstage.testing import new_context
from backstage.worker import log_events
from backstage.worker.command.command import add_options
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.hosting.processor_health import ProcessorHealth
from backstage.worker.hosting.service_health import ServiceHealth
from backstage.worker.watching.metrics import RunMetrics
from tests.docs.markdown import ROOT
from tests.python_source import collector_at_rest

_HONOURED = {"REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_DB", "JOB_CONCURRENCY", "JOB_TIMEOUT"}
_MISSING = object()
_OPEN_ENDED = {
    *Settings.fields,
    *TaskHandlerRegistration.__dataclass_fields__,
    *backstage.EnqueueOptions.__optional_keys__,
}
"""What a function takes that passes its keywords on."""


def is_ours(code: str) -> bool:
    """`code` is a command, a variable, an event, or Python whose names and keywords are looked up; values are not."""
    match code.split():
        case ["backstage", command, *_]:
            return command in COMMANDS
        case ["python", "-m", module, *rest]:
            return find_spec(module) is not None and all(map(_is_option, rest))
    if code.startswith("--"):
        return _is_option(code)
    if code in _words() or _is_module(code):
        return True
    try:
        with collector_at_rest():
            tree = ast.parse(code, mode="eval")
    except SyntaxError:
        return False
    return all(_roots_and_keywords(tree.body))


@cache
def _words() -> set[str]:
    return {
        *(f"BACKSTAGE_{name.upper()}" for name in Settings.fields),
        *_HONOURED,
        *(value for name, value in vars(log_events).items() if name.isupper()),
        *events.EVENT_NAMES,
        *OutcomeKind,
        *(name for name in vars(TaskQueue) if not name.startswith("_")),
        *("close", "email:send", "webhook:deliver"),
    }


def _is_module(code: str) -> bool:
    path = ROOT.joinpath(*code.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def _is_option(word: str) -> bool:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return not word.startswith("--") or word in parser._option_string_actions


def _roots_and_keywords(tree: ast.expr) -> Iterator[bool]:
    if not isinstance(tree, ast.Call):
        yield _found(tree) is not _MISSING
        return
    function = _found(tree.func)
    yield function is not _MISSING
    if function is not _MISSING:
        parameters = _parameters(function)
        names = {each.name for each in parameters}
        if any(each.kind is each.VAR_KEYWORD for each in parameters):
            names |= _OPEN_ENDED
        yield {keyword.arg for keyword in tree.keywords} <= names


def _parameters(function: Any) -> list[inspect.Parameter]:
    try:
        return [*inspect.signature(function).parameters.values()]
    except ValueError:  # an exception that takes what Exception takes
        return []


def _found(tree: ast.expr) -> Any:
    """What a dotted name stands for, or _MISSING."""
    match tree:
        case ast.Name(id=name):
            return _things().get(name, _MISSING)
        case ast.Attribute(value=owner, attr=attribute):
            return getattr(_found(owner), attribute, _MISSING)
    return _MISSING


@cache
def _things() -> dict[str, Any]:
    worker = backstage.Worker("memory://", silent=True)
    service = backstage.WorkerService(container=worker.backstage)
    context = new_context(backstage=worker.backstage)
    return {
        **{name: getattr(backstage, name) for name in backstage.__all__},
        **{name: kind for name, kind in vars(errors).items() if inspect.isclass(kind)},
        "TaskQueue": TaskQueue,
        "Task": type(context.task),
        "worker": worker,
        "backstage": worker.backstage,
        "scheduler": backstage.Scheduler(worker=worker),
        "broadcast": backstage.Broadcast(worker=worker),
        "service": service,
        "processor": service.register_processor("email"),
        "context": context,
        "task": context.task,
        "event": events.TaskFailed,
        "error": errors.InvalidTaskDataError(()),
        "stats": TaskStats(),
        "metrics": RunMetrics,
        "health": ServiceHealth,
        "processor_health": ProcessorHealth,
    }
