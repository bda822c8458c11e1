from __future__ import annotations

from typing import Any

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import Trial
from backstage.domain.type_definition import MOST_DEFINITIONS, TypeDefinition


class DefiningTypes(BackendSuite):
    """TypeDefinitions: what workers tell of their handlers."""

    async def test_definitions_are_given_back_as_they_were_told(self, trial: Trial) -> None:
        assert await trial.type_definitions.all() == []
        send = _defined(trial, "mail:send", version=3, schema='{"title": "Straße \\"1\\""}')
        build = _defined(trial, "build", line=None, schema=None)
        await trial.type_definitions.put([send, build])
        assert await trial.type_definitions.all() == [build, send]

    async def test_who_tells_last_of_a_type_is_right_about_it(self, trial: Trial) -> None:
        await trial.type_definitions.put([_defined(trial, "a"), _defined(trial, "b")])
        trial.clock.advance(60.0)
        moved = _defined(trial, "a", module="shop.new", line=7)
        await trial.type_definitions.put([moved])
        first, second = await trial.type_definitions.all()
        assert (first, second.told_at < first.told_at) == (moved, True)

    async def test_only_the_latest_definitions_are_kept(self, trial: Trial) -> None:
        await trial.type_definitions.put([_defined(trial, "old")])
        trial.clock.advance(1.0)
        await trial.type_definitions.put([_defined(trial, f"t{number:04}") for number in range(MOST_DEFINITIONS)])
        kept = await trial.type_definitions.all()
        assert (len(kept), kept[0].type) == (MOST_DEFINITIONS, "t0000")


def _defined(trial: Trial, type_: str, **fields: Any) -> TypeDefinition:
    usual: dict[str, Any] = {"version": 1, "module": "shop.mail", "line": 42, "schema": "{}"}
    return TypeDefinition(type=type_, told_at=trial.clock.now(), **(usual | fields))
