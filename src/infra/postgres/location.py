"""Where the store is, and how it is spoken to: what the URL says."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError
from backstage.infra.redact_url import redact_url, shown_name

Prepared = Literal["auto", "on", "off"]
_OWN = ("schema", "pool_size", "command_timeout", "prepared_statements", "migrate", "application_name")
_OF_THE_DRIVER = frozenset(
    {
        "dbname", "gsslib", "host", "krbsrvname", "passfile", "password", "port", "service", "servicefile",
        "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcrl", "sslkey", "sslmode",
        "sslnegotiation", "sslpassword", "sslrootcert", "target_session_attrs", "user",
    }
)  # fmt: skip
_LONGEST_IDENTIFIER = 63
_ESCAPE = "in a user's name, a password or a database's name, write @ as %40, / as %2F, ? as %3F and # as %23"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """`dsn` is for the driver alone, `shown` is for people: it has no password. `command_timeout` is seconds.
    `pool_size` is None where the URL does not say it: see connections_taken.py."""

    dsn: str = field(repr=False)
    shown: str
    schema: str = "public"
    pool_size: int | None = None
    command_timeout: float = 30.0
    prepared: Prepared = "auto"
    is_migrated_on_open: bool = True
    application_name: str = "backstage"


def parse_url(url: str) -> Location:
    """Return what `postgresql://user:password@host:port/database?option=value` means.

    What the URL leaves out, libpq's environment variables say. Raises ConfigurationError for another form, an unknown
    option or a wrong value.
    """
    shown = redact_url(url)
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        problem = "cannot be read: write postgresql://user@host:5432/database?option=value"
        raise ConfigurationError(shown, problem) from None  # what the error quotes may be a password
    if parts.scheme.lower() not in ("postgresql", "postgres"):
        raise ConfigurationError(shown, "is not a PostgreSQL URL: begin it with postgresql://")
    login, _, hosts = parts.netloc.rpartition("@")
    if any("@" in part for part in (login, parts.path, parts.fragment)):
        raise ConfigurationError(shown, _ESCAPE)
    if not all(map(_has_port, hosts.split(","))):
        raise ConfigurationError(shown, f"has a port that is not a number: write host:5432; {_ESCAPE}")
    given = dict(pairs)
    for name in given:
        if name not in _OWN and name not in _OF_THE_DRIVER:
            raise ConfigurationError(
                shown, f"unknown option {shown_name(name)}: use one of {', '.join(_OWN)}, or the driver's ssl*"
            )
    rest = urlencode([(name, text) for name, text in pairs if name in _OF_THE_DRIVER])
    return Location(
        dsn=parts._replace(scheme="postgresql", query=rest, fragment="").geturl(),
        shown=shown,
        schema=_identifier(shown, given.get("schema", "public")),
        pool_size=_number(shown, given["pool_size"]) if "pool_size" in given else None,
        command_timeout=_seconds(shown, given.get("command_timeout", "30")),
        prepared=_prepared(shown, given.get("prepared_statements", "auto")),
        is_migrated_on_open=_switch(shown, "migrate", given.get("migrate", "on")),
        application_name=_name(shown, given.get("application_name", "backstage")),
    )


def _has_port(host: str) -> bool:
    """Whether the port of `host:port`, `[::1]:port` or `host` is one; the driver takes the default for none."""
    port = host.rpartition("]")[2].partition(":")[2]
    return not port or (port.isascii() and port.isdecimal() and 0 < int(port) < 1 << 16)


def _identifier(url: str, text: str) -> str:
    if not text or len(text.encode()) > _LONGEST_IDENTIFIER or not text.isprintable() or text.startswith("pg_"):
        raise ConfigurationError(
            url, f"schema={text!a} is not valid: use 1 to {_LONGEST_IDENTIFIER} bytes, not beginning with pg_"
        )
    return text


def _name(url: str, text: str) -> str:
    if not text.isascii() or not text.isprintable() or len(text) > _LONGEST_IDENTIFIER:
        raise ConfigurationError(url, f"application_name={text!a} is not valid: use up to 63 ASCII characters")
    return text


def _number(url: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 1000:
        raise ConfigurationError(url, f"pool_size={text!a} is not a number of connections from 1 to 1000")
    return int(text)


def _seconds(url: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.1 <= seconds <= 3600:
        raise ConfigurationError(url, f"command_timeout={text!a} is not a number of seconds from 0.1 to 3600")
    return seconds


def _prepared(url: str, text: str) -> Prepared:
    match text:
        case "auto" | "on" | "off":
            return text
    raise ConfigurationError(url, f"prepared_statements={text!a} is not valid: choose auto, on or off")


def _switch(url: str, name: str, text: str) -> bool:
    if text not in ("on", "off"):
        raise ConfigurationError(url, f"{name}={text!a} is not valid: choose on or off")
    return text == "on"
