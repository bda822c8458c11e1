"""The parts of the plan, in the order in which they are measured."""

from __future__ import annotations

from benchmarks.goals.crowds import CROWDS
from benchmarks.goals.drains import DRAINS
from benchmarks.goals.enqueues import ENQUEUES
from benchmarks.goals.waiting import WAITING

PARTS = (*DRAINS, *ENQUEUES, *WAITING, *CROWDS)
