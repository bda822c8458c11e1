from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from backstage.domain.quick_init import quick_init


@dataclass(frozen=True, slots=True)
class Ordinary:
    name: str
    size: int = 1
    labels: dict[str, str] = field(default_factory=dict)
    note: str | None = field(default=None, kw_only=True)


@quick_init
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    size: int = 1
    labels: dict[str, str] = field(default_factory=dict)
    note: str | None = field(default=None, kw_only=True)


def test_it_takes_the_same_arguments_and_keeps_them() -> None:
    for arguments, named in ((("a",), {}), (("a", 2, {"k": "v"}), {}), (("a",), {"size": 3, "note": "n"})):
        quick, ordinary = Quick(*arguments, **named), Ordinary(*arguments, **named)  # type: ignore[arg-type]
        assert repr(quick) == repr(ordinary).replace("Ordinary", "Quick")
        assert type(quick) is Quick


@pytest.mark.parametrize(("arguments", "named"), [((), {}), (("a", 1, {}, "note"), {}), (("a",), {"colour": 1})])
def test_it_refuses_what_the_ordinary_one_refuses(arguments: tuple[str, ...], named: dict[str, int]) -> None:
    for kind in (Ordinary, Quick):
        with pytest.raises(TypeError):
            kind(*arguments, **named)  # type: ignore[arg-type]


def test_each_object_has_a_default_of_its_own() -> None:
    assert Quick("a").labels is not Quick("a").labels


def test_it_stays_frozen_and_equal_when_replaced_copied_and_pickled() -> None:
    quick = Quick("a", note="n")
    for same in (replace(quick), copy.deepcopy(quick), pickle.loads(pickle.dumps(quick))):
        assert same == quick
        with pytest.raises(FrozenInstanceError):
            same.name = "b"
