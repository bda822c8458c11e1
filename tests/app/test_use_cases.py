"""The one place where use cases are put together."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import backstage.app
from backstage.app.enqueue_parts import EnqueueParts
from backstage.app.use_cases import UseCases
from backstage.domain.configuration import Configuration
from backstage.domain.ports.backend import Backend
from backstage.domain.typed_result import ReadResult
from tests.app.conftest import Scene

USE_CASES = list(inspect.get_annotations(UseCases))
NOT_OF_A_STORE = {
    "current_task",
    "enqueue_options",
    "use_cases",
    "dead_letters",
    "move_task",
    "seen_version",
    "waiting_room",
    "following_room",
    "permissions",
    "payload_filters",
    "guarded_use_cases",
    "hidden_payloads",
    "kept_args",
    "audited_arguments",
    "authors",
    "steered_worker",
    "copy_audit_log",
}
"""The wiring itself, who may use what, a view of one processor's queue, and what use cases share."""


def test_every_use_case_has_its_line() -> None:
    files = {file.stem for file in Path(*backstage.app.__path__).glob("[!_]*.py")}
    assert files - NOT_OF_A_STORE == set(USE_CASES)


@pytest.mark.parametrize("name", USE_CASES)
def test_a_use_case_is_given_what_its_parameters_say(scene: Scene, name: str) -> None:
    use_case = getattr(scene.use_cases, name)
    assert type(use_case) is _class_of(name)
    assert use_case is getattr(scene.use_cases, name)
    needs = get_type_hints(type(use_case).__init__)
    del needs["return"]
    assert needs == {need: _given(need) for need in needs}


def _given(need: str) -> Any:
    """The type of what the wiring gives by that name."""
    if need == "backend":
        return Backend
    if need in USE_CASES:
        return _class_of(need)
    if need == "read_result":
        return ReadResult
    if need == "configuration":
        return Callable[[], Configuration]
    port = vars(Backend).get(need)
    return get_type_hints(EnqueueParts)[need] if port is None else get_type_hints(port.fget)["return"]


def _class_of(name: str) -> Any:
    return getattr(importlib.import_module(f"backstage.app.{name}"), vars(UseCases)[name].class_name)
