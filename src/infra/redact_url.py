"""Hiding what may be a secret in URLs, for logs and errors; never fails, whatever the text is."""

from __future__ import annotations

import re

_AUTHORITY = re.compile(r"(?s)(?<=://)(?P<user>[^/?#:]*):(?P<secret>.*)@")
_LONE_WORD = re.compile(r"(?is)^(?P<scheme>rediss?(?:\+[a-z]+)?://)(?P<secret>[^/?#:@]+)@")
_OPTION = re.compile(r"(?P<sign>[?&;])(?P<name>[^=&;#]*)(?P<value>=[^&;#]*)?")
_NAME = re.compile(r"[A-Za-z][A-Za-z_.\-]{0,40}")
_SHOWN = frozenset(
    {
        "allow_eviction", "application_name", "busy_timeout", "command_timeout", "dbname", "group", "gsslib", "host",
        "krbsrvname", "migrate", "passfile", "pool_size", "port", "prefix", "prepared_statements", "schema",
        "sentinel_username", "service", "servicefile", "socket_timeout", "ssl_ca_certs", "ssl_cert_reqs",
        "ssl_certfile", "ssl_check_hostname", "ssl_keyfile", "ssl_max_protocol_version", "ssl_min_protocol_version",
        "sslcert", "sslcrl", "sslmode", "sslnegotiation", "sslrootcert", "synchronous", "target_session_attrs", "user",
        "wait_replicas",
    }
)  # fmt: skip
"""Options whose values are no secret. Any other may be one, be it only a password that was misspelled."""

_AUTHORITY_IN_TEXT = re.compile(r"(?<=://)(?P<user>[^\s/?#:]*):(?P<secret>\S*)@")
_LONE_WORD_IN_TEXT = re.compile(r"(?i)(?P<scheme>\brediss?(?:\+[a-z]+)?://)(?P<secret>[^\s/?#:@]+)@")
_SECRET_IN_TEXT = re.compile(r"(?i)(?P<name>[?&;](?:[a-z_.\-]*(?:password|passwd|secret|token)|sslkey)=)[^\s&;#]*")


def redact_url(url: str) -> str:
    """Return the URL with its password, and the values of options that nobody knows, as `***`.

    Everything up to the last `@` counts as the password, for an unescaped `@`, `/` or `#` in it is a common slip.
    A lone word before the `@` of a Redis URL is a user's name to redis-cli, and to others a password.
    """
    return _OPTION.sub(_shown_option, _LONE_WORD.sub(r"\g<scheme>***@", _AUTHORITY.sub(r"\g<user>:***@", url)))


def redact_text(text: str) -> str:
    """Return the text with the passwords of the URLs in it as `***`: they end where the URL does, at a space."""
    text = _LONE_WORD_IN_TEXT.sub(r"\g<scheme>***@", _AUTHORITY_IN_TEXT.sub(r"\g<user>:***@", text))
    return _SECRET_IN_TEXT.sub(r"\g<name>***", text)


def shown_name(option: str) -> str:
    """The name of an unknown option, for a message; what has no form of a name may be part of a password."""
    return repr(option) if _NAME.fullmatch(option) else "***"


def _shown_option(option: re.Match[str]) -> str:
    sign, name, value = option["sign"], option["name"], option["value"]
    if name in _SHOWN or not name:
        return option[0]
    if value is None or not _NAME.fullmatch(name):
        return f"{sign}***"
    return f"{sign}{name}=***"
