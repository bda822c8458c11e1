"""A backoff as text, as the environment and files have it."""

from __future__ import annotations

import pytest

from backstage.domain.backoff import Backoff
from backstage.domain.errors import ConfigurationError
from backstage.infra.settings.settings import Settings


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("fixed 5", Backoff.fixed(5.0)),
        ("fixed 5 5 0.5", Backoff.fixed(5.0, jitter=0.5)),
        ("linear 2", Backoff.linear(2.0)),
        ("exponential 1 300 0.1", Backoff.exponential(1.0, cap=300.0, jitter=0.1)),
        (Backoff.linear(3.0, cap=9.0), Backoff.linear(3.0, cap=9.0)),
    ],
)
def test_a_backoff_is_given_as_text_or_as_itself(given: str | Backoff, meant: Backoff) -> None:
    assert Backoff.parse(Settings.load(backoff=given).backoff) == meant


@pytest.mark.parametrize(
    "text", ["exponential", "often 1", "linear x", "fixed 1 2 0.5 4", "linear 1 nan", "fixed -1", "linear 1 2 3"]
)
def test_a_wrong_backoff_is_one_line_that_names_the_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("BACKSTAGE_BACKOFF", text)
    with pytest.raises(ConfigurationError, match=r"^BACKSTAGE_BACKOFF: .+$") as refused:
        Settings.load()
    assert "\n" not in str(refused.value)
