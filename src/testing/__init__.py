"""What users need to test their own tasks: no server, no waiting, the real outcomes."""

from backstage.testing.drained import EndlessWork
from backstage.testing.failed_run import FailedRun
from backstage.testing.fake_clock import FakeClock
from backstage.testing.fake_context import FakeContext, FakeSignals, new_context
from backstage.testing.predictable import NoJitter, NumberedIds
from backstage.testing.task_bench import TaskBench

__all__ = [
    "TaskBench",
    "new_context",
    "FakeContext",
    "FakeSignals",
    "FakeClock",
    "FailedRun",
    "EndlessWork",
    "NumberedIds",
    "NoJitter",
]
