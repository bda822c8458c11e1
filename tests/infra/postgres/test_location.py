from __future__ import annotations

import pytest

from backstage.domain.errors import ConfigurationError
from backstage.infra.postgres.location import Location, parse_url


def test_a_url_without_options_has_the_defaults() -> None:
    url = "postgresql://ada@db.example:6432/jobs"
    assert parse_url(url) == Location(dsn=url, shown=url)


def test_our_options_are_read_and_the_rest_is_left_to_the_driver() -> None:
    location = parse_url(
        "postgres://db/jobs?schema=Jobs%201&pool_size=3&command_timeout=2.5&prepared_statements=off&migrate=off"
        "&application_name=shop&sslmode=verify-full&sslrootcert=/ca.pem"
    )
    assert location.dsn == "postgresql://db/jobs?sslmode=verify-full&sslrootcert=%2Fca.pem"
    assert (location.schema, location.pool_size, location.command_timeout) == ("Jobs 1", 3, 2.5)
    assert (location.prepared, location.is_migrated_on_open, location.application_name) == ("off", False, "shop")


@pytest.mark.parametrize(
    "options",
    [
        "schema=",
        "schema=pg_jobs",
        f"schema={'x' * 64}",
        "pool_size=0",
        "pool_size=1.5",
        "pool_size=many",
        "command_timeout=0",
        "command_timeout=nan",
        "command_timeout=soon",
        "prepared_statements=maybe",
        "migrate=yes",
        "application_name=%00",
        "shcema=jobs",
        "enable_seqscan=off",
        "schema",
    ],
)
def test_a_wrong_option_is_refused_and_named(options: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_url(f"postgresql://ada:secret@db/jobs?{options}")
    assert "secret" not in str(caught.value)


def test_another_scheme_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="postgresql://"):
        parse_url("mysql://db/jobs")


@pytest.mark.parametrize("rest", ["[db/jobs", "db:port/jobs", "db:70000/jobs", "db:5432,two:x/jobs", "[::1]:x/jobs"])
def test_a_port_that_is_none_is_refused_without_the_password(rest: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_url(f"postgresql://ada:secret@{rest}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:s3@cret@db/jobs",
        "postgresql://ada:5#s3cret@db/jobs",
        "postgresql://ada:5/s3cret@db/jobs",
        "postgresql://ada:s3/cret@db/jobs",
    ],
)
def test_a_password_that_is_not_escaped_is_answered_with_its_right_form(url: str) -> None:
    with pytest.raises(ConfigurationError, match="write @ as %40, / as %2F") as caught:
        parse_url(url)
    assert "s3" not in str(caught.value)


@pytest.mark.parametrize("option", ["sslpasswort=s3cret", "s3cret", "s3cret/x=1", "S3=s3cret"])
def test_nothing_of_an_unknown_option_but_its_name_is_shown(option: str) -> None:
    with pytest.raises(ConfigurationError, match=r"unknown option|cannot be read") as caught:
        parse_url(f"postgresql://db/jobs?{option}")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("host", ["db", "db:5432", "db:", "[::1]", "[::1]:5432", "one:5432,two", ""])
def test_a_port_may_be_left_out(host: str) -> None:
    assert host in parse_url(f"postgresql://ada@{host}/jobs").dsn
