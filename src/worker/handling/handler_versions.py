"""Which versions of a type's payload its handler gets: its own, and those that upcasters raise to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backstage.domain.errors import ConfigurationError
from backstage.worker.handling.upcaster import Upcaster


class HandlerVersions:
    def __init__(self) -> None:
        self._upcasters: dict[str, dict[int, Upcaster]] = {}

    def add(self, upcaster: Upcaster) -> None:
        """Raises ConfigurationError for a second one of the same version."""
        known = self._upcasters.setdefault(upcaster.type, {}).setdefault(upcaster.version, upcaster)
        if known.function is not upcaster.function:
            problem = f"version {upcaster.version} has two upcasters: keep one"
            raise ConfigurationError(upcaster.type, problem)

    def check(self, handled: Mapping[str, int]) -> None:
        """`handled` are the types with the versions that their handlers take. Raises ConfigurationError for an upcaster
        that no handler would ever need, or whose chain has a gap."""
        for type_, upcasters in self._upcasters.items():
            if type_ not in handled:
                raise ConfigurationError(type_, "has an upcaster and no handler: register both, or neither")
            useless = set(upcasters) - {each.version for each in self.chain(type_, min(upcasters), handled[type_])}
            if max(upcasters) >= handled[type_]:
                problem = f"its handler takes version {handled[type_]}, so nothing is raised from {max(upcasters)}"
                raise ConfigurationError(type_, f"{problem}: say version={max(upcasters) + 1} at the handler")
            if useless:
                gap = next(each for each in range(min(upcasters), handled[type_]) if each not in upcasters)
                raise ConfigurationError(type_, f"nothing raises its version {gap}: add an upcaster for it")

    def of(self, type_: str, newest: int) -> range:
        """The versions that a handler of the newest gets."""
        upcasters = self._upcasters.get(type_, {})
        oldest = newest
        while oldest - 1 in upcasters:
            oldest -= 1
        return range(oldest, newest + 1)

    def chain(self, type_: str, version: int, newest: int) -> Sequence[Upcaster]:
        """What raises that version to the newest, in order; none where a step is missing."""
        upcasters = self._upcasters.get(type_, {})
        steps = [upcasters.get(each) for each in range(version, newest)]
        return [each for each in steps if each is not None] if None not in steps else []
