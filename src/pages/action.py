"""An action that a page offers: the question that is asked first, and what is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from backstage.pages.said import Said
from backstage.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class AskedField:
    """What else has to be said: a field of the form, with the values that are known."""

    name: str
    label: str
    value: str = ""
    known: Sequence[str] = ()
    is_number: bool = False
    is_optional: bool = False
    longest: int | None = None
    """How many characters there may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`title` has the number in it, `button` names the effect, and `keep` refuses."""

    title: str
    consequence: str
    button: str
    keep: str = "Keep it"
    command: str | None = None
    """The same from a shell."""
    is_destructive: bool = False
    to_type: str | None = None
    """What has to be typed, because it cannot be undone."""
    fields: Sequence[AskedField] = ()
    back: str = "/"
    """The path that is shown afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`ask` and `do` read their subject from the form: `Visit.given`. `role` is the least that may do it."""

    ask: Callable[[Visit], Awaitable[Question]]
    do: Callable[[Visit], Awaitable[Said]]
    role: str = "operator"


def all_given(visit: Visit, name: str) -> Sequence[str]:
    """Each once, in order."""
    return list(dict.fromkeys(value for value in visit.form.get(name, ()) if value))
