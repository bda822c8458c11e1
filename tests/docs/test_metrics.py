"""What the guide to observability names is what a worker tells."""

from __future__ import annotations

import asyncio
import re

from backstage import Worker
from backstage.worker.status.event_loop_lag import LoopLag
from backstage.worker.status.observed import Observed
from backstage.worker.status.prometheus import Metrics
from tests.docs.markdown import ROOT, table

GUIDE = ROOT / "docs" / "observability.md"
KINDS = {"counter": "_total", "gauge": "", "histogram": ""}
NO_METRIC = {"backstage_store_", "backstage_worker_"}  # as the beginning of several


async def told() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The name of each metric to its kind and its labels."""
    worker = Worker("memory://", silent=True)
    loop = asyncio.get_running_loop()
    observed = Observed(worker, worker.backstage.backend, worker.measure_store(), LoopLag(), loop, stuck_after=1)
    async with worker:
        await worker.enqueue("t")
        await worker.backstage.pause_queue("q")
        await observed.figures.refresh()
        worker.metrics.of("q", "t")
        return {
            f"{family.name}{KINDS[family.type]}": (family.type, tuple(getattr(family, "_labelnames", ())))
            for family in Metrics(observed).collect()
            if family.name.startswith("backstage_")
        }


async def test_the_metrics_are_those_of_a_worker() -> None:
    rows = table(GUIDE, "## Prometheus")
    listed = {
        name.strip("`"): (kind, tuple(label for label in labels.split(", ") if label)) for name, kind, labels, _ in rows
    }
    assert listed == await told()


async def test_the_queries_and_the_rules_ask_for_metrics_that_there_are() -> None:
    known = await told()
    named = set(re.findall(r"\bbackstage_\w+", GUIDE.read_text(encoding="utf-8"))) - NO_METRIC
    assert {name for name in named if name.removesuffix("_bucket") not in known} == set()
