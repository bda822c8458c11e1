from __future__ import annotations

import pytest
from pydantic import ValidationError

from backstage.worker.handlers.webhook_payload import Webhook


@pytest.mark.parametrize("authority", ["..", "ex..de", f"{'a' * 64}.de", "ex.de:99999"])
def test_a_host_or_a_port_that_cannot_be_is_refused_at_once(authority: str) -> None:
    with pytest.raises(ValidationError, match="an impossible host name or port"):
        Webhook(url=f"https://{authority}/x")


@pytest.mark.parametrize("authority", ["ex.de.", "ex.de:8443", "[2001:db8::1]", f"{'a' * 63}.de"])
def test_a_host_that_can_be_is_taken(authority: str) -> None:
    assert Webhook(url=f"https://{authority}/x")
