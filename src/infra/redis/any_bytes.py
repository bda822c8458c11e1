"""Replies of scripts in which somebody has put bytes that are no UTF-8, which the fast decoder refuses as a whole."""

from __future__ import annotations

import struct
from typing import Any

_NUMBERS = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_TEXT_SIZES = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I"}
_ARRAY_SIZES = {0xDC: ">H", 0xDD: ">I"}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


def unpack_any(packed: bytes) -> Any:
    """Return what Redis' cmsgpack has packed, other than mappings. Foreign bytes become `\\xff`, which no JSON has.

    Raises ValueError for what is not of that form.
    """
    return _Reader(packed).value()


def shown_bytes(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


class _Reader:
    def __init__(self, packed: bytes) -> None:
        self._packed, self._at = packed, 0

    def value(self) -> Any:
        kind = self._number(">B")
        if kind <= 0x7F:
            return kind
        if kind >= 0xE0:
            return kind - 0x100
        if 0x90 <= kind <= 0x9F or kind in _ARRAY_SIZES:
            return [self.value() for _ in range(self._size(kind, _ARRAY_SIZES, 0x0F))]
        if 0xA0 <= kind <= 0xBF or kind in _TEXT_SIZES:
            return shown_bytes(self._bytes(self._size(kind, _TEXT_SIZES, 0x1F)))
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        raise ValueError(f"byte {kind:#x} of a reply begins nothing that scripts pack")

    def _size(self, kind: int, wide: dict[int, str], mask: int) -> int:
        return int(self._number(wide[kind])) if kind in wide else kind & mask

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._bytes(struct.calcsize(form)))[0]

    def _bytes(self, size: int) -> bytes:
        found = self._packed[self._at : self._at + size]
        if len(found) < size:
            raise ValueError("a reply ends too early")
        self._at += size
        return found
