"""The definition of the ports, as tests: what every backend must do, word by word.

For whoever writes an adapter: subclass `ConformanceSuite` in a test file, give it the one fixture `new_store`, and run
it with pytest and pytest-asyncio in auto mode. Nothing here knows any backend. The names are imported when they are
first used.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from backstage.conformance.adding import Adding as Adding
    from backstage.conformance.archiving import Archiving as Archiving
    from backstage.conformance.backend_suite import BackendSuite as BackendSuite
    from backstage.conformance.backend_suite import Connect as Connect
    from backstage.conformance.backend_suite import NewStore as NewStore
    from backstage.conformance.backend_suite import on_trial as on_trial
    from backstage.conformance.broadcasting import Broadcasting as Broadcasting
    from backstage.conformance.claiming import Claiming as Claiming
    from backstage.conformance.counting import Counting as Counting
    from backstage.conformance.deduplicating import Deduplicating as Deduplicating
    from backstage.conformance.emitting import Emitting as Emitting
    from backstage.conformance.explaining import Explaining as Explaining
    from backstage.conformance.exploring import Exploring as Exploring
    from backstage.conformance.faulting import Faulting as Faulting
    from backstage.conformance.fencing import Fencing as Fencing
    from backstage.conformance.firing import Firing as Firing
    from backstage.conformance.idling import Idling as Idling
    from backstage.conformance.joining import JoinsTransactionsSuite as JoinsTransactionsSuite
    from backstage.conformance.joining import RefusesTransactionsSuite as RefusesTransactionsSuite
    from backstage.conformance.keeping import Keeping as Keeping
    from backstage.conformance.leasing import Leasing as Leasing
    from backstage.conformance.moving import Moving as Moving
    from backstage.conformance.opening import Opening as Opening
    from backstage.conformance.ordering import Ordering as Ordering
    from backstage.conformance.overtaking import Overtaking as Overtaking
    from backstage.conformance.pruning import Pruning as Pruning
    from backstage.conformance.racing import Racing as Racing
    from backstage.conformance.reclaiming import Reclaiming as Reclaiming
    from backstage.conformance.registering import Registering as Registering
    from backstage.conformance.saving import Saving as Saving
    from backstage.conformance.scheduling import Scheduling as Scheduling
    from backstage.conformance.searching import Searching as Searching
    from backstage.conformance.set_clock import SetClockSuite as SetClockSuite
    from backstage.conformance.settling import Settling as Settling
    from backstage.conformance.sharing import SharedStoreSuite as SharedStoreSuite
    from backstage.conformance.spoiling import SpoiltTasksSuite as SpoiltTasksSuite
    from backstage.conformance.standings import Standings as Standings
    from backstage.conformance.steering import Steering as Steering
    from backstage.conformance.subscribing import Subscribing as Subscribing
    from backstage.conformance.suite import ConformanceSuite as ConformanceSuite
    from backstage.conformance.task_factory import TaskFactory as TaskFactory
    from backstage.conformance.trial import Trial as Trial
    from backstage.conformance.versioning import Versioning as Versioning
    from backstage.conformance.waiting_longest import WaitingLongest as WaitingLongest
    from backstage.conformance.waking import Waking as Waking

_HOMES = {
    "ConformanceSuite": "suite",
    "SharedStoreSuite": "sharing",
    "SpoiltTasksSuite": "spoiling",
    "JoinsTransactionsSuite": "joining",
    "RefusesTransactionsSuite": "joining",
    "SetClockSuite": "set_clock",
    "BackendSuite": "backend_suite",
    "NewStore": "backend_suite",
    "Connect": "backend_suite",
    "on_trial": "backend_suite",
    "Trial": "trial",
    "TaskFactory": "task_factory",
    # The parts of ConformanceSuite
    "Adding": "adding",
    "Archiving": "archiving",
    "Broadcasting": "broadcasting",
    "Claiming": "claiming",
    "Counting": "counting",
    "Deduplicating": "deduplicating",
    "Explaining": "explaining",
    "Emitting": "emitting",
    "Exploring": "exploring",
    "Faulting": "faulting",
    "Fencing": "fencing",
    "Searching": "searching",
    "Firing": "firing",
    "Idling": "idling",
    "Keeping": "keeping",
    "Leasing": "leasing",
    "Moving": "moving",
    "Opening": "opening",
    "Ordering": "ordering",
    "Overtaking": "overtaking",
    "Pruning": "pruning",
    "Racing": "racing",
    "Reclaiming": "reclaiming",
    "Registering": "registering",
    "Saving": "saving",
    "Scheduling": "scheduling",
    "Settling": "settling",
    "Standings": "standings",
    "Steering": "steering",
    "Subscribing": "subscribing",
    "Versioning": "versioning",
    "WaitingLongest": "waiting_longest",
    "Waking": "waking",
}

__all__ = list(_HOMES)

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
