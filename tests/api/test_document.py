"""The OpenAPI document says what the API does: requests that are made up from it find nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig

from backstage import Role
from backstage.api import backstage_app, failed_logins
from backstage.app.use_cases import UseCases
from backstage.domain.no_listeners import NoListeners
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.system_clock import SystemClock
from backstage.infra.uuid7_ids import Uuid7Ids

_USE_CASES = UseCases(MemoryBackend(SystemClock()), NoListeners(), Uuid7Ids())
_APP = backstage_app(_USE_CASES)
_SECRET = asyncio.run(_USE_CASES.create_token("ada", Role.ADMIN, may_read_payloads=True)).secret
_CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # A schema cannot say that a cron expression or a query makes sense.
            "positive_data_acceptance": {"expected-statuses": ["2xx", 404, 409, 422]},
        }
    }
)
_SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", _APP, config=_CONFIG).exclude(
    path="/v1/live"
)  # it never ends


@pytest.fixture(autouse=True, scope="module")
def _no_throttle() -> Iterator[None]:
    """Wrong tokens are among what is made up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(failed_logins, "MOST_IN_A_MINUTE", 1_000_000)
        yield


@_SCHEMA.parametrize()
@settings(
    max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True
)
def test_made_up_requests_find_nothing(case: schemathesis.Case) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {_SECRET}"})
