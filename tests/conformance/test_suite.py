from __future__ import annotations

from collections import Counter

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.joining import JoinsTransactionsSuite, RefusesTransactionsSuite
from backstage.conformance.set_clock import SetClockSuite
from backstage.conformance.sharing import SharedStoreSuite
from backstage.conformance.suite import ConformanceSuite


def test_no_case_of_one_suite_hides_a_case_of_another() -> None:
    suites = {
        *ConformanceSuite.__mro__,
        SharedStoreSuite,
        SetClockSuite,
        JoinsTransactionsSuite,
        RefusesTransactionsSuite,
    }
    names = Counter(
        name for suite in suites if issubclass(suite, BackendSuite) for name in vars(suite) if name.startswith("test_")
    )
    assert [name for name, times in names.items() if times > 1] == []
