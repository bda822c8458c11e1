"""Text as the value of a mail header that no parser takes for anything else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.headerregistry import Address
from email.utils import quote

_LINE = 76
_PLAIN = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, surrogates, and the separators of lines and paragraphs."""


def check_text(text: str) -> str:
    """Return `text`. Raises ValueError if it holds a control character, or would once an encoded word is decoded.

    An encoded word (RFC 2047, `=?utf-8?q?…?=`) may spell a line break: some mail readers decode what they show twice.
    """
    if any(unicodedata.category(character) in _CONTROL for character in text + _decoded(text)):
        raise ValueError("must be one line without control characters, not even encoded ones as in =?utf-8?q?…?=")
    return text


def header_value(text: str, header: str) -> str:
    """Return the folded value that shows `text` under the name `header`.

    It is an encoded word unless it is plain ASCII, so that nothing in it is read as syntax or decoded.
    """
    is_plain = _PLAIN.fullmatch(text) is not None and "=?" not in text
    return Header(text, "us-ascii" if is_plain else "utf-8", _LINE, header).encode(linesep="\r\n")


def address_value(addresses: Sequence[Address], header: str) -> str:
    """Return the folded value of a header that lists the addresses, each on a line of its own."""
    return ",\r\n ".join(_address(each, header) for each in addresses)


def _address(address: Address, header: str) -> str:
    if not address.display_name:
        return address.addr_spec
    name = header_value(address.display_name, header)
    if name == address.display_name:  # it was not encoded: quote it, for it may hold commas and the like
        name = f'"{quote(name)}"'
    return f"{name} <{address.addr_spec}>"


def _decoded(text: str) -> str:
    try:
        parts = decode_header(text)
    except HeaderParseError:  # broken base64: no reader can decode it either
        return ""
    return "".join(part if isinstance(part, str) else _decoded_word(part, charset) for part, charset in parts)


def _decoded_word(word: bytes, charset: str | None) -> str:
    try:
        text = word.decode(charset or "ascii", "replace")
    except LookupError:
        text = ""
    return text + "".join(chr(byte) for byte in word if byte < ord(" "))
