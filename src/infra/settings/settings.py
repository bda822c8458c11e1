"""Everything that can be set, with its unit and its default; read once, when a program starts."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Self, Unpack

from pydantic import Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from backstage.domain.backoff import DEFAULT_BACKOFF
from backstage.domain.errors import ConfigurationError
from backstage.domain.keeping import KEEPING_FIELDS, Keeping, retentions
from backstage.domain.limits import MAX_ATTEMPTS
from backstage.domain.queue import Queue
from backstage.domain.retention import Retention
from backstage.infra.redact_url import redact_url
from backstage.infra.settings.http_address import host_and_port
from backstage.infra.settings.queue_retentions import keepings_of, queue_retentions
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
    switch,
    type_globs,
    whole,
    whole_or_auto,
    whole_or_none,
)
from backstage.infra.settings.store_url import DEFAULT_URL, DOTENV_FILE, TOML_FILE
from backstage.infra.settings.unknown_settings import UnknownSetting, unknown_keys, unknown_variables
from backstage.infra.settings.variables import Variables
from backstage.infra.settings.wrong_setting import problem_of
from backstage.infra.structured_logging import LEVELS, LogFormat

_DAY = 86_400.0


class Settings(BaseSettings):
    """Every setting, checked once.

    Each field `x` is the environment variable BACKSTAGE_X and the key `x` of `backstage.toml`.
    First wins: argument, environment, `.env`, `backstage.toml` (both in the working directory), default. Make it
    with `load`. Durations are seconds.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(default=DEFAULT_URL, min_length=1)
    """The store. Else made of REDIS_HOST (localhost), REDIS_PORT (6379), REDIS_PASSWORD and REDIS_DB (0), if any is."""

    queues: Annotated[tuple[str, ...], queue_names()] = ()
    """Queues to serve, separated by commas; none means all."""

    types: Annotated[tuple[str, ...], type_globs()] = ()
    """Patterns of task types to serve (`email:*`), separated by commas; none means all that have a handler."""

    handlers: Annotated[tuple[str, ...], modules()] = ()
    """Modules that hold handlers, separated by commas. Else WORKER_HANDLERS."""

    concurrency: Annotated[int, whole(1, 10_000)] = 10
    """Tasks that one process runs at once. Else JOB_CONCURRENCY."""

    processes: Annotated[int, whole(1, 1_024)] = 1
    """Worker processes."""

    worker_id: Annotated[str, label()] = Field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    """Who holds the leases: unique among the live workers. Default: host name and process id."""

    consumer_group: Annotated[str, label()] = "backstage-workers"
    """Redis only: the consumer group that the workers share."""

    lease: Annotated[float, seconds(0.1)] = 30.0
    """How long a claim holds unless it is renewed; a dead worker's tasks are free after that."""

    poll_interval: Annotated[float, seconds(0.01)] = 5.0
    """The longest an idle worker waits before it looks without a wake-up; a second at most where none can arrive."""

    reclaim_interval: Annotated[float, seconds(0.05)] = 10.0
    """Between two looks for leases that ran out, while a lease is held."""

    control_interval: Annotated[float, seconds(0.01)] = 0.5
    """How soon a running task learns that it is to be cancelled."""

    grace_period: Annotated[float, seconds(0.0)] = 30.0
    """What running tasks get to end in when the worker is told to stop."""

    prefetch: Annotated[int | None, whole_or_auto(0, 10_000)] = None
    """Tasks claimed beyond the free slots, to save round trips; `auto` keeps 50 ms of work ready."""

    max_attempts: Annotated[int, whole(1, MAX_ATTEMPTS)] = 3
    """Runs of a task that keeps failing, unless task, handler or queue say otherwise."""

    backoff: Annotated[str, backoff_text()] = str(DEFAULT_BACKOFF)
    """How long a task that failed waits, unless task or handler say otherwise: `KIND BASE [CAP [JITTER]]`, such as
    `exponential 1 300 0.1`; as an argument also a Backoff."""

    max_deliveries: Annotated[int, whole(1, MAX_ATTEMPTS)] = 5
    """Workers a task may cost before it is dead-lettered."""

    timeout: Annotated[float, seconds(0.001)] = 300.0
    """After that a handler is cancelled, unless task, handler or queue say otherwise. Else JOB_TIMEOUT, which is
    milliseconds."""

    soft_timeout: Annotated[float | None, seconds_or_none(0.001)] = None
    """After that a handler is told to wind up; `none`: never."""

    keep_completed_for: Annotated[float | None, seconds_or_none(0.0)] = 7 * _DAY
    """Completed tasks are deleted after that; `none`: never for their age."""

    keep_failed_for: Annotated[float | None, seconds_or_none(0.0)] = 30 * _DAY
    """Dead letters are deleted after that; `none`: never for their age."""

    keep_cancelled_for: Annotated[float | None, seconds_or_none(0.0)] = 7 * _DAY
    """Cancelled tasks are deleted after that; `none`: never."""

    keep_completed: Annotated[int | None, whole_or_none(0, 10**9)] = None
    """How many completed tasks of each queue to keep at most; `none`: any number."""

    keep_failed: Annotated[int | None, whole_or_none(0, 10**9)] = None
    """How many dead letters of each queue to keep at most; `none`: any number."""

    keep_cancelled: Annotated[int | None, whole_or_none(0, 10**9)] = None
    """How many cancelled tasks of each queue to keep at most; `none`: any number."""

    retention: Annotated[tuple[str, ...], queue_retentions()] = ()
    """What holds for some queues instead of the `keep_…` above, such as `mail.keep_failed=100`, separated by commas;
    in `backstage.toml` also tables: `[retention.mail]`, `keep_failed = 100`."""

    prune_interval: Annotated[float, seconds(0.1)] = 60.0
    """Between two deletions of what need not be kept."""

    keep_events_for: Annotated[float, seconds(0.0)] = 3600.0
    """How long after the end of a task whoever follows it can still read what it has told."""

    schedule_interval: Annotated[float, seconds(0.05)] = 10.0
    """The longest a scheduler sleeps before it looks for schedules that were changed."""

    subscription_interval: Annotated[float, seconds(0.05)] = 5.0
    """The longest until a durable subscription that was made or removed elsewhere counts here."""

    alert_webhook: SecretStr | None = None
    """The URL that each final failure is posted to; none: none is. It may hold a secret, and is never shown."""

    alert_log: Annotated[bool, switch()] = False
    """Log each final failure once more, as `task_alert`: also that of a task that died with its worker."""

    start_timeout: Annotated[float | None, seconds_or_none(0.0)] = None
    """How long `Worker.run` and `Scheduler.run`, so the worker's command too, wait for a store that does not answer;
    `none`: for ever."""

    migrate: Annotated[bool, switch()] = True
    """Workers that start make the tables of a new store and bring those of an older one up to date; `off`: they refuse
    such a store, and only `backstage migrate` does it."""

    until_idle: Annotated[bool, switch()] = False
    """End once nothing is running, due, or waiting for a retry."""

    http: Annotated[str | None, http_address()] = None
    """HOST:PORT where the worker command serves health and metrics; of several processes the first; `none`: nowhere."""

    stuck_after: Annotated[float, seconds(0.1)] = 60.0
    """Liveness fails when the worker's event loop has been blocked, or every slot hung, for so long; a worker whose
    SQLite file was replaced ends after it."""

    otel: Annotated[bool, switch()] = False
    """Make spans of OpenTelemetry, from whoever enqueues to what the handlers chain. Needs the extra `otel`."""

    log_level: Annotated[str, one_of(*LEVELS)] = "info"

    log_format: Annotated[LogFormat, one_of(*LogFormat)] = LogFormat.AUTO
    """`auto`: for people on a terminal, JSON lines anywhere else."""

    silent: Annotated[bool, switch()] = False
    """Write no log at all."""

    _unknown: tuple[UnknownSetting, ...] = PrivateAttr(default=())
    _given: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def unknown(self) -> tuple[UnknownSetting, ...]:
        """What was set beside these and has no effect, when `load` made them."""
        return self._unknown

    @property
    def given(self) -> frozenset[str]:
        return self._given

    @classmethod
    def load(
        cls, *, url: str | None = None, queues: str | Collection[str] | None = None, **options: Unpack[SettingOptions]
    ) -> Self:
        """Read and check everything. An option that is None counts as not given.

        Raises ConfigurationError: one line that names the setting as it was written and never shows a password.
        """
        given = {name: value for name, value in {"url": url, "queues": queues, **options}.items() if value is not None}
        settings = cls._checked(given, given)
        settings._unknown = unknown_settings()
        settings._given = frozenset(given)
        return settings

    def with_options(self, **overrides: Any) -> Self:
        """The same but for these. One that is None counts as not given. Raises ConfigurationError, as `load` does."""
        given = {name: value for name, value in overrides.items() if value is not None}
        settings = self._checked({**self.model_dump(), **given}, given)
        settings._unknown = self._unknown
        settings._given = self._given | given.keys()
        return settings

    @classmethod
    def _checked(cls, values: Mapping[str, Any], given: Mapping[str, Any]) -> Self:
        try:
            settings = cls(**values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ConfigurationError(
                cls._as_written(str(first["loc"][0]), given), problem_of(first, cls.model_fields)
            ) from None
        if "url" not in settings.model_fields_set and Variables.read(cls).has_empty("BACKSTAGE_URL"):
            raise ConfigurationError("BACKSTAGE_URL", f"is empty: name a store, or unset it to use {DEFAULT_URL}")
        return settings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, Variables.read(settings_cls), _toml(settings_cls)

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

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [(name, redact_url(value) if name == "url" else value) for name, value in super().__repr_args__()]

    def naming(self, error: ConfigurationError) -> ConfigurationError:
        """Return the error with the name that its setting was written under: the variable, say, and not the field."""
        if error.setting not in type(self).model_fields:
            return error
        problem = str(error).removeprefix(f"{error.setting}: ")
        return ConfigurationError(self._as_written(error.setting, self._given), problem)

    @classmethod
    def _as_written(cls, field: str, given: Collection[str]) -> str:
        if field in given:
            return field
        variable = Variables.read(cls).name_of(field)
        return variable or (f"{TOML_FILE}: {field}" if field in read_toml() else field)


def unknown_settings() -> tuple[UnknownSetting, ...]:
    """What looks like a setting and is none, in the environment, `.env` and `backstage.toml`.

    Raises ConfigurationError for a file that cannot be read.
    """
    fields = Settings.model_fields
    return (
        *unknown_variables("environment", os.environ, fields),
        *unknown_variables(str(DOTENV_FILE), read_dotenv(), fields),
        *unknown_keys(str(TOML_FILE), read_toml(), fields),
    )


def _toml(settings_class: type[BaseSettings]) -> PydanticBaseSettingsSource:
    """An unknown key is no error: processes of two releases may share the file. `Settings.unknown` names it."""
    known = {key: value for key, value in read_toml().items() if key in settings_class.model_fields}
    return InitSettingsSource(settings_class, known)
