"""Which globals a Lua 5.1 program reads and sets, read off its bytecode, which names each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lupa import lua51

HEADER = bytes.fromhex("1b4c7561 51 00 01 04 08 04 08 00")
"""Of Lua 5.1 on a little-endian machine of 64 bits: the sizes that Bytecode reads by."""
_GETGLOBAL, _SETGLOBAL = 5, 7
_COMPILE = b"return function(text, name) local f, e = loadstring(text, name) return f and string.dump(f), e end"


@dataclass(frozen=True, slots=True)
class Globals:
    read: frozenset[str]
    written: frozenset[str]


def globals_of(text: str, name: str) -> Globals:
    """Raises SyntaxError when the text is not Lua."""
    compile_ = lua51.LuaRuntime(encoding=None).execute(_COMPILE)
    code, error = compile_(text.encode(), f"={name}".encode())
    if not code:
        raise SyntaxError(error.decode())
    assert code.startswith(HEADER), "the layout of bytecode is another machine's"
    found = list(Bytecode(code).globals())
    return Globals(
        read=frozenset(name for operation, name in found if operation == _GETGLOBAL),
        written=frozenset(name for operation, name in found if operation == _SETGLOBAL),
    )


class Bytecode:
    """A cursor on dumped code: ldump.c of Lua 5.1 says what follows what."""

    def __init__(self, code: bytes) -> None:
        self._code, self._at = code, len(HEADER)

    def globals(self) -> Iterator[tuple[int, str]]:
        """Each instruction on a global, of this function and of those inside it."""
        self._string()  # the source's name
        self._take(4 + 4 + 4)  # its first line, its last line, four counts of a byte each
        instructions = [self._int() for _ in range(self._int())]
        constants = [self._constant() for _ in range(self._int())]
        for instruction in instructions:
            if instruction & 0x3F in (_GETGLOBAL, _SETGLOBAL):
                yield instruction & 0x3F, constants[instruction >> 14]
        for _ in range(self._int()):
            yield from self.globals()
        self._take(4 * self._int())  # the lines of the instructions
        for _ in range(self._int()):  # local variables: name, first and last instruction
            self._string()
            self._take(8)
        for _ in range(self._int()):  # names of upvalues
            self._string()

    def _constant(self) -> str:
        match self._take(1)[0]:
            case 4:  # a string
                return self._string()
            case 3:  # a number
                self._take(8)
            case 1:  # true or false; nil has nothing behind it
                self._take(1)
        return ""

    def _string(self) -> str:
        size = int.from_bytes(self._take(8), "little")
        return self._take(size)[:-1].decode("utf-8", "replace")

    def _int(self) -> int:
        return int.from_bytes(self._take(4), "little")

    def _take(self, size: int) -> bytes:
        self._at += size
        return self._code[self._at - size : self._at]
