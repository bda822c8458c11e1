"""What is wrong with the files of a TLS connection: drivers tell it as if the server were away, or not at all."""

from __future__ import annotations

import ssl

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class TlsFile:
    """`option` is the name that the path was given under."""

    option: str
    path: str

    def __str__(self) -> str:
        return f"{self.option}={self.path}"


def check_tls_files(
    store: str,
    *,
    authorities: tuple[TlsFile, ...] = (),
    certificate: TlsFile | None = None,
    key: TlsFile | None = None,
    password: str = "",
) -> None:
    """Read them as a connection would. Raises ConfigurationError, which names option and path; `store` is a URL without
    password, `password` that of the key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for file in (*authorities, certificate, key):
        if file is not None:
            _check_readable(store, file)
    for file in authorities:
        try:
            context.load_verify_locations(cafile=file.path)
        except ssl.SSLError as error:
            raise ConfigurationError(store, f"{file} contains no certificate: name a file in PEM format") from error
    if certificate is not None:
        _check_pair(store, context, certificate, key, password)
    elif key is not None:
        raise ConfigurationError(store, f"{key} is a key without a certificate: name the certificate as well")


def _check_readable(store: str, file: TlsFile) -> None:
    try:
        with open(file.path, "rb") as opened:  # noqa: PTH123 - a path of the user's, as the driver opens it
            opened.read(1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(store, f"{file} cannot be read ({reason})") from error


def _check_pair(store: str, context: ssl.SSLContext, certificate: TlsFile, key: TlsFile | None, password: str) -> None:
    both = str(certificate) if key is None else f"{certificate} and {key}"
    try:
        context.load_cert_chain(certificate.path, None if key is None else key.path, password=lambda: password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            problem = f"{both}: the key belongs to another certificate"
        else:
            problem = f"{both} are not a certificate and its key, or the key's password is wrong: use the PEM format"
        raise ConfigurationError(store, problem) from error


def refuses_our_certificate(error: BaseException | None) -> bool:
    """Whether the server ended the handshake for what we showed, or did not show; drivers keep the cause as it is."""
    while error is not None:
        reason = error.reason if isinstance(error, ssl.SSLError) else None
        if reason is not None and "ALERT" in reason and ("CERT" in reason or "UNKNOWN_CA" in reason):
            return True
        error = error.__cause__ or error.__context__
    return False
