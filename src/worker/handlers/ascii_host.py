"""A host's name in the form in which it is looked up."""

from __future__ import annotations

import idna


def ascii_host(name: str) -> str:
    """Return the name in ASCII, other scripts by IDNA 2008 (RFC 5891, UTS 46 without transitional mapping).

    `faß.de` and `fass.de` are two domains; Python's own codec follows IDNA 2003 and takes one for the other. Raises
    ValueError for a name that no domain can have.
    """
    if name.isascii() and "xn--" not in name.lower():
        return name.lower()
    try:
        return idna.encode(name, uts46=True, transitional=False).decode()
    except idna.IDNAError as error:
        raise ValueError(f"is not a host name: {error}") from None
