"""The Lua of the Redis adapter: it compiles, every name in it is defined, and it is laid out like the Python."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from lupa.lua51 import LuaError, LuaRuntime

from backstage.infra.redis.scripts import Script, all_scripts

LUA = Path(str(files("backstage.infra.redis"))) / "lua"
FILES = sorted(LUA.rglob("*.lua"))
OF_REDIS = {"redis", "cjson", "cmsgpack", "KEYS", "ARGV"}
OF_LUA = {
    "error",
    "ipairs",
    "math",
    "next",
    "pairs",
    "pcall",
    "string",
    "table",
    "tonumber",
    "tostring",
    "type",
    "unpack",
}
LISTS = {"lanes", "rank"}
"""Of elements that are alike, so that the first of them has no better name."""

_LONGEST_LINE = 120
_GET_GLOBAL, _SET_GLOBAL = 5, 7  # lopcodes.h of Lua 5.1
_NUMBERED = re.compile(r"(\w*)\)*\[\d+\]")


def compiled(text: str) -> bytes:
    """The bytecode, as `luac` writes it. Raises LuaError."""
    return bytes(_DUMP(text.encode()))


_DUMP = LuaRuntime(encoding=None).eval("function(text) return string.dump(assert(loadstring(text))) end")


class Bytecode:
    """A compiled chunk, read from its beginning to its end: see ldump.c of Lua 5.1."""

    def __init__(self, dumped: bytes) -> None:
        assert dumped[:6] == b"\x1bLua\x51\x00"
        self._int, self._size, self._number = dumped[7], dumped[8], dumped[10]
        self._rest, self._at = dumped, 12

    def globals(self) -> Iterator[str]:
        """What the function uses that none of its own or outer locals is; what those within it use, too."""
        self._text()
        self._take(2 * self._int + 4)
        instructions = [self._whole(4) for _ in range(self._count())]
        constants = [self._constant() for _ in range(self._count())]
        for instruction in instructions:
            if instruction & 0x3F in (_GET_GLOBAL, _SET_GLOBAL):
                yield str(constants[instruction >> 14])
        for _ in range(self._count()):
            yield from self.globals()
        self._take(self._count() * self._int)
        for _ in range(self._count()):
            self._text()
            self._take(2 * self._int)
        for _ in range(self._count()):
            self._text()

    def _take(self, number: int) -> bytes:
        taken = self._rest[self._at : self._at + number]
        self._at += number
        return taken

    def _whole(self, size: int) -> int:
        return int.from_bytes(self._take(size), "little")

    def _count(self) -> int:
        return self._whole(self._int)

    def _text(self) -> str:
        return self._take(self._whole(self._size))[:-1].decode()

    def _constant(self) -> object:
        match self._take(1)[0]:
            case 0:
                return None
            case 1:
                return bool(self._take(1)[0])
            case 3:
                return struct.unpack("<d", self._take(self._number))[0]
            case _:
                return self._text()


def undefined(text: str) -> set[str]:
    """Names that are used and that neither the script nor the server defines."""
    return {*Bytecode(compiled(text)).globals()} - OF_REDIS - OF_LUA


def numbered(text: str) -> list[str]:
    """Where an element is taken by its number, whose name would say what it is."""
    code = re.sub(r"--.*|'[^']*'|\"[^\"]*\"", "", text)
    return [match[0] for match in _NUMBERED.finditer(code) if match[1] not in LISTS | {"KEYS", "ARGV"}]


@pytest.mark.parametrize("script", all_scripts(), ids=lambda script: script.name)
def test_a_script_compiles_and_all_its_names_are_defined(script: Script) -> None:
    assert undefined(script.text) == set()


def test_no_line_is_too_long() -> None:
    lines = [(file.name, line) for file in FILES for line in file.read_text("utf-8").splitlines()]
    assert [(name, line) for name, line in lines if len(line) > _LONGEST_LINE] == []


def test_what_belongs_together_is_read_by_names() -> None:
    found = {file.name: numbered(file.read_text("utf-8")) for file in FILES}
    assert {name: what for name, what in found.items() if what} == {}


def test_a_misspelt_name_is_found_wherever_it_stands() -> None:
    text = """
    local held, taken = redis.call('GET', KEYS[1]), {}
    local function take(id)
      return function() taken[#taken + 1] = { id, hold, 'other', 1.5, true, nil } end
    end
    if held then last = take(held) else takes(ARGV[1]) end
    """
    assert undefined(text) == {"hold", "last", "takes"}


def test_a_script_that_does_not_compile_is_found() -> None:
    with pytest.raises(LuaError, match="'end' expected"):
        compiled("if KEYS[1] then return 1")


def test_an_element_that_is_taken_by_its_number_is_found() -> None:
    text = "local a = reply[1] -- not [2]\nlocal b = next(reply)[2] .. 'text[3]' .. ARGV[4] .. lanes[1]"
    assert numbered(text) == ["reply[1]", "reply)[2]"]
