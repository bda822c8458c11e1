"""Which files the URL and libpq's variables name for TLS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from backstage.infra.postgres.location import Location
from backstage.infra.tls_files import TlsFile, check_tls_files


def check_tls(location: Location) -> None:
    """Raises ConfigurationError for a file that is missing or wrong."""
    given = dict(parse_qsl(urlsplit(location.dsn).query, keep_blank_values=True))
    if (given.get("sslmode") or os.environ.get("PGSSLMODE")) == "disable":
        return
    authorities = (_file(given, "sslrootcert"), _file(given, "sslcrl"))
    certificate = _file(given, "sslcert")
    check_tls_files(
        location.shown,
        authorities=tuple(file for file in authorities if file is not None),
        certificate=certificate,
        key=_file(given, "sslkey") if certificate is not None else None,
        password=given.get("sslpassword", ""),
    )


def _file(given: Mapping[str, str], option: str) -> TlsFile | None:
    if given.get(option):
        return TlsFile(option, given[option])
    variable = f"PG{option.upper()}"
    return TlsFile(variable, os.environ[variable]) if os.environ.get(variable) else None
