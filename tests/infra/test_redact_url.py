from __future__ import annotations

import pytest

from backstage.infra.redact_url import redact_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:s3cret@host:6379/0", "redis://:***@host:6379/0"),
        ("postgresql://me:s3cret@host/db?x=1", "postgresql://me:***@host/db?x=1"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("redis://:s3c@ret/1#2@host:6379/0", "redis://:***@host:6379/0"),
        ("redis+sentinel://:s3cret@a:1,b:2/main", "redis+sentinel://:***@a:1,b:2/main"),
        ("postgresql://host/db?user=me&password=s3cret&x=1", "postgresql://host/db?user=me&password=***&x=1"),
        ("redis+sentinel://h/m?sentinel_password=s3cret", "redis+sentinel://h/m?sentinel_password=***"),
        ("sqlite:///a@b.db", "sqlite:///a@b.db"),
        ("sqlite:///backstage.db", "sqlite:///backstage.db"),
        ("not a url", "not a url"),
        ("", ""),
    ],
)
def test_only_the_password_is_hidden(url, shown):
    assert redact_url(url) == shown
