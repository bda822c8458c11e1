from __future__ import annotations

import pytest

from backstage.domain.errors import ConfigurationError
from backstage.infra.redis.backend import RedisBackend
from backstage.infra.redis.location import Location


def test_a_server_is_named_with_login_port_and_database() -> None:
    location = Location.of("redis://ada:s%40c%2Fret@db.example:6380/3")
    assert (location.kind, location.hosts, location.database) == ("single", (("db.example", 6380),), 3)
    assert (location.username, location.password, location.tls) == ("ada", "s@c/ret", None)


def test_what_is_left_out_is_what_redis_listens_on() -> None:
    location = Location.of("redis://")
    assert (location.hosts, location.database, location.prefix) == ((("localhost", 6379),), 0, "backstage")


@pytest.mark.parametrize("host", ["[::1]:6380", "[fe80::1%25eth0]:6380"])
def test_an_ipv6_address_stands_in_brackets(host: str) -> None:
    [(name, port)] = Location.of(f"redis://{host}/0").hosts
    assert (":" in name, port) == (True, 6380)


def test_sentinels_are_named_with_their_service() -> None:
    location = Location.of("rediss+sentinel://:pw@a:1,b/orders/2?sentinel_password=watch")
    assert location.hosts == (("a", 1), ("b", 26379))
    assert (location.service, location.database, location.password) == ("orders", 2, "pw")
    assert location.tls == {}


def test_a_cluster_is_named_by_several_seeds() -> None:
    location = Location.of("redis+cluster://a:7000,b:7001?prefix=shop.v2")
    assert (location.kind, location.hosts, location.prefix) == ("cluster", (("a", 7000), ("b", 7001)), "shop.v2")


def test_a_socket_is_named_by_its_path() -> None:
    location = Location.of("redis+unix:///run/re%20dis.sock#1")
    assert (location.path, location.database) == ("/run/re dis.sock", 1)


def test_options_are_read() -> None:
    location = Location.of(
        "rediss://a?group=g&socket_timeout=1.5&wait_replicas=2&allow_eviction=yes&ssl_cert_reqs=none"
    )
    assert (location.group, location.socket_timeout, location.wait_replicas) == ("g", 1.5, 2)
    assert location.allow_eviction
    assert location.tls == {"ssl_cert_reqs": "none", "ssl_check_hostname": False}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis:/a", "not a Redis URL"),
        ("redis://a:x", "an invalid host"),
        ("redis://a:70000", "an invalid host"),
        ("redis://a b", "an invalid host"),
        ("redis://a,b", "several hosts"),
        ("redis://a/db", "a database that is not a number"),
        ("redis+sentinel://a", "names no service"),
        ("redis+cluster://a/1", "names a database"),
        ("redis+cluster://a?wait_replicas=1", "wait_replicas"),
        ("redis+unix://run/x.sock", "names no socket"),
        ("redis://a?prefix=a}b", "an invalid prefix"),
        ("redis://a?prefix=", "an invalid prefix"),
        ("redis://a?group=a b", "consumer group's name is not valid"),
        ("redis://a?socket_timeout=nan", "socket_timeout that is not a number"),
        ("redis://a?socket_timeout=0", "socket_timeout that is not a number"),
        ("redis://a?wait_replicas=-1", "wait_replicas that is not a number"),
        ("redis://a?allow_eviction=perhaps", "neither yes nor no"),
        ("redis://a?ssl_ca_certs=x", "begin it with rediss"),
        ("rediss://a?ssl_cert_reqs=optional", "neither required nor none"),
        ("redis://a?retry=5", "unknown option 'retry'"),
    ],
)
def test_what_is_wrong_is_said(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Location.of(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://u:hush@h:x/0",
        "redis://u:hu@sh@h/x",
        "redis://u:hush@h?no=1",
        "redis://h?no=hush",
        "redis://hush@h/x",
        "redis://:pw?hush@h/0",
    ],
)
def test_no_error_shows_the_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Location.of(url)
    assert "hu" not in str(caught.value)
    assert "hush" not in repr(caught.value)


def test_two_names_of_the_group_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="give only one of them"):
        RedisBackend.from_url("redis://a?group=one", None, consumer_group="other")
