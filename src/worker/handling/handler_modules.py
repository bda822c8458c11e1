"""What a module of handlers marks: found by looking, so the module needs no registry."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from backstage.domain.cron_task import CronTask
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.distribution import DISTRIBUTION
from backstage.domain.errors import ConfigurationError, MissingExtraError
from backstage.worker.handling.handler import MIDDLEWARE_MARK, TaskHandlerRegistration, registration_in
from backstage.worker.handling.listener import LISTENER_MARK, ListenerRegistration
from backstage.worker.handling.receiver import RECEIVER_MARK
from backstage.worker.handling.resource import Resource, resource_in
from backstage.worker.handling.upcaster import UPCAST_MARK, Upcaster

_WORKER_IS_OURS = (
    f"'worker' is here the package that {DISTRIBUTION} brings: "
    "to use yours, give it an __init__.py and start `backstage worker` in the folder that holds it"
)
_OUR_CODE = f"{Path(__file__).parents[2]}{os.sep}"


@dataclass(frozen=True, slots=True)
class Marked:
    handlers: tuple[TaskHandlerRegistration, ...]
    listeners: tuple[ListenerRegistration, ...]
    middlewares: tuple[Callable[..., Any], ...]
    schedules: tuple[CronTask, ...]
    receivers: tuple[tuple[str, Callable[..., Any]], ...]
    resources: tuple[Resource, ...]
    upcasters: tuple[Upcaster, ...]

    def __bool__(self) -> bool:
        return any(
            (
                self.handlers,
                self.listeners,
                self.middlewares,
                self.schedules,
                self.receivers,
                self.resources,
                self.upcasters,
            )
        )


def load_module(name: str) -> ModuleType:
    """Raises ConfigurationError, which says in one line what is wrong with the module and where."""
    try:
        module = importlib.import_module(name)
    except MissingExtraError:
        raise  # it names what asked for the extra, and installing that is all there is to do
    except ConfigurationError as error:
        raise ConfigurationError(error.setting, f"{error.problem} ({_place_of(error)})") from error
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
            problem = f"there is no module {name!r}: run the command in the folder that contains it, or install it"
        else:
            what = error.msg if isinstance(error, SyntaxError) else str(error)
            problem = f"{name!r} cannot be imported: {type(error).__name__}: {what} ({_place_of(error)})"
        if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "worker" and _worker_is_ours():
            problem = f"{problem}: {_WORKER_IS_OURS}"
        raise ConfigurationError("handlers", problem) from error
    if name == "worker" and _worker_is_ours():
        raise ConfigurationError("handlers", _WORKER_IS_OURS)
    return module


def _worker_is_ours() -> bool:
    """The package that was found as `worker` is the one that `python -m worker.run` needs, and hides any other."""
    return getattr(sys.modules.get("worker"), "DISTRIBUTION", None) == DISTRIBUTION


def marked_in(module: ModuleType) -> Marked:
    """Return the module's TaskHandlerRegistrations, CronTasks and functions marked by `handler` and the like, in order.

    What it merely imported from elsewhere counts too: a package's `__init__` may collect its modules' handlers.
    Raises ConfigurationError for two handlers of one type, and for what is no module, such as a name.
    """
    if not hasattr(module, "__dict__"):
        raise ConfigurationError("include", f"{module!r} is not a module: import it, and pass what you imported")
    handlers: list[TaskHandlerRegistration] = []
    listeners: list[ListenerRegistration] = []
    middlewares: list[Callable[..., Any]] = []
    receivers: list[tuple[str, Callable[..., Any]]] = []
    schedules = [value for value in vars(module).values() if isinstance(value, CronTask)]
    for value in vars(module).values():
        registration = value if isinstance(value, TaskHandlerRegistration) else registration_in(value)
        if registration is not None:
            handlers.append(registration)
        listening = _mark(value, LISTENER_MARK)
        if isinstance(listening, ListenerRegistration):
            listeners.append(listening)
        broadcast = _mark(value, RECEIVER_MARK)
        if isinstance(broadcast, str):
            receivers.append((broadcast, value))
        if _mark(value, MIDDLEWARE_MARK) is True:  # an object that has every attribute marks nothing
            middlewares.append(value)
    resources = tuple(each for value in vars(module).values() if (each := resource_in(value)) is not None)
    upcasters = tuple(
        each for value in vars(module).values() if isinstance(each := _mark(value, UPCAST_MARK), Upcaster)
    )
    return Marked(
        tuple(handlers),
        tuple(listeners),
        tuple(middlewares),
        tuple(schedules),
        tuple(receivers),
        resources,
        upcasters,
    )


def _mark(value: object, mark: str) -> Any:
    return getattr(value, mark, None) if callable(value) and not isinstance(value, type) else None


def _place_of(error: Exception) -> str:
    """The file and the line, for whoever has to correct it: of their own code where ours found the mistake."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith((_OUR_CODE, "<"))]
    frame = (theirs or frames)[-1]
    return f"{frame.filename}, line {frame.lineno}"
