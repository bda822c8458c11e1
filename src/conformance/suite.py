from __future__ import annotations

from backstage.conformance.adding import Adding
from backstage.conformance.archiving import Archiving
from backstage.conformance.auditing import Auditing
from backstage.conformance.broadcasting import Broadcasting
from backstage.conformance.bulk_keeping import BulkKeeping
from backstage.conformance.changing import Changing
from backstage.conformance.claiming import Claiming
from backstage.conformance.counting import Counting
from backstage.conformance.deduplicating import Deduplicating
from backstage.conformance.defining_types import DefiningTypes
from backstage.conformance.emitting import Emitting
from backstage.conformance.explaining import Explaining
from backstage.conformance.exploring import Exploring
from backstage.conformance.faulting import Faulting
from backstage.conformance.fencing import Fencing
from backstage.conformance.firing import Firing
from backstage.conformance.history_keeping import HistoryKeeping
from backstage.conformance.idling import Idling
from backstage.conformance.keeping import Keeping
from backstage.conformance.leasing import Leasing
from backstage.conformance.moving import Moving
from backstage.conformance.opening import Opening
from backstage.conformance.ordering import Ordering
from backstage.conformance.overtaking import Overtaking
from backstage.conformance.pruning import Pruning
from backstage.conformance.querying import Querying
from backstage.conformance.racing import Racing
from backstage.conformance.reclaiming import Reclaiming
from backstage.conformance.registering import Registering
from backstage.conformance.saving import Saving
from backstage.conformance.scheduling import Scheduling
from backstage.conformance.searching import Searching
from backstage.conformance.settling import Settling
from backstage.conformance.standings import Standings
from backstage.conformance.steering import Steering
from backstage.conformance.subscribing import Subscribing
from backstage.conformance.tokens_keeping import TokensKeeping
from backstage.conformance.versioning import Versioning
from backstage.conformance.waiting_longest import WaitingLongest
from backstage.conformance.waking import Waking


class ConformanceSuite(
    Opening,
    Adding,
    Keeping,
    Deduplicating,
    Claiming,
    Ordering,
    Settling,
    Fencing,
    Leasing,
    Reclaiming,
    Idling,
    Saving,
    Changing,
    BulkKeeping,
    Searching,
    Querying,
    Counting,
    WaitingLongest,
    Pruning,
    Steering,
    Versioning,
    Registering,
    HistoryKeeping,
    Explaining,
    Scheduling,
    Firing,
    Subscribing,
    Broadcasting,
    Auditing,
    TokensKeeping,
    DefiningTypes,
    Archiving,
    Emitting,
    Standings,
    Moving,
    Waking,
    Racing,
    Overtaking,
    Faulting,
    Exploring,
):
    """Everything that every backend must do.

    Subclass it under a name that pytest collects, and give it the fixture `new_store`:

        class TestMyBackend(ConformanceSuite):
            @pytest.fixture
            def new_store(self, tmp_path_factory):
                def new_store():
                    path = tmp_path_factory.mktemp("store")
                    return lambda clock: MyBackend(path, clock)
                return new_store
    """
