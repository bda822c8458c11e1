"""An action on every task that a query finds: planned, asked, then done step by step."""

from __future__ import annotations

import asyncio
import shlex

from backstage.app.use_cases import UseCases
from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.bulk_operation import EVERY_TASK
from backstage.domain.errors import InvalidTaskDataError
from backstage.pages.action import Action, AskedField, Question
from backstage.pages.figures import counted
from backstage.pages.moments import relative, wait
from backstage.pages.said import Said
from backstage.pages.visit import Visit

VERBS = {
    BulkKind.RETRY: ("Retry", "Each goes back into its queue, due now, and may run once more."),
    BulkKind.CANCEL: ("Cancel", "What waits ends at once. What runs is asked to stop."),
    BulkKind.PRIORITISE: ("Change the priority of", "Only what waits is changed."),
    BulkKind.MOVE: ("Move", "Only what waits and has never run is moved."),
    BulkKind.PRUNE: ("Delete", "Payloads, results and histories are gone for good."),
}
_RATE = 200.0


def _kind(visit: Visit) -> BulkKind:
    try:
        return BulkKind(visit.given("kind"))
    except ValueError:
        raise InvalidTaskDataError.of("kind", f"is not one of {', '.join(BulkKind)}") from None


def _action(visit: Visit) -> BulkAction:
    """What was not said yet is planned with what changes nothing of the count."""
    kind = _kind(visit)
    if kind is BulkKind.PRIORITISE:
        return BulkAction(kind, priority=_number(visit.given("priority", "0")))
    return BulkAction(kind, queue=visit.given("to") or "default") if kind is BulkKind.MOVE else BulkAction(kind)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidTaskDataError.of("priority", "is not a whole number") from None


def _query(visit: Visit) -> str:
    """Whoever selects all tasks of a list without a filter means every task, and is told the number."""
    return visit.given("q").strip() or EVERY_TASK


async def _ask(visit: Visit) -> Question:
    """Plans anew each time: a plan that nobody starts is forgotten after an hour."""
    action, query = _action(visit), _query(visit)
    plan = await visit.use_cases.plan_bulk(action, query)
    verb, consequence = VERBS[action.kind]
    number = counted(plan.count, "task") if plan.is_exact else f"{plan.count:,}+ tasks"
    oldest = f" The oldest was stored {relative(plan.oldest, visit.now)}." if plan.oldest else ""
    takes = f" It takes about {wait(plan.count / _RATE)}; you can stop it at any time." if plan.count > _RATE else ""
    return Question(
        title=f"{verb} {number}?" if plan.count else "No task is left to do that to",
        consequence=f"{consequence}{oldest}{takes}",
        button=f"{verb} {number}",
        keep="Keep them",
        command=_command(action, plan.query),
        is_destructive=action.kind in (BulkKind.CANCEL, BulkKind.PRUNE),
        to_type=str(plan.count) if action.kind is BulkKind.PRUNE else None,
        fields=_fields(visit, action),
        back=visit.href("/tasks", q=visit.given("q")).removeprefix(visit.root),
    )


def _command(action: BulkAction, query: str) -> str | None:
    if action.kind in (BulkKind.PRIORITISE, BulkKind.MOVE):
        return None
    return f"backstage {action.kind} --query {shlex.quote(query)}"


def _fields(visit: Visit, action: BulkAction) -> tuple[AskedField, ...]:
    if action.kind is BulkKind.PRIORITISE:
        return (AskedField("priority", "Priority", visit.given("priority", "0"), is_number=True),)
    if action.kind is BulkKind.MOVE:
        return (AskedField("to", "Queue", visit.given("to"), tuple(sorted(visit.shell.stats.by_queue))),)
    return ()


async def _do(visit: Visit) -> Said:
    plan = await visit.use_cases.plan_bulk(_action(visit), _query(visit))
    who = visit.identity.name if visit.identity else ""
    operation = await visit.use_cases.start_bulk(plan.digest, _RATE, who)
    _drive(visit, operation.id)
    return Said(
        f"{VERBS[operation.action.kind][0]} {counted(plan.count, 'task')}: started", see=f"/bulk/{operation.id}"
    )


def _drive(visit: Visit, operation_id: str) -> None:
    """Beside the requests; should this process end first, a worker goes on."""
    driving = asyncio.create_task(_run(visit.use_cases, operation_id))
    visit.site.driving.add(driving)
    driving.add_done_callback(visit.site.driving.discard)


async def _run(use_cases: UseCases, operation_id: str) -> None:
    async for _ in use_cases.run_bulk(operation_id):
        pass


async def _ask_stop(visit: Visit) -> Question:
    operation = await visit.use_cases.get_bulk(visit.given("operation"))
    return Question(
        title="Stop after this step?",
        consequence=f"{counted(operation.done, 'task')} are changed already and stay so.",
        button="Stop it",
        keep="Let it go on",
        back=f"/bulk/{operation.id}",
    )


async def _stop(visit: Visit) -> Said:
    operation = await visit.use_cases.stop_bulk(visit.given("operation"))
    return Said(f"Stopped after {counted(operation.done, 'task')}")


BULK_ACTIONS = {"bulk": Action(ask=_ask, do=_do), "stop-bulk": Action(ask=_ask_stop, do=_stop)}
