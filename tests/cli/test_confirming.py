from __future__ import annotations

import io

import pytest

from backstage.cli import confirming
from tests.cli.conftest import Cli, Store


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(confirming.sys, "stdin", _Terminal(answer))
    monkeypatch.setattr(confirming.sys.stderr, "isatty", lambda: True)


@pytest.mark.parametrize("answer", ["\n", "n\n", "", "yesterday\n"])
def test_what_is_not_confirmed_at_a_terminal_is_not_done(
    cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    store.fail(ValueError("no"))
    _at_a_terminal(monkeypatch, answer)
    refused = cli("prune", "--dead-letters")
    assert (refused.code, store.count()) == (2, 1)
    assert "Delete all failed tasks for good? [y/N]" in refused.err
    assert "not confirmed" in refused.err


def test_a_yes_or_the_option_confirms(cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("schedules", "add", "every 1h", "report:make", "--name", "hourly")
    _at_a_terminal(monkeypatch, "y\n")
    assert cli("schedules", "delete", "hourly").out == "hourly is deleted\n"
    store.fail(ValueError("no"))
    _at_a_terminal(monkeypatch, "")
    assert cli("prune", "--dead-letters", "--yes").out == "pruned 1\n"


def test_a_script_is_not_asked_but_must_confirm_what_cannot_be_replayed(cli: Cli, store: Store) -> None:
    store.complete("1")
    assert cli("prune", "--keep-completed", "0").out == "pruned 1\n"
    assert cli("prune", "--dead-letters").code == 2
