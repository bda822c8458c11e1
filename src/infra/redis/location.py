"""Where a store lies: what its URL says."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any
from urllib.parse import parse_qsl, unquote

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError
from backstage.infra.redact_url import redact_url, shown_name

_URL = re.compile(r"(?s)(?P<tls>rediss?)(?:\+(?P<kind>sentinel|cluster|unix))?://(?:(?P<login>.*)@)?(?P<rest>[^@]*)")
_PREFIX = re.compile(r"[A-Za-z0-9_.:\-]{1,128}")
_TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_OPTIONS = (
    "prefix", "group", "socket_timeout", "wait_replicas", "allow_eviction", "sentinel_username", "sentinel_password",
    "ssl_check_hostname", "ssl_cert_reqs", *_TLS_FILES,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """`kind` is single, unix, sentinel or cluster. `hosts` are those of the URL, sentinels or seeds among them;
    for unix there is `path` instead. `socket_timeout` is seconds, for connecting and for each reply."""

    url: str
    """With its password hidden, for messages."""
    kind: str
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    service: str = ""
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    tls: dict[str, Any] | None = None
    prefix: str = "backstage"
    group: str | None = None
    socket_timeout: float = 5.0
    wait_replicas: int = 0
    allow_eviction: bool = False

    @classmethod
    def of(cls, url: str) -> Location:
        """Read a URL. Raises ConfigurationError, which shows no password."""
        return _Reader(url).read()


class _Reader:
    def __init__(self, url: str) -> None:
        self._url = url
        self._shown = redact_url(url)

    def read(self) -> Location:
        address, _, query = self._url.partition("?")
        form = _URL.fullmatch(address)
        if form is None:
            raise self._wrong("is not a Redis URL: write redis://host:6379/0, or see docs/redis.md for the other forms")
        options = self._options(query, is_tls=form["tls"] == "rediss")
        username, password = _login(form["login"])
        kind = form["kind"] or "single"
        place = getattr(self, f"_{kind}")(unquote(form["rest"]))
        return Location(url=self._shown, kind=kind, username=username, password=password, **place, **options)

    # -- the forms of an address -----------------------------------------------------------------

    def _single(self, rest: str) -> dict[str, Any]:
        host, _, database = rest.partition("/")
        hosts = self._hosts(host or "localhost", 6379)
        if len(hosts) > 1:
            raise self._wrong("names several hosts: write redis+sentinel:// or redis+cluster:// for those")
        return {"hosts": hosts, "database": self._database(database)}

    def _cluster(self, rest: str) -> dict[str, Any]:
        hosts, _, database = rest.partition("/")
        if database not in ("", "0"):
            raise self._wrong("names a database: a cluster has only number 0, leave it out and use ?prefix=… instead")
        if "wait_replicas=" in self._url:
            raise self._wrong("has wait_replicas, which a cluster does not have: leave it out")
        return {"hosts": self._hosts(hosts, 6379)}

    def _sentinel(self, rest: str) -> dict[str, Any]:
        hosts, _, path = rest.partition("/")
        service, _, database = path.partition("/")
        if not service:
            raise self._wrong("names no service: write redis+sentinel://host:26379,host:26379/SERVICE/0")
        return {"hosts": self._hosts(hosts, 26379), "service": service, "database": self._database(database)}

    def _unix(self, rest: str) -> dict[str, Any]:
        path, _, database = rest.partition("#")
        if not path.startswith("/") or "\0" in path:
            raise self._wrong("names no socket: write redis+unix:///absolute/path.sock, with #1 for database 1")
        return {"path": path, "database": self._database(database)}

    def _hosts(self, text: str, port: int) -> tuple[tuple[str, int], ...]:
        return tuple(self._host(each, port) for each in text.split(","))

    def _host(self, text: str, port: int) -> tuple[str, int]:
        form = re.fullmatch(r"(\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?\]|[^\s:/\[\]]+)(?::([0-9]{1,5}))?", text)
        if form is None or not 0 < int(form[2] or port) <= 65_535:
            raise self._wrong("has an invalid host: write name:port, with brackets around an IPv6 address")
        return form[1].strip("[]"), int(form[2] or port)

    def _database(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{0,5}", text):
            raise self._wrong("has a database that is not a number: write /0")
        return int(text or 0)

    # -- options ---------------------------------------------------------------------------------

    def _options(self, query: str, *, is_tls: bool) -> dict[str, Any]:
        given = dict(parse_qsl(query, keep_blank_values=True))
        for name in given:
            if name not in _OPTIONS:
                if "@" in name:
                    raise self._wrong("has a ? in its password: write ? as %3F there, and # as %23")
                raise self._wrong(f"has the unknown option {shown_name(name)}: use one of {', '.join(_OPTIONS)}")
        options: dict[str, Any] = {"tls": self._tls(given) if is_tls else None}
        if not is_tls and any(name.startswith("ssl_") for name in given):
            raise self._wrong("has options for TLS: begin it with rediss to use TLS")
        if "prefix" in given:
            options["prefix"] = self._matching("prefix", given["prefix"])
        if "group" in given:
            options["group"] = checked_group(given["group"], self._shown)
        if "socket_timeout" in given:
            options["socket_timeout"] = self._seconds("socket_timeout", given["socket_timeout"])
        if "wait_replicas" in given:
            options["wait_replicas"] = self._replicas(given["wait_replicas"])
        if "allow_eviction" in given:
            options["allow_eviction"] = self._yes("allow_eviction", given["allow_eviction"])
        for name in ("sentinel_username", "sentinel_password"):
            if name in given:
                options[name] = given[name]
        return options

    def _tls(self, given: dict[str, str]) -> dict[str, Any]:
        tls: dict[str, Any] = {name: given[name] for name in _TLS_FILES if name in given}
        if "ssl_check_hostname" in given:
            tls["ssl_check_hostname"] = self._yes("ssl_check_hostname", given["ssl_check_hostname"])
        requirement = given.get("ssl_cert_reqs", "required")
        if requirement not in ("required", "none"):
            raise self._wrong("has ssl_cert_reqs that is neither required nor none")
        if requirement == "none":
            tls |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
        return tls

    def _matching(self, name: str, text: str) -> str:
        if not _PREFIX.fullmatch(text):
            raise self._wrong(f"has an invalid {name}: use 1 to 128 of A-Z a-z 0-9 _ . : -")
        return text

    def _seconds(self, name: str, text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0.01 <= seconds <= 3600:
            raise self._wrong(f"has a {name} that is not a number of seconds from 0.01 to 3600")
        return seconds

    def _replicas(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,3}", text):
            raise self._wrong("has wait_replicas that is not a number from 0 to 999")
        return int(text)

    def _yes(self, name: str, text: str) -> bool:
        if text.lower() not in ("yes", "true", "1", "no", "false", "0"):
            raise self._wrong(f"has {name} that is neither yes nor no")
        return text.lower() in ("yes", "true", "1")

    def _wrong(self, problem: str) -> ConfigurationError:
        return ConfigurationError(self._shown, problem)


def checked_group(name: str, setting: str) -> str:
    """Return the name of a consumer group. Raises ConfigurationError."""
    if not _PREFIX.fullmatch(name):
        raise ConfigurationError(setting, "the consumer group's name is not valid: use 1 to 128 of A-Z a-z 0-9 _ . : -")
    return name


def _login(text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    username, colon, password = text.partition(":")
    if not colon:  # redis://secret@host: as redis-cli, a lone word is the user's name
        return unquote(username) or None, None
    return unquote(username) or None, unquote(password)
