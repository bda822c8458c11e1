"""What the tables list is what there is."""

from __future__ import annotations

from typing import Any

from backstage.cli.commands import COMMANDS
from backstage.domain import errors
from backstage.infra import log_events as infra_log_events
from backstage.infra.settings.setting import Setting
from backstage.infra.settings.settings import Settings
from backstage.pages import log_events as pages_log_events
from backstage.worker import log_events
from tests.docs.markdown import ROOT, table

CONFIGURATION = ROOT / "docs" / "configuration.md"
LOG_EVENTS = ROOT / "docs" / "log-events.md"
COMMAND_LINE = ROOT / "docs" / "reference" / "command-line.md"


def test_the_settings_are_those_of_the_program() -> None:
    rows = table(CONFIGURATION, "## Settings")
    told = [row[0].strip("`") for row in rows]
    assert told == [f"BACKSTAGE_{name.upper()}" for name in Settings.fields]


def test_the_defaults_are_those_of_the_program() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in table(CONFIGURATION, "## Settings")}
    assert told == {f"BACKSTAGE_{name.upper()}": shown(name, field) for name, field in Settings.fields.items()}


def test_the_log_events_are_those_of_the_program() -> None:
    told = [row[0].strip("`") for row in table(LOG_EVENTS, "# Log events")]
    assert len(told) == len(set(told))
    assert set(told) == _log_events()


def test_the_errors_are_those_of_the_program() -> None:
    raised = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    told = [row[0].strip("`") for row in table(ROOT / "docs" / "errors.md", "# Errors")]
    assert sorted(told) == sorted(raised - {"TaskError"})


def test_what_to_watch_are_log_events() -> None:
    assert {row[0].strip("`") for row in table(LOG_EVENTS, "## What deserves an alert")} <= _log_events()


def test_the_commands_are_those_of_the_command_line() -> None:
    assert {row[0].split()[1].strip("`") for row in table(COMMAND_LINE, "# Command line")} == set(COMMANDS)


def _log_events() -> set[str]:
    all_of_them = (infra_log_events, pages_log_events, log_events)
    return {value for each in all_of_them for name, value in vars(each).items() if name.isupper()}


def shown(name: str, field: Setting) -> str:
    default: Any = field.default
    if callable(default):
        return "host-pid"
    if default == ():
        return "none"
    if default is None:
        return "auto" if name == "prefetch" else "none"
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:.10g}" if isinstance(default, float) else str(default)
