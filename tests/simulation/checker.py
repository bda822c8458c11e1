"""Judges the evidence of one seed. Shares no code with the store or the worker beyond the words of the domain."""

from __future__ import annotations

from collections import Counter, defaultdict

from backstage.domain.task_state import TaskState
from tests.simulation.journal import Fact
from tests.simulation.world import World

FINAL = {TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED}


def violations(world: World) -> list[str]:
    """One sentence per broken promise; empty when all of them held."""
    return [
        *_nothing_lost(world),
        *_nothing_unexpected(world),
        *_one_end_each(world),
        *_leases_exclude(world),
        *_stale_ends_refused(world),
        *_no_overlap(world),
        *_attempts_bounded(world),
        *_records_match(world),
        *_counts_exact(world),
    ]


def _nothing_lost(world: World) -> list[str]:
    lost = [f"task {task_id} was acknowledged and is not stored" for task_id in world.acked - world.tasks.keys()]
    stuck = [f"task {t.id} ({t.type}) is still {t.state}" for t in world.tasks.values() if t.state not in FINAL]
    return lost + stuck


def _nothing_unexpected(world: World) -> list[str]:
    chained = {task.id for task in world.tasks.values() if task.origin_id}
    unknown = world.tasks.keys() - world.asked - chained
    orphans = [
        f"task {task.id} follows {task.origin_id}, which did not complete"
        for task in world.tasks.values()
        if task.origin_id and world.tasks[task.origin_id].state is not TaskState.COMPLETED
    ]
    children = Counter(task.origin_id for task in world.tasks.values() if task.origin_id)
    missing = [
        f"chain task {task.id} completed with {children[task.id]} next tasks"
        for task in world.tasks.values()
        if task.type == "chain" and task.state is TaskState.COMPLETED and children[task.id] != 1
    ]
    return [f"task {task_id} was never asked for" for task_id in unknown] + orphans + missing


def _by_task(world: World, *kinds: str) -> dict[str, list[Fact]]:
    facts: dict[str, list[Fact]] = defaultdict(list)
    for fact in world.journal.of(*kinds):
        facts[fact.task_id].append(fact)
    return facts


def _one_end_each(world: World) -> list[str]:
    broken = []
    for task_id, facts in _by_task(world, "settle", "reclaim").items():
        ends = {fact.fence for fact in facts if fact.detail.rsplit(" ", 1)[-1] in FINAL}
        if len(ends) > 1:
            broken.append(f"task {task_id} ended for good under fences {sorted(ends)}")
    return broken


def _leases_exclude(world: World) -> list[str]:
    """Fences rise by one; a claim follows the end of the one before; a reclaim waits for the lease to run out."""
    broken = []
    for task_id, facts in _by_task(world, "claim", "renew", "settle", "reclaim").items():
        fence, lease_end, is_held = 0, 0.0, False
        for fact in facts:
            if fact.kind == "claim":
                if is_held or fact.fence != fence + 1:
                    broken.append(f"task {task_id} was claimed as {fact.fence} while {fence} held it ({is_held})")
                fence, lease_end, is_held = fact.fence, fact.at + float(fact.detail), True
            elif fact.kind == "renew":
                lease_end = fact.at + float(fact.detail)
            elif fact.fence == fence:
                if fact.kind == "reclaim" and fact.at < lease_end:
                    broken.append(f"task {task_id} was reclaimed at {fact.at:.3f}, its lease ran to {lease_end:.3f}")
                is_held = False
    return broken


def _stale_ends_refused(world: World) -> list[str]:
    """An accepted end carries the fence of the newest claim, unless it repeats an end that counted at the time."""
    broken = []
    for task_id, facts in _by_task(world, "claim", "settle", "reclaim").items():
        newest, ended = 0, {}
        for fact in facts:
            if fact.kind == "claim":
                newest = fact.fence
            elif fact.kind == "reclaim":
                ended[fact.fence] = "lost"
            elif fact.fence in ended:
                if ended[fact.fence] != fact.detail.split()[0]:
                    broken.append(
                        f"task {task_id}: fence {fact.fence} ended as {ended[fact.fence]}, then {fact.detail}"
                    )
            elif fact.fence != newest:
                broken.append(f"task {task_id}: a late {fact.detail} of fence {fact.fence} passed, {newest} held it")
            else:
                ended[fact.fence] = fact.detail.split()[0]
    return broken


def _no_overlap(world: World) -> list[str]:
    """Once a later run has started, an earlier one does nothing more, unless its host was frozen meanwhile."""
    frozen = {fact.host for fact in world.journal.of("freeze")}
    broken = []
    for task_id, facts in _by_task(world, "start", "beat").items():
        if world.tasks[task_id].type == "blocking":
            continue
        newest = 0
        for fact in facts:
            newest = max(newest, fact.fence)
            if fact.fence < newest and fact.host not in frozen and "blocking" not in world.plan.kinds:
                broken.append(f"task {task_id}: run {fact.fence} went on at {fact.at:.3f} beside run {newest}")
                break
    return broken


def _attempts_bounded(world: World) -> list[str]:
    broken = []
    for task in world.tasks.values():
        allowed = task.max_attempts or 4
        if task.attempt > allowed:
            broken.append(f"task {task.id} made {task.attempt} attempts, {allowed} are allowed")
        if task.crashes > world.plan.max_deliveries:
            broken.append(f"task {task.id} cost {task.crashes} workers")
    return broken


def _records_match(world: World) -> list[str]:
    """Each claim has one record, unless it was given back before its handler began."""
    begun = {(fact.task_id, fact.fence) for fact in world.journal.of("start")}
    broken = []
    for task in world.tasks.values():
        fences = [record.fence for record in world.attempts[task.id]]
        without = set(range(1, task.deliveries + 1)).difference(fences)
        if fences != sorted(set(fences)) or any((task.id, fence) in begun for fence in without):
            broken.append(f"task {task.id}: {task.deliveries} deliveries, records {fences}")
    return broken


def _counts_exact(world: World) -> list[str]:
    stored = Counter((task.queue, task.lane_type, task.state) for task in world.tasks.values())
    told = {(count.queue, count.type, count.state): count.tasks for count in world.counts if count.tasks}
    return [] if dict(stored) == told else [f"stats say {told}, stored are {dict(stored)}"]
