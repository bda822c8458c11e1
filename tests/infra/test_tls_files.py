from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import redis
import trustme

from backstage.domain.errors import ConfigurationError
from backstage.infra.postgres.store_errors import translate as of_postgres
from backstage.infra.redis.store_errors import translate as of_redis
from backstage.infra.tls_files import TlsFile, check_tls_files

STORE = "postgresql://host/db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With an authority, two certificates with their keys, and a file that holds nothing of the kind."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    for name in ("one", "two"):
        issued = authority.issue_cert(f"{name}.example")
        issued.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.crt"))
        issued.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
    (tmp_path / "letter.txt").write_text("Dear Ada")
    return tmp_path


def file(option: str, folder: Path, name: str | None) -> TlsFile | None:
    return None if name is None else TlsFile(option, str(folder / name))


def check(folder: Path, authority: str, certificate: str | None, key: str | None) -> None:
    root = file("root", folder, authority)
    assert root is not None
    check_tls_files(
        STORE, authorities=(root,), certificate=file("cert", folder, certificate), key=file("key", folder, key)
    )


def test_files_that_belong_together_are_taken(folder: Path) -> None:
    check(folder, "authority.pem", "one.crt", "one.key")


@pytest.mark.parametrize(
    ("authority", "certificate", "key", "named", "problem"),
    [
        ("none.pem", None, None, "root=", "No such file"),
        ("", None, None, "root=", "Is a directory"),
        ("letter.txt", None, None, "root=", "contains no certificate"),
        ("authority.pem", "none.crt", "one.key", "cert=", "No such file"),
        ("authority.pem", "one.crt", "none.key", "key=", "No such file"),
        ("authority.pem", "one.crt", "letter.txt", "key=", "are not a certificate and its key"),
        ("authority.pem", "one.crt", "two.key", "key=", "the key belongs to another certificate"),
        ("authority.pem", "one.crt", None, "cert=", "are not a certificate and its key"),
        ("authority.pem", None, "one.key", "key=", "a key without a certificate"),
    ],
)
def test_a_file_that_is_missing_or_wrong_is_named_with_its_option(
    folder: Path, authority: str, certificate: str | None, key: str | None, named: str, problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        check(folder, authority, certificate, key)
    assert f"{named}{folder}" in str(caught.value)
    assert str(caught.value).startswith(STORE)


@pytest.mark.parametrize("reason", ["TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLSV1_ALERT_UNKNOWN_CA"])
def test_a_server_that_refuses_our_certificate_is_a_wrong_setting(reason: str) -> None:
    alert = ssl.SSLError(1, reason)
    alert.reason = reason
    told = redis.exceptions.ConnectionError("Connection closed by server.")
    told.__cause__ = alert
    for error in (of_postgres(alert, STORE), of_redis(told, STORE)):
        assert isinstance(error, ConfigurationError)
        assert "refuses our certificate" in str(error)
