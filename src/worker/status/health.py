"""What `/health` and its parts say, as JSON can hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backstage.domain.ports.queue_control import QUEUE, Pause
from backstage.worker.watching.background_loop_health import LoopHealth
from backstage.worker.watching.metrics import WorkerMetrics
from backstage.worker.watching.vital_signs import Phase, VitalSigns

BLOCKED = 1.0
"""Seconds after which an event loop that does not turn makes a worker unready."""


def liveness(blocked_for: float, stuck_after: float, all_hung_for: float = 0.0) -> dict[str, Any]:
    """Both are ills that only a restart cures."""
    return {
        "live": max(blocked_for, all_hung_for) < stuck_after,
        "blocked_for": round(blocked_for, 3),
        "all_hung_for": round(all_hung_for, 3),
        "stuck_after": stuck_after,
    }


def readiness(signs: VitalSigns, blocked_for: float, store_problem: str | None) -> dict[str, Any]:
    reasons = []
    if signs.phase is not Phase.RUNNING:
        reasons.append(f"the worker is {signs.phase}")
    if signs.is_paused:
        reasons.append("the worker is paused")
    if signs.hang is not None:
        reasons.append(signs.hang)
    if blocked_for > BLOCKED:
        reasons.append(f"the event loop has been blocked for {blocked_for:.1f} s")
    elif store_problem is not None:
        reasons.append(f"the store: {store_problem}")
    problems = [loop.problem() for loop in signs.loops if loop.name == "claimer"]
    reasons += [f"cannot claim: {problem}" for problem in problems if problem is not None]
    return {"ready": not reasons, "reasons": reasons}


def health(
    signs: VitalSigns, metrics: WorkerMetrics, pauses: Sequence[Pause], blocked_for: float, store_problem: str | None
) -> dict[str, Any]:
    """A worker that stops or is paused is healthy all the same: that is what somebody wants of it."""
    loops = [_loop(loop) for loop in signs.loops]
    is_turning = blocked_for <= BLOCKED and all(loop["healthy"] for loop in loops)
    is_healthy = store_problem is None and is_turning and signs.hang is None
    return {
        "healthy": is_healthy,
        "worker_id": signs.worker_id,
        "phase": signs.phase,
        "paused": signs.is_paused,
        "event_loop": {"healthy": blocked_for <= BLOCKED, "blocked_for": round(blocked_for, 3)},
        "database": {"healthy": store_problem is None, "problem": store_problem},
        "loops": loops,
        "processors": _processors(signs, metrics, pauses),
        "slots": {
            "concurrency": signs.concurrency,
            "running": signs.running,
            "waiting": signs.waiting,
            "unsettled": signs.unsettled,
            "hung": len(signs.hung),
            "hung_types": sorted({*signs.hung}),
        },
        "metrics": metrics.total.summary(),
    }


def _loop(loop: LoopHealth) -> dict[str, Any]:
    problem = loop.problem()
    return {
        "name": loop.name,
        "healthy": problem is None,
        "problem": problem,
        "seconds_since": round(loop.seconds_since, 3),
    }


def _processors(signs: VitalSigns, metrics: WorkerMetrics, pauses: Sequence[Pause]) -> list[dict[str, Any]]:
    """One for each queue that the worker was given, or has had tasks of."""
    by_queue = metrics.by_queue()
    paused = {pause.name for pause in pauses if pause.kind == QUEUE}
    return [
        {
            "queue_name": name,
            "is_running": signs.phase is Phase.RUNNING,
            "is_paused": signs.is_paused or name in paused,
            "metrics": by_queue[name].summary() if name in by_queue else None,
        }
        for name in sorted({*signs.queues, *by_queue})
    ]
