from __future__ import annotations

import pytest

from backstage.infra.redact_url import redact_text, redact_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:s3cret@host:6379/0", "redis://:***@host:6379/0"),
        ("postgresql://me:s3cret@host/db?schema=s", "postgresql://me:***@host/db?schema=s"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("redis://:s3c@ret/1#2@host:6379/0", "redis://:***@host:6379/0"),
        ("redis+sentinel://:s3cret@a:1,b:2/main", "redis+sentinel://:***@a:1,b:2/main"),
        ("postgresql://host/db?user=me&password=s3cret&port=1", "postgresql://host/db?user=me&password=***&port=1"),
        ("redis+sentinel://h/m?sentinel_password=s3cret", "redis+sentinel://h/m?sentinel_password=***"),
        ("redis://s3cret@host:6379/0", "redis://***@host:6379/0"),
        ("rediss+cluster://s3cret@a,b", "rediss+cluster://***@a,b"),
        ("redis://ada:s3cret@host", "redis://ada:***@host"),
        ("postgresql://host/db?sslpasswort=s3cret", "postgresql://host/db?sslpasswort=***"),
        ("redis://host?s3cret", "redis://host?***"),
        ("redis://host?prefix=p&s3/cret=1#x", "redis://host?prefix=p&***#x"),
        ("redis://:s3?cret@host", "redis://:***@host"),
        ("sqlite:///a@b.db", "sqlite:///a@b.db"),
        ("sqlite:///backstage.db", "sqlite:///backstage.db"),
        ("not a url", "not a url"),
        ("", ""),
    ],
)
def test_only_the_password_is_hidden(url, shown):
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u@h:abc/x: write @ as %40", "postgresql://u@h:abc/x: write @ as %40"),
        ("no postgresql://u:s3cret@h/x: see a@b", "no postgresql://u:***@h/x: see a@b"),
        ("not redis://s3cret@h but a@b", "not redis://***@h but a@b"),
        ("redis://h?password=s3cret and ?schema=s", "redis://h?password=*** and ?schema=s"),
    ],
)
def test_in_a_text_a_password_ends_where_its_url_does(text: str, shown: str) -> None:
    assert redact_text(text) == shown
