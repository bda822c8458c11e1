"""An address that may stand in an envelope and in a header: `ann@example.com`, `Ann Lee <ann@example.com>`."""

from __future__ import annotations

import re
from email.headerregistry import Address
from typing import Annotated

from pydantic import AfterValidator

from backstage.worker.handlers.ascii_host import ascii_host
from backstage.worker.handlers.header_text import check_text

_LONGEST = 320
# RFC 5321 dot-atoms only: a quoted local part is legal, unused, and a way round every filter.
_ADDRESS = re.compile(
    r"""(?:(?P<quote>"?)(?P<name>[^"<>]*)(?P=quote)\s*<)?
        (?P<local>[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)
        @(?P<domain>[^\s<>@]+)
        (?(name)>)""",
    re.VERBOSE,
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)


def parse_address(text: str) -> Address:
    """Return the one address in `text`. Raises ValueError when there is none, or more than one.

    A domain in another script is turned into its ASCII form (IDNA 2008), so that every server can route it. A control
    character is refused: a newline would begin a header of the sender's choice.
    """
    if len(check_text(text)) > _LONGEST:
        raise ValueError(f"must be at most {_LONGEST} characters")
    found = _ADDRESS.fullmatch(text.strip())
    domain = _ascii_domain(found["domain"]) if found else None
    if found is None or domain is None:
        raise ValueError("is not an e-mail address like ann@example.com or Ann Lee <ann@example.com>")
    return Address((found["name"] or "").strip(), username=found["local"], domain=domain)


def _ascii_domain(domain: str) -> str | None:
    try:
        name = ascii_host(domain)
    except ValueError:
        return None
    return name if all(_LABEL.fullmatch(label) for label in name.split(".")) else None


def _check(text: str) -> str:
    parse_address(text)
    return text


EmailAddress = Annotated[str, AfterValidator(_check)]
"""In a payload: a text that `parse_address` accepts."""
