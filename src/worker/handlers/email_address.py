"""An address that may stand in an envelope and in a header: `ann@example.com`, `Ann Lee <ann@example.com>`."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated

from pydantic import AfterValidator

_LONGEST = 320


def parse_address(text: str) -> Address:
    """Return the one address in `text`. Raises ValueError when there is none, or more than one.

    A domain in another script is turned into its ASCII form, so that every server can route it. A control
    character is refused: a newline would begin a header of the sender's choice.
    """
    if not text.isprintable() or len(text) > _LONGEST:
        raise ValueError(f"must be at most {_LONGEST} printable characters on one line")
    name, plain = parseaddr(text, strict=True)
    local, at, domain = plain.rpartition("@")
    if not at or not local or not _is_domain(domain):
        raise ValueError("is not an e-mail address like ann@example.com or Ann Lee <ann@example.com>")
    try:
        return Address(name, addr_spec=f"{local}@{domain.encode('idna').decode()}")
    except (MessageError, ValueError, IndexError) as error:
        raise ValueError("is not an e-mail address like ann@example.com or Ann Lee <ann@example.com>") from error


def _check(text: str) -> str:
    parse_address(text)
    return text


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return all(
        label and len(label) <= 63 and label.replace("-", "").isalnum() and label[0] != "-" != label[-1]
        for label in labels
    )


EmailAddress = Annotated[str, AfterValidator(_check)]
"""In a payload: a text that `parse_address` accepts."""
