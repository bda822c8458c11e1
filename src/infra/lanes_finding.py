"""What `backstage doctor` says of the number of lanes, on every store."""

from __future__ import annotations

from backstage.domain.finding import Finding, Severity

MANY_LANES = 1000


def lanes_finding(lanes: int) -> Finding:
    """`lanes` is the number of pairs of a queue and a type that have pending tasks."""
    detail = f"{lanes:,} pairs of a queue and a type have pending tasks"
    if lanes < MANY_LANES:
        return Finding("lanes", Severity.OK, detail)
    return Finding(
        "lanes",
        Severity.WARNING,
        f"{detail}; a worker that skips tasks of other workers reads each of its own pairs at every claim",
        "use fewer queues and types, and put the tenant into the payload instead of the queue's name",
    )
