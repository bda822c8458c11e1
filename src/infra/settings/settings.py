"""Everything that can be set, with its unit and its default; read once, when a program starts."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, Unpack

from backstage.domain.backoff import DEFAULT_BACKOFF
from backstage.domain.errors import ConfigurationError
from backstage.domain.keeping import KEEPING_FIELDS, Keeping, retentions
from backstage.domain.limits import MAX_ATTEMPTS
from backstage.domain.queue import Queue
from backstage.domain.retention import Retention
from backstage.infra.redact_url import redact_url
from backstage.infra.settings.http_address import host_and_port
from backstage.infra.settings.queue_retentions import keepings_of, queue_retentions
from backstage.infra.settings.setting import DeclaredSettings, setting
from backstage.infra.settings.setting_files import read_dotenv, read_toml
from backstage.infra.settings.setting_options import SettingOptions
from backstage.infra.settings.setting_types import (
    backoff_text,
    http_address,
    label,
    modules,
    one_of,
    queue_names,
    seconds,
    seconds_or_none,
    secret_or_none,
    switch,
    text,
    type_globs,
    whole,
    whole_or_auto,
    whole_or_none,
)
from backstage.infra.settings.store_url import DEFAULT_URL, DOTENV_FILE, TOML_FILE
from backstage.infra.settings.unknown_settings import UnknownSetting, unknown_keys, unknown_variables
from backstage.infra.settings.variables import Variables
from backstage.infra.settings.wrong_setting import no_setting
from backstage.infra.structured_logging import LEVELS, LogFormat

if TYPE_CHECKING:
    from pydantic import SecretStr

_DAY = 86_400.0


def _host_and_process() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


class Settings(DeclaredSettings):
    """Every setting, checked once.

    Each field `x` is the environment variable BACKSTAGE_X and the key `x` of `backstage.toml`.
    First wins: argument, environment, `.env`, `backstage.toml` (both in the working directory), default. Make it
    with `load`. Durations are seconds.
    """

    url: str = setting(DEFAULT_URL, text)
    """The store. Else made of REDIS_HOST (localhost), REDIS_PORT (6379), REDIS_PASSWORD and REDIS_DB (0), if any is."""

    queues: tuple[str, ...] = setting((), queue_names())
    """Queues to serve, separated by commas; none means all."""

    types: tuple[str, ...] = setting((), type_globs())
    """Patterns of task types to serve (`email:*`), separated by commas; none means all that have a handler."""

    handlers: tuple[str, ...] = setting((), modules())
    """Modules that hold handlers, separated by commas. Else WORKER_HANDLERS."""

    concurrency: int = setting(10, whole(1, 10_000))
    """Tasks that one process runs at once. Else JOB_CONCURRENCY."""

    processes: int = setting(1, whole(1, 1_024))
    """Worker processes."""

    worker_id: str = setting(_host_and_process, label())
    """Who holds the leases: unique among the live workers. Default: host name and process id."""

    consumer_group: str = setting("backstage-workers", label())
    """Redis only: the consumer group that the workers share."""

    lease: float = setting(30.0, seconds(0.1))
    """How long a claim holds unless it is renewed; a dead worker's tasks are free after that."""

    poll_interval: float = setting(5.0, seconds(0.01))
    """The longest an idle worker waits before it looks without a wake-up; a second at most where none can arrive."""

    reclaim_interval: float = setting(10.0, seconds(0.05))
    """Between two looks for leases that ran out, while a lease is held."""

    control_interval: float = setting(0.5, seconds(0.01))
    """How soon a running task learns that it is to be cancelled."""

    grace_period: float = setting(30.0, seconds(0.0))
    """What running tasks get to end in when the worker is told to stop."""

    prefetch: int | None = setting(None, whole_or_auto(0, 10_000))
    """Tasks claimed beyond the free slots, to save round trips; `auto` keeps 50 ms of work ready."""

    max_attempts: int = setting(3, whole(1, MAX_ATTEMPTS))
    """Runs of a task that keeps failing, unless task, handler or queue say otherwise."""

    backoff: str = setting(str(DEFAULT_BACKOFF), backoff_text())
    """How long a task that failed waits, unless task or handler say otherwise: `KIND BASE [CAP [JITTER]]`, such as
    `exponential 1 300 0.1`; as an argument also a Backoff."""

    max_deliveries: int = setting(5, whole(1, MAX_ATTEMPTS))
    """Workers a task may cost before it is dead-lettered."""

    timeout: float = setting(300.0, seconds(0.001))
    """After that a handler is cancelled, unless task, handler or queue say otherwise. Else JOB_TIMEOUT, which is
    milliseconds."""

    soft_timeout: float | None = setting(None, seconds_or_none(0.001))
    """After that a handler is told to wind up; `none`: never."""

    keep_completed_for: float | None = setting(7 * _DAY, seconds_or_none(0.0))
    """Completed tasks are deleted after that; `none`: never for their age."""

    keep_failed_for: float | None = setting(30 * _DAY, seconds_or_none(0.0))
    """Dead letters are deleted after that; `none`: never for their age."""

    keep_cancelled_for: float | None = setting(7 * _DAY, seconds_or_none(0.0))
    """Cancelled tasks are deleted after that; `none`: never."""

    keep_completed: int | None = setting(None, whole_or_none(0, 10**9))
    """How many completed tasks of each queue to keep at most; `none`: any number."""

    keep_failed: int | None = setting(None, whole_or_none(0, 10**9))
    """How many dead letters of each queue to keep at most; `none`: any number."""

    keep_cancelled: int | None = setting(None, whole_or_none(0, 10**9))
    """How many cancelled tasks of each queue to keep at most; `none`: any number."""

    retention: tuple[str, ...] = setting((), queue_retentions())
    """What holds for some queues instead of the `keep_…` above, such as `mail.keep_failed=100`, separated by commas;
    in `backstage.toml` also tables: `[retention.mail]`, `keep_failed = 100`."""

    prune_interval: float = setting(60.0, seconds(0.1))
    """Between two deletions of what need not be kept."""

    keep_events_for: float = setting(3600.0, seconds(0.0))
    """How long after the end of a task whoever follows it can still read what it has told."""

    schedule_interval: float = setting(10.0, seconds(0.05))
    """The longest a scheduler sleeps before it looks for schedules that were changed."""

    subscription_interval: float = setting(5.0, seconds(0.05))
    """The longest until a durable subscription that was made or removed elsewhere counts here."""

    alert_webhook: SecretStr | None = setting(None, secret_or_none)
    """The URL that each final failure is posted to; none: none is. It may hold a secret, and is never shown."""

    alert_log: bool = setting(False, switch())
    """Log each final failure once more, as `task_alert`: also that of a task that died with its worker."""

    start_timeout: float | None = setting(None, seconds_or_none(0.0))
    """How long `Worker.run` and `Scheduler.run`, so the worker's command too, wait for a store that does not answer;
    `none`: for ever."""

    migrate: bool = setting(True, switch())
    """Workers that start make the tables of a new store and bring those of an older one up to date; `off`: they refuse
    such a store, and only `backstage migrate` does it."""

    until_idle: bool = setting(False, switch())
    """End once nothing is running, due, or waiting for a retry."""

    http: str | None = setting(None, http_address())
    """HOST:PORT where the worker command serves health and metrics; of several processes the first; `none`: nowhere."""

    stuck_after: float = setting(60.0, seconds(0.1))
    """Liveness fails when the worker's event loop has been blocked, or every slot hung, for so long; a worker whose
    SQLite file was replaced ends after it."""

    otel: bool = setting(False, switch())
    """Make spans of OpenTelemetry, from whoever enqueues to what the handlers chain. Needs the extra `otel`."""

    log_level: str = setting("info", one_of(*LEVELS))

    log_format: LogFormat = setting(LogFormat.AUTO, one_of(*LogFormat))
    """`auto`: for people on a terminal, JSON lines anywhere else."""

    silent: bool = setting(False, switch())
    """Write no log at all."""

    unknown: tuple[UnknownSetting, ...]
    """What was set beside these and has no effect, when `load` made them."""

    given: frozenset[str]
    """The names of those that were arguments."""

    def __init__(self, **given: Any) -> None:
        """With what the environment and the files say of the rest. Raises ConfigurationError."""
        vars(self).update(self._checked(self._said_besides(given), given), unknown=(), given=frozenset(given))

    @classmethod
    def load(
        cls, *, url: str | None = None, queues: str | Collection[str] | None = None, **options: Unpack[SettingOptions]
    ) -> Self:
        """Read and check everything. An option that is None counts as not given.

        Raises ConfigurationError: one line that names the setting as it was written and never shows a password.
        """
        given = {"url": url, "queues": queues, **options}
        settings = cls(**{name: value for name, value in given.items() if value is not None})
        vars(settings).update(unknown=unknown_settings())
        return settings

    def with_options(self, **overrides: Any) -> Self:
        """The same but for these. One that is None counts as not given. Raises ConfigurationError, as `load` does."""
        given = {name: value for name, value in overrides.items() if value is not None}
        return self._of(self._checked(self.values(), given), unknown=self.unknown, given=self.given | given.keys())

    @classmethod
    def alone(cls, **given: Any) -> Self:
        """These and the defaults of all others: nothing is read. Raises ConfigurationError."""
        return cls._of(cls._checked({}, given), unknown=(), given=frozenset(given))

    @classmethod
    def _said_besides(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """What variables and files say of settings that are not given. An unknown key of `backstage.toml` is no error:
        processes of two releases may share the file. `unknown` names it."""
        document, variables = read_toml(), Variables.read()
        said = {name: document[name] for name in cls.fields if name in document}
        said |= variables.values(name for name in cls.fields if name not in given)
        if "url" not in said and "url" not in given and variables.has_empty("BACKSTAGE_URL"):
            raise ConfigurationError("BACKSTAGE_URL", f"is empty: name a store, or unset it to use {DEFAULT_URL}")
        return said

    @classmethod
    def _checked(cls, said: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """A value for each setting; what is given goes before what is said elsewhere."""
        unchecked, checked = {**said, **given}, dict[str, Any]()
        for name, field in cls.fields.items():
            try:
                checked[name] = field.check(unchecked[name]) if name in unchecked else field.value()
            except ValueError as error:
                raise ConfigurationError(cls._as_written(name, given), str(error)) from None
        for name in given:
            if name not in cls.fields:
                raise ConfigurationError(name, no_setting(name, cls.fields))
        return checked

    def http_addresses(self) -> tuple[tuple[str, int] | None, ...]:
        """Host and port of each process: ports that follow each other, or free ones if the first is 0.

        Raises ConfigurationError if there are not as many ports.
        """
        if self.http is None:
            return (None,) * self.processes
        host, first = host_and_port(self.http)
        if first + self.processes - 1 > 65_535:
            problem = f"{self.processes} processes need as many ports from {first} on"
            raise self.naming(ConfigurationError("http", problem))
        return tuple((host, first + number if first else 0) for number in range(self.processes))

    def retentions(self, queues: Iterable[Queue] = ()) -> tuple[Retention, ...]:
        """What the `keep_…` settings and `retention` mean together; what a queue itself says goes before them."""
        of_all = Keeping(**{name: getattr(self, name) for name in KEEPING_FIELDS})
        of_queues = keepings_of(self.retention)
        for queue in queues:
            if queue.keeping.said():
                of_queues[queue.name] = queue.keeping.over(of_queues.get(queue.name, Keeping()))
        return retentions(of_all, of_queues)

    def __repr__(self) -> str:
        shown = {**self.values(), "url": redact_url(self.url)}
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def naming(self, error: ConfigurationError) -> ConfigurationError:
        """Return the error with the name that its setting was written under: the variable, say, and not the field."""
        if error.setting not in self.fields:
            return error
        problem = str(error).removeprefix(f"{error.setting}: ")
        return ConfigurationError(self._as_written(error.setting, self.given), problem)

    @classmethod
    def _as_written(cls, field: str, given: Collection[str]) -> str:
        if field in given:
            return field
        variable = Variables.read().name_of(field)
        return variable or (f"{TOML_FILE}: {field}" if field in read_toml() else field)


def unknown_settings() -> tuple[UnknownSetting, ...]:
    """What looks like a setting and is none, in the environment, `.env` and `backstage.toml`.

    Raises ConfigurationError for a file that cannot be read.
    """
    fields = Settings.fields
    return (
        *unknown_variables("environment", os.environ, fields),
        *unknown_variables(str(DOTENV_FILE), read_dotenv(), fields),
        *unknown_keys(str(TOML_FILE), read_toml(), fields),
    )
