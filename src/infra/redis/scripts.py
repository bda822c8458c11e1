"""Lua files: `lua/<verb>_<noun>.lua`, each with the pieces in front that its header says it needs."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files

from backstage.domain.deferred_dataclass import dataclass

_LUA = files("backstage.infra.redis") / "lua"
_NEEDS = re.compile(r"^-- needs: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    text: str
    sha: str
    """Of the text, in hexadecimal: what EVALSHA names it by."""


@cache
def script(name: str) -> Script:
    """Return the script of that name. Raises FileNotFoundError when there is none."""
    pieces: dict[str, str] = {}
    own = (_LUA / f"{name}.lua").read_text(encoding="utf-8")
    _add_needs(own, pieces)
    text = "\n".join([*pieces.values(), own])
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def all_scripts() -> list[Script]:
    names = sorted(entry.name.removesuffix(".lua") for entry in _LUA.iterdir() if entry.name.endswith(".lua"))
    return [script(name) for name in names]


def _add_needs(text: str, pieces: dict[str, str]) -> None:
    """Add the pieces that the text needs, each once and after those it needs itself."""
    needs = _NEEDS.search(text)
    for name in needs[1].split(", ") if needs else ():
        if name not in pieces:
            piece = (_LUA / "pieces" / f"{name}.lua").read_text(encoding="utf-8")
            _add_needs(piece, pieces)
            pieces[name] = piece
