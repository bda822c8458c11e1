"""The options that type checkers see are those that there are."""

from __future__ import annotations

from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import SecretStr

from backstage import EnqueueOptions, EnqueueTask, HandlerOptions, ProcessorSettings, SettingOptions, Settings
from backstage import TaskHandlerRegistration as Registration

OPTIONS = get_type_hints(SettingOptions, localns={"SecretStr": SecretStr})
KEPT = get_type_hints(Settings, localns={"SecretStr": SecretStr})


def test_those_of_enqueue_are_the_fields_of_a_request() -> None:
    fields = get_type_hints(EnqueueTask)
    del fields["type"], fields["payload"]
    assert get_type_hints(EnqueueOptions) == fields


def test_those_of_a_handler_are_the_fields_of_its_registration() -> None:
    fields = {name: hint for name, hint in get_type_hints(Registration).items() if not name.startswith("_")}
    del fields["type"], fields["handler"], fields["task_type"]
    assert get_type_hints(HandlerOptions) == fields


def test_those_of_a_worker_are_the_settings_but_what_has_an_argument_of_its_own() -> None:
    assert OPTIONS.keys() == Settings.fields.keys() - {"url", "queues"}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_setting_may_be_given_as_it_is_kept_or_not_at_all(name: str) -> None:
    kept = {tuple if get_origin(each) is tuple else each for each in parts(KEPT[name])}
    taken = parts(OPTIONS[name])
    assert type(None) in taken
    for kind in kept - {type(None)}:
        assert any(issubclass(kind, get_origin(each) or each) for each in taken if get_origin(each) is not Literal)


def test_those_of_a_processor_are_settings_with_the_same_types() -> None:
    for name, hint in get_type_hints(ProcessorSettings).items():
        assert parts(OPTIONS[name]) - {int} <= parts(hint), name


def parts(hint: Any) -> set[Any]:
    return set(get_args(hint)) if get_origin(hint) in (Union, UnionType) else {hint}
