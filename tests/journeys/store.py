from __future__ import annotations

from dataclasses import dataclass

from tests.journeys.store_inside import StoreInside


@dataclass(frozen=True, slots=True)
class Store:
    """A new, empty store for one test: where it is, and its inside."""

    url: str
    inside: StoreInside
