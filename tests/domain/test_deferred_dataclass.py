"""A class whose methods are written late is the one that the standard library makes at once."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import threading
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import pytest

from backstage.domain import deferred_dataclass

quick: Any = deferred_dataclass.dataclass


@quick(frozen=True, slots=True)
class Point:
    """A place."""

    DIMENSIONS: ClassVar[int] = 2

    x: int
    y: int = 0
    tags: tuple[str, ...] = field(default_factory=tuple)


@quick(frozen=True, slots=True)
class Named(Point):
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.title())


@quick(frozen=True, slots=True, kw_only=True)
class Quiet:  # noqa: PLW1641 - the decorator writes it
    secret: str
    note: str | None = None

    def __repr__(self) -> str:
        return "Quiet()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quiet)


def test_it_is_made_compared_shown_and_replaced_as_one_of_the_standard_library() -> None:
    named = Named(1, name="ada")
    assert repr(named) == "Named(x=1, y=0, tags=(), name='Ada')"
    assert named == Named(1, name="Ada") != Named(2, name="Ada")
    assert hash(named) == hash(Named(1, name="Ada"))
    assert named != Point(1)
    assert dataclasses.replace(named, x=5).x == 5
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": 0, "tags": ()}
    assert (Point.DIMENSIONS, Point.__doc__, Named.__qualname__) == (2, "A place.", "Named")


@pytest.mark.parametrize("kind", [Point, Named, Quiet])
def test_what_it_tells_of_itself_is_the_same(kind: Any) -> None:
    plain: Any = dataclasses.dataclass(frozen=True, kw_only=kind is Quiet)(
        type(kind.__name__, (), {"__annotations__": {each.name: each.type for each in dataclasses.fields(kind)}})
    )
    assert dataclasses.is_dataclass(kind)
    assert kind.__match_args__ == plain.__match_args__
    assert list(inspect.signature(kind).parameters) == list(inspect.signature(plain).parameters)
    assert not hasattr(kind.__new__(kind), "__dict__")


def fresh(name: str = "Fresh") -> Any:
    return quick(frozen=True, slots=True)(type(name, (), {"__annotations__": {"a": "int"}, "__module__": __name__}))


def test_signature_fields_and_patterns_are_there_before_the_first_object() -> None:
    assert str(inspect.signature(fresh())) == "(a: 'int') -> None"
    assert [each.name for each in dataclasses.fields(fresh())] == ["a"]
    assert fresh().__match_args__ == ("a",)


def test_nothing_changes_it() -> None:
    for change in (
        lambda: setattr(Point(1), "x", 2),
        lambda: delattr(Point(1), "x"),
        lambda: setattr(Point(1), "z", 2),
    ):
        with pytest.raises(FrozenInstanceError):
            change()


def test_it_is_copied_and_pickled() -> None:
    for each in (Point(1, tags=("a",)), Named(1, name="Ada")):
        assert copy.deepcopy(each) == copy.copy(each) == pickle.loads(pickle.dumps(each)) == each


def test_methods_of_its_own_stay() -> None:
    assert repr(Quiet(secret="x")) == "Quiet()"
    assert Quiet(secret="x") == Quiet(secret="y")
    assert Quiet(secret="x").note is None
    with pytest.raises(TypeError, match=r"__init__\(\) takes 1 positional argument"):
        Quiet("x")


def test_many_threads_may_be_the_first_to_use_it() -> None:
    kinds = [fresh(f"Kind{number}") for number in range(20)]
    begun, made = threading.Barrier(8), list[Any]()

    def make() -> None:
        begun.wait(timeout=30)
        made.extend(kind(1) for kind in kinds)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [each.a for each in made] == [1] * 160
