from __future__ import annotations

from pathlib import Path

import pytest

from backstage.cli.commands import COMMANDS
from tests.cli.conftest import Cli


def test_help_names_every_command(cli: Cli) -> None:
    answer = cli("--help")
    assert answer.code == 0
    assert all(f"  {name} " in answer.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(cli: Cli, name: str) -> None:
    answer = cli(name, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("usage: ")


def test_the_version_is_that_of_the_package(cli: Cli) -> None:
    assert cli("--version").out.startswith("backstage 0.")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ((), "name a command"),
        (("stat",), "did you mean 'stats'?"),
        (("--json", "stats"), "must follow the command"),
        (("stats", "--color"), "unrecognized arguments: --color"),
        (("stats", "--jso"), "unrecognized arguments: --jso"),
        (("stats", "--by", "day"), "--by"),
        (("list", "--state", "done"), "'pending', 'running'"),
        (("list", "--limit", "many"), "--limit"),
        (("show",), "ID"),
        (("cancel",), "ID"),
        (("retry",), "ID"),
        (("replay", "q"), "unrecognized arguments: q"),
        (("pause",), "either a QUEUE or a --type"),
        (("resume", "mail", "--type", "a"), "either a QUEUE or a --type"),
        (("queues", "mail"), "unrecognized arguments: mail"),
        (("workers", "--seen-within", "soon"), "'soon' is not a duration"),
        (("prune", "--completed-older-than", "-1"), "completed-older-than"),
        (("prune", "--dead-letters"), "add --yes"),
        (("prune", "--dead-letters", "--yes", "--keep-failed", "1"), "leave out ages"),
        (("prune", "--queue", "mail"), "needs an age"),
        (("migrate", "--dry-run", "--status"), "one of"),
        (
            ("migrate", "--down", "--yes", "--url", "redis://127.0.0.1:1/0"),
            "backstage: --down: the migrations",
        ),
        (("prune", "--queue=", "--keep-failed", "1"), "prune: --queue: "),
        (("doctor", "--url", "memory://"), "memory:// is gone when this command ends"),
        (("completion", "tcsh"), "'bash', 'zsh', 'fish'"),
        (("stats", "--url", "mysql://u:secret@h/db"), "no backend has the scheme 'mysql'"),
        (("stats", "--url", "postgresql+asyncpg://u:secret@h/db"), "begin it with postgresql://"),
        (("stats", "--url", "sqlite+aiosqlite:///jobs.db"), "begin it with sqlite://"),
        (("stats", "--url", "postgresql://u@h:abc/db"), "postgresql://u@h:abc/db: has a port that is not a number"),
        (("stats", "--url", ""), "backstage: --url: has no scheme"),
        (("worker", "--log-level=loud"), "backstage: --log-level: "),
        (("transfer", "--from", "sqlite:///a.db", "--to", "b"), "--to: has no scheme"),
        (("transfer", "--from", "a", "--to", "sqlite:///b.db"), "--from: has no scheme"),
        (("replay", "--queue", ""), "--queue: "),
        (("replay", "--type", "a b"), "--type: "),
        (("resume", "a b"), "QUEUE: "),
        (("list", "--workflow", "\udcff"), "--workflow: "),
        (("list", "--correlation", "\udcff"), "--correlation: "),
        (("workers", "--seen-within", "99999999999"), "--seen-within: "),
        (("enqueue", "a", "{not json"), "is not JSON"),
        (("enqueue", "a", "[" * 100_000), "is not JSON"),
        (("enqueue", "a", "1", "--priority", "high"), "--priority"),
        (("enqueue", "a", "1", "--delay", "1y"), "'1y' is not a duration"),
        (("enqueue", "a", "1", "--metadata", "k"), "'k' is not KEY=VALUE"),
        (("enqueue", "a", "1", "--dedupe-ttl", "5"), "--dedupe-ttl needs --dedupe-key"),
        (("enqueue", "a", "1", "--quiet"), "--quiet needs -"),
        (("enqueue", "-", "1"), "leave out JSON"),
        (("enqueue", "-", "--queue", "mail"), "each line has its own fields"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(cli: Cli, folder: Path, arguments: tuple[str, ...], hint: str) -> None:
    answer = cli(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("backstage: ")
    assert answer.err.count("\n") == 1
    assert hint in answer.err
    assert "secret" not in answer.err
    assert not any(folder.iterdir())


def test_errors_cannot_drive_the_terminal(cli: Cli) -> None:
    assert cli("\x1b[31m").err.startswith("backstage: there is no command '\\x1b[31m'")


def test_the_store_is_the_one_of_the_environment(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_URL", "sqlite:///other.db")
    assert cli("migrate").code == 0
    assert (folder / "other.db").exists()


@pytest.mark.parametrize(
    ("file", "text"), [(".env", "BACKSTAGE_URL=sqlite:///other.db"), ("backstage.toml", 'url = "sqlite:///other.db"')]
)
def test_the_store_is_the_one_of_a_settings_file(cli: Cli, folder: Path, file: str, text: str) -> None:
    (folder / file).write_text(text)
    assert cli("migrate").code == 0
    assert (folder / "other.db").exists()


def test_a_settings_file_about_other_things_leaves_the_default(cli: Cli, folder: Path) -> None:
    (folder / ".env").write_text("SMTP_HOST=localhost")
    assert cli("migrate").code == 0
    assert (folder / "backstage.db").exists()


def test_the_host_of_redis_in_the_environment_is_honoured(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_HOST", "cache")
    monkeypatch.setenv("REDIS_PORT", "no port")
    assert "REDIS_PORT" in cli("stats").err


def test_the_url_may_stand_before_the_command(cli: Cli, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tasks.db"
    assert cli("--url", url, "enqueue", "a:b", "{}").code == 0
    assert cli("stats", "--url", url).out.split()[:2] == ["pending", "1"]
