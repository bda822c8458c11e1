from __future__ import annotations

import os
import socket

import pytest

from backstage.domain.errors import ConfigurationError
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings
from backstage.infra.settings.store_url import store_url

DAY = 86_400.0


@pytest.fixture(autouse=True)
def empty_world(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith(("BACKSTAGE_", "REDIS_", "JOB_", "WORKER_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_need_no_server():
    settings = Settings.load()
    assert (settings.url, settings.concurrency, settings.processes) == ("sqlite:///backstage.db", 10, 1)
    assert (settings.lease, settings.poll_interval, settings.timeout, settings.soft_timeout) == (30.0, 5.0, 300.0, None)
    assert settings.worker_id == f"{socket.gethostname()}-{os.getpid()}"


def test_an_argument_wins_over_the_environment_over_dotenv_over_toml(monkeypatch, tmp_path):
    (tmp_path / "backstage.toml").write_text("concurrency = 1\nlease = 1\ntimeout = 1\nprefetch = 1")
    (tmp_path / ".env").write_text("BACKSTAGE_CONCURRENCY=2\nBACKSTAGE_LEASE=2\nBACKSTAGE_TIMEOUT=2")
    monkeypatch.setenv("BACKSTAGE_CONCURRENCY", "3")
    monkeypatch.setenv("BACKSTAGE_LEASE", "3")
    settings = Settings.load(concurrency=4)
    assert (settings.concurrency, settings.lease, settings.timeout, settings.prefetch) == (4, 3.0, 2.0, 1)


def test_an_argument_that_is_none_is_not_given(monkeypatch):
    monkeypatch.setenv("BACKSTAGE_LEASE", "3")
    assert Settings.load(lease=None).lease == 3.0


def test_an_empty_variable_is_not_set(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("BACKSTAGE_LEASE=7")
    monkeypatch.setenv("BACKSTAGE_LEASE", "")
    assert Settings.load().lease == 7.0


def test_an_empty_url_is_refused_for_it_would_mean_the_default_file(monkeypatch, tmp_path):
    monkeypatch.setenv("BACKSTAGE_URL", "")
    for found in (store_url, Settings.load):
        with pytest.raises(ConfigurationError, match=r"BACKSTAGE_URL: is empty: name a store, or unset it"):
            found()
    assert Settings.load(url="memory://").url == "memory://"
    (tmp_path / ".env").write_text("BACKSTAGE_URL=memory://")
    assert (store_url(), Settings.load().url) == ("memory://", "memory://")


def test_lists_are_separated_by_commas(monkeypatch, tmp_path):
    (tmp_path / "backstage.toml").write_text('handlers = ["shop.tasks", "mail"]')
    monkeypatch.setenv("BACKSTAGE_QUEUES", "mail, slow,,mail")
    monkeypatch.setenv("BACKSTAGE_TYPES", "email:*,report")
    settings = Settings.load()
    assert (settings.queues, settings.types, settings.handlers) == (
        ("mail", "slow"),
        ("email:*", "report"),
        ("shop.tasks", "mail"),
    )


@pytest.mark.parametrize("text", ["true", "1", "Yes", "on"])
def test_a_switch_is_put_on_in_words(monkeypatch, text):
    monkeypatch.setenv("BACKSTAGE_UNTIL_IDLE", text)
    assert Settings.load().until_idle is True


def test_a_redis_url_is_made_of_its_parts(monkeypatch):
    monkeypatch.setenv("REDIS_HOST", "cache")
    assert Settings.load().url == "redis://cache:6379/0"
    for name, value in {"REDIS_HOST": "::1", "REDIS_PORT": "7000", "REDIS_PASSWORD": "p@:/#", "REDIS_DB": "2"}.items():
        monkeypatch.setenv(name, value)
    assert Settings.load().url == "redis://:p%40%3A%2F%23@[::1]:7000/2"


@pytest.mark.parametrize(
    ("variable", "value", "url"),
    [
        ("REDIS_PORT", "7000", "redis://localhost:7000/0"),
        ("REDIS_PASSWORD", "pw", "redis://:pw@localhost:6379/0"),
        ("REDIS_DB", "3", "redis://localhost:6379/3"),
    ],
)
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_any_part_of_a_redis_url_means_redis_on_this_host(monkeypatch, tmp_path, variable, value, url, place):
    if place == "environment":
        monkeypatch.setenv(variable, value)
    else:
        (tmp_path / ".env").write_text(f"{variable}={value}")
    assert Settings.load().url == store_url() == url


def test_what_kubernetes_sets_for_a_service_called_redis_means_no_store(monkeypatch):
    monkeypatch.setenv("REDIS_PORT", "tcp://10.0.0.1:6379")
    assert Settings.load().url == store_url() == "sqlite:///backstage.db"
    monkeypatch.setenv("REDIS_DB", "2")
    assert Settings.load().url == "redis://localhost:6379/2"


@pytest.mark.parametrize("option", ["host", "port", "password", "db", "redis_url"])
def test_parts_of_a_url_as_options_are_answered_with_the_form_of_one(option):
    with pytest.raises(ConfigurationError, match=rf"^{option}: .*with one URL, such as redis://:password@host:6379/0"):
        Settings.load(**{option: "x"})


def test_an_option_that_is_misspelt_is_answered_with_the_one_that_was_meant():
    with pytest.raises(ConfigurationError, match=r"^concurency: is not a setting: did you mean concurrency\?$"):
        Settings.load(concurency=3)


@pytest.mark.parametrize(("url", "problem"), [(5, "is of type int, not a string"), ("", "is empty")])
def test_a_url_that_is_no_text_is_told_so(url, problem):
    with pytest.raises(ConfigurationError, match=f"^url: {problem}$"):
        Settings.load(url=url)


@pytest.mark.parametrize("variable", ["BACKSTAGE_URL", "REDIS_PORT"])
def test_what_is_wrong_with_the_store_names_the_variable_that_it_came_from(monkeypatch, variable):
    monkeypatch.setenv(variable, "postgresql+asyncpg://h/x" if variable == "BACKSTAGE_URL" else "x")
    with pytest.raises(ConfigurationError, match=rf"^{variable}: "):
        Container(Settings.load(silent=True))


def test_what_is_found_wrong_later_names_the_place_that_it_was_set_in(monkeypatch, tmp_path):
    wrong = ConfigurationError("lease", "is too short")
    assert str(Settings.load().naming(wrong)) == "lease: is too short"
    (tmp_path / "backstage.toml").write_text("lease = 1")
    assert str(Settings.load().naming(wrong)) == "backstage.toml: lease: is too short"
    monkeypatch.setenv("BACKSTAGE_LEASE", "2")
    assert str(Settings.load().naming(wrong)) == "BACKSTAGE_LEASE: is too short"
    assert str(Settings.load(lease=3).naming(wrong)) == "lease: is too short"
    monkeypatch.setenv("BACKSTAGE_HTTP", "localhost:65535")
    with pytest.raises(ConfigurationError, match=r"^BACKSTAGE_HTTP: 2 processes need"):
        Settings.load(processes=2).http_addresses()


def test_our_own_variables_win_over_those_of_others(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("BACKSTAGE_URL=sqlite:///own.db")
    others = {"REDIS_HOST": "cache", "WORKER_HANDLERS": "a", "JOB_CONCURRENCY": "3", "JOB_TIMEOUT": "1500"}
    for name, value in others.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert (settings.url, settings.handlers, settings.concurrency, settings.timeout) == (
        "sqlite:///own.db",
        ("a",),
        3,
        1.5,
    )
    for name, value in {"HANDLERS": "b", "CONCURRENCY": "4", "TIMEOUT": "2"}.items():
        monkeypatch.setenv(f"BACKSTAGE_{name}", value)
    settings = Settings.load()
    assert (settings.handlers, settings.concurrency, settings.timeout) == (("b",), 4, 2.0)


def test_a_broken_variable_that_is_not_used_breaks_nothing(monkeypatch):
    monkeypatch.setenv("REDIS_HOST", "cache")
    monkeypatch.setenv("REDIS_PORT", "tcp://10.0.0.1:6379")
    assert Settings.load(url="memory://").url == "memory://"
    with pytest.raises(ConfigurationError, match=r"^REDIS_PORT: 'tcp://10.0.0.1:6379' is not a port$"):
        Settings.load()


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("BACKSTAGE_LEASE", "abc", "BACKSTAGE_LEASE: 'abc' is not a number of seconds"),
        ("BACKSTAGE_LEASE", "nan", "BACKSTAGE_LEASE: 'nan' is not a number of seconds"),
        ("BACKSTAGE_LEASE", "0", "BACKSTAGE_LEASE: 0 is not between 0.1 and 3162240000 seconds"),
        ("BACKSTAGE_CONCURRENCY", "2.5", "BACKSTAGE_CONCURRENCY: '2.5' is not a whole number"),
        ("BACKSTAGE_CONCURRENCY", "0", "BACKSTAGE_CONCURRENCY: 0 is not between 1 and 10000"),
        ("JOB_CONCURRENCY", "many", "JOB_CONCURRENCY: 'many' is not a whole number"),
        ("JOB_TIMEOUT", "1.5", "JOB_TIMEOUT: '1.5' is not a whole number of milliseconds"),
        ("BACKSTAGE_SOFT_TIMEOUT", "never", "BACKSTAGE_SOFT_TIMEOUT: 'never' is not a number of seconds or 'none'"),
        ("BACKSTAGE_SILENT", "maybe", "BACKSTAGE_SILENT: 'maybe' is neither true nor false"),
        ("BACKSTAGE_LOG_FORMAT", "xml", "BACKSTAGE_LOG_FORMAT: 'xml' is not one of auto, json, console"),
        (
            "BACKSTAGE_HANDLERS",
            "a-b",
            "BACKSTAGE_HANDLERS: 'a-b' is not the name of a module: write it like shop.tasks",
        ),
        (
            "BACKSTAGE_TYPES",
            "email *",
            "BACKSTAGE_TYPES: 'email *' is not a pattern of task types: write it like email:* or email:send",
        ),
        (
            "BACKSTAGE_WORKER_ID",
            "a b",
            "BACKSTAGE_WORKER_ID: 'a b' is not 1 to 128 printable characters without white space",
        ),
    ],
)
def test_a_wrong_variable_is_one_line_that_names_it(monkeypatch, variable, value, line):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    assert str(caught.value) == line


def test_a_wrong_argument_is_named_as_it_was_given(monkeypatch):
    monkeypatch.setenv("BACKSTAGE_LEASE", "30")
    with pytest.raises(ConfigurationError, match=r"^lease: 'abc' is not a number of seconds$"):
        Settings.load(lease="abc")


def test_an_argument_that_does_not_exist_is_refused():
    with pytest.raises(ConfigurationError, match=r"^leese: is not a setting"):
        Settings.load(leese=3)


def test_a_wrong_value_in_the_file_names_the_file(tmp_path):
    (tmp_path / "backstage.toml").write_text('lease = "abc"')
    with pytest.raises(ConfigurationError, match=r"^backstage\.toml: lease: 'abc' is not a number of seconds$"):
        Settings.load()


@pytest.mark.parametrize(("name", "content"), [("backstage.toml", b"lease ="), (".env", b"A=\xff")])
def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=rf"^{name}: cannot be read") as caught:
        Settings.load()
    assert "\n" not in str(caught.value)


def test_a_password_is_never_shown():
    settings = Settings.load(url="redis://:s3cret@cache/0")
    assert "s3cret" not in f"{settings!r} {settings}"
    assert "redis://:***@cache/0" in repr(settings)
    with pytest.raises(ConfigurationError) as caught:
        Settings.load(url="redis://:s3cret@cache/0", lease=-1)
    assert "s3cret" not in str(caught.value)


def test_settings_do_not_change():
    with pytest.raises(AttributeError, match="frozen"):
        Settings.load().lease = 3.0


def test_what_to_keep_becomes_retentions():
    assert Settings.load(keep_completed=100).retentions() == (
        Retention(state=TaskState.COMPLETED, max_age=7 * DAY, keep_last=100),
        Retention(state=TaskState.FAILED, max_age=30 * DAY),
        Retention(state=TaskState.CANCELLED, max_age=7 * DAY),
    )


def test_none_keeps_for_ever():
    forever = dict.fromkeys(("keep_completed_for", "keep_failed_for", "keep_cancelled_for"), "none")
    assert Settings.load(**forever).retentions() == ()


@pytest.mark.parametrize(("written", "meant"), [("auto", None), ("AUTO", None), ("0", 0), ("25", 25)])
def test_a_prefetch_is_a_number_or_left_to_the_worker(monkeypatch: pytest.MonkeyPatch, written: str, meant: int | None):
    monkeypatch.setenv("BACKSTAGE_PREFETCH", written)
    assert Settings.load().prefetch == meant


def test_a_prefetch_that_is_neither_is_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BACKSTAGE_PREFETCH", "some")
    with pytest.raises(ConfigurationError, match="BACKSTAGE_PREFETCH: 'some' is not a whole number or 'auto'"):
        Settings.load()


@pytest.mark.parametrize(
    ("written", "addresses"),
    [
        ("127.0.0.1:9185", (("127.0.0.1", 9185),)),
        (" localhost:0 ", (("localhost", 0),)),
        ("[::1]:9185", (("::1", 9185),)),
        ("none", (None,)),
    ],
)
def test_where_the_status_is_served(monkeypatch, written, addresses):
    monkeypatch.setenv("BACKSTAGE_HTTP", written)
    assert Settings.load().http_addresses() == addresses


@pytest.mark.parametrize(
    "written", ["9185", ":9185", "127.0.0.1", "127.0.0.1:65536", "::1:9185", "http://a:1", "a:b", "a :1"]
)
def test_what_is_no_address_is_one_line_that_shows_one(monkeypatch, written):
    monkeypatch.setenv("BACKSTAGE_HTTP", written)
    with pytest.raises(ConfigurationError, match=r"^BACKSTAGE_HTTP: .* is not HOST:PORT: write it like 127"):
        Settings.load()


def test_the_processes_of_a_fleet_serve_on_ports_that_follow_each_other():
    settings = Settings.load(http="0.0.0.0:9185", processes=3)
    assert settings.http_addresses() == (("0.0.0.0", 9185), ("0.0.0.0", 9186), ("0.0.0.0", 9187))
    assert Settings.load(http="a:0", processes=2).http_addresses() == (("a", 0), ("a", 0))
    assert Settings.load(processes=2).http_addresses() == (None, None)
    with pytest.raises(ConfigurationError, match=r"^http: 3 processes need as many ports from 65534 on"):
        Settings.load(http="a:65534", processes=3).http_addresses()


def test_settings_can_be_made_without_a_look_at_what_is_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_LEASE", "abc")
    settings = Settings.alone(url="memory://")
    assert (settings.url, settings.lease) == ("memory://", 30.0)
    assert settings == Settings.alone(url="memory://", lease=30.0) != Settings.alone(url="memory://", lease=31.0)
    with pytest.raises(ConfigurationError, match=r"^lease: 'abc' is not a number of seconds$"):
        Settings.alone(lease="abc")


def test_a_secret_is_kept_as_one_however_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_ALERT_WEBHOOK", "https://hook/s3cret")
    settings = Settings.load()
    changed = settings.with_options(lease=2)
    assert changed.alert_webhook is not None
    assert changed.alert_webhook.get_secret_value() == "https://hook/s3cret"
    assert "s3cret" not in repr(changed)
    with pytest.raises(ConfigurationError, match=r"^alert_webhook: is of type int, not a string$"):
        Settings.load(alert_webhook=5)
