"""Who may use which use case, what is hidden from them, and what the audit log tells."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backstage.app.enqueue_task import EnqueueTask
from backstage.app.guarded_use_cases import GuardedUseCases
from backstage.app.permissions import PERMISSIONS
from backstage.app.use_cases import UseCases
from backstage.domain.audit_entry import AuditEntry, AuditOutcome, AuditQuery
from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.cron_task import CronTask
from backstage.domain.errors import NotAllowedError, StorageUnavailableError, TaskNotFoundError, TokenNotFoundError
from backstage.domain.failure import Failure
from backstage.domain.identity import Identity, Role
from backstage.domain.payload_terms import HIDDEN
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from tests.app.conftest import Scene

Call = Callable[[UseCases], Awaitable[Any]]


def as_(scene: Scene, role: Role, *, may_read_payloads: bool = True) -> GuardedUseCases:
    return GuardedUseCases(scene.use_cases, Identity(f"the {role}", role, may_read_payloads))


async def audit(scene: Scene) -> list[tuple[str, str, str, int]]:
    """What the log tells, by action: the clock stands still, so the entries have one moment."""
    entries = (await scene.use_cases.list_audit()).entries
    return sorted(((each.who, each.action, each.target, each.tasks) for each in entries), key=lambda told: told[1])


def test_every_use_case_has_a_permission() -> None:
    assert set(PERMISSIONS) == set(inspect.get_annotations(UseCases))


def test_whatever_changes_something_is_audited() -> None:
    looks = {name for name, each in PERMISSIONS.items() if each.role is not None and not each.is_audited}
    verbs = (
        "get",
        "diagnose",
        "find",
        "search",
        "list",
        "count",
        "complete",
        "explain",
        "plan",
        "follow",
        "result",
        "as",
        "check",
    )
    assert {name for name in looks if name.partition("_")[0] not in (*verbs, "results")} == set()


def test_whatever_changes_what_is_there_is_told_before_it_is_done() -> None:
    told_afterwards = {name for name, each in PERMISSIONS.items() if each.is_audited and not each.is_told_first}
    adding = {"enqueue", "enqueue_task", "enqueue_tasks", "enqueue_many", "copy_task", "call", "run_schedule_now"}
    assert told_afterwards == adding | {"run_bulk"}  # which is told when it begins


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", list(PERMISSIONS))
async def test_a_role_that_is_too_low_is_refused_before_anything_is_done(scene: Scene, name: str, role: Role) -> None:
    needed = PERMISSIONS[name].role
    if needed is not None and role.includes(needed):
        return
    with pytest.raises(NotAllowedError, match=f"the {role} may not call {name}"):
        getattr(as_(scene, role), name)()
    assert await audit(scene) == []


async def test_an_action_is_written_into_the_log_with_who_what_and_how_many(scene: Scene) -> None:
    use_cases = as_(scene, Role.OPERATOR)
    task = await use_cases.enqueue("email:send", {"secret": "s3cr3t"}, queue="mail")
    await use_cases.enqueue_tasks([EnqueueTask("email:send", dedupe="k"), EnqueueTask("email:send", dedupe="k")])
    await use_cases.cancel_task(task.id)
    await use_cases.retry_task(task.id, reset_attempts=True)
    await use_cases.pause_queue("mail")
    who = "the operator"
    assert await audit(scene) == [
        (who, "cancel_task", task.id, 1),
        (who, "enqueue", task.id, 1),
        (who, "enqueue_tasks", "", 1),
        (who, "pause_queue", "mail", 0),
        (who, "retry_task", task.id, 1),
    ]
    page = await scene.use_cases.list_audit(AuditQuery(target=task.id))
    details = {each.action: each.details for each in page.entries}
    assert details["retry_task"] == {"task_id": task.id, "reset_attempts": True}
    assert details["enqueue"] == {"task_type": "email:send", "queue": "mail"}


async def test_whoever_pauses_something_signs_with_the_own_name(scene: Scene) -> None:
    use_cases = as_(scene, Role.OPERATOR)
    await use_cases.pause_queue("mail", reason="provider down", by="somebody else")
    await use_cases.pause_type("email:send")
    await scene.use_cases.put_schedule(CronTask("@daily", "report:build", name="nightly"))
    await use_cases.pause_schedule("nightly", reason="moving house")
    assert [(each.by, each.reason) for each in await use_cases.list_pauses()] == [
        ("the operator", "provider down"),
        ("the operator", None),
    ]
    pause = (await use_cases.get_schedule("nightly")).pause
    assert pause is not None and (pause.by, pause.reason) == ("the operator", "moving house")
    [entry] = (await scene.use_cases.list_audit(AuditQuery(action="pause_queue"))).entries
    assert entry.details == {"name": "mail", "reason": "provider down"}


async def test_an_action_that_was_refused_is_in_the_log_as_one_that_failed(scene: Scene) -> None:
    with pytest.raises(TaskNotFoundError):
        await as_(scene, Role.OPERATOR).cancel_task("01890000-0000-7000-8000-000000000000")
    [entry] = (await scene.use_cases.list_audit()).entries
    assert (entry.action, entry.tasks, entry.outcome) == ("cancel_task", 0, AuditOutcome.FAILED)


async def test_nothing_is_done_while_the_log_cannot_be_written(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    task = await scene.use_cases.enqueue("email:send")
    monkeypatch.setattr(scene.use_cases.backend.audit_log, "add", _away)
    with pytest.raises(StorageUnavailableError):
        await as_(scene, Role.OPERATOR).cancel_task(task.id)
    assert await scene.use_cases.get_task(task.id) == task


async def test_what_was_done_just_before_the_log_went_away_is_answered_and_told_as_begun(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, save = scene.use_cases.backend.audit_log, scene.use_cases.backend.tasks.save
    task = await scene.use_cases.enqueue("email:send")

    async def save_last(saved: Task) -> None:
        await save(saved)
        monkeypatch.setattr(log, "add", _away)

    monkeypatch.setattr(scene.use_cases.backend.tasks, "save", save_last)
    assert (await as_(scene, Role.OPERATOR).cancel_task(task.id)).state is TaskState.CANCELLED
    [entry] = (await scene.use_cases.list_audit()).entries
    assert (entry.target, entry.outcome) == (task.id, AuditOutcome.BEGUN)


async def _away(entry: AuditEntry) -> None:
    raise StorageUnavailableError("away")


async def test_looking_is_not_in_the_log(scene: Scene) -> None:
    task = await scene.pending()
    use_cases = as_(scene, Role.VIEWER)
    assert await use_cases.get_task(task.id) == task
    assert (await use_cases.get_task_stats()).pending == 1
    assert await audit(scene) == []


async def test_what_a_use_case_calls_is_not_in_the_log_again(scene: Scene) -> None:
    await scene.ended(lambda task: task.gave_up(Failure("ValueError", "no", "")))
    assert await as_(scene, Role.ADMIN).purge_dead_letters() == 1
    assert await audit(scene) == [("the admin", "purge_dead_letters", "", 1)]


@pytest.mark.parametrize(
    "look",
    [
        lambda use_cases: use_cases.find_tasks(),
        lambda use_cases: use_cases.list_schedules(),
        lambda use_cases: use_cases.get_schedule("nightly"),
        lambda use_cases: use_cases.run_schedule_now("nightly"),
    ],
)
async def test_payloads_and_results_are_hidden_from_who_may_not_read_them(scene: Scene, look: Call) -> None:
    await scene.ended(lambda task: task.completed('"s3cr3t"'), payload={"card": "s3cr3t"})
    await scene.use_cases.put_schedule(CronTask("0 3 * * *", "report:build", args={"of": "s3cr3t"}, name="nightly"))
    assert "s3cr3t" in repr(await look(as_(scene, Role.OPERATOR)))
    hidden = await look(as_(scene, Role.OPERATOR, may_read_payloads=False))
    assert "s3cr3t" not in repr(hidden)
    assert HIDDEN in repr(hidden)


async def test_who_may_not_read_payloads_cannot_search_in_them(scene: Scene) -> None:
    blind = as_(scene, Role.ADMIN, may_read_payloads=False)
    for call in (blind.search_tasks, blind.count_tasks):
        with pytest.raises(NotAllowedError, match="by payload"):
            await call("state:pending -payload.card:4242")
        await call("state:pending")
    with pytest.raises(NotAllowedError, match="by payload"):
        await blind.complete_query("state:pending payload.card:4")
    await blind.complete_query("state:pend")
    await as_(scene, Role.VIEWER).search_tasks("payload.card:4242")


async def test_a_hidden_task_is_otherwise_the_same(scene: Scene) -> None:
    task = await scene.ended(lambda task: task.completed('"s3cr3t"'))
    shown = await as_(scene, Role.VIEWER, may_read_payloads=False).get_task(task.id)
    assert isinstance(shown, Task)
    assert (shown.payload, shown.result) == (HIDDEN, HIDDEN)
    assert (shown.id, shown.state, shown.metadata, shown.finished_at) == (
        task.id,
        task.state,
        task.metadata,
        task.finished_at,
    )


async def test_a_token_says_who_asks_until_it_is_revoked(scene: Scene) -> None:
    new = await as_(scene, Role.ADMIN).create_token("ci", Role.OPERATOR)
    assert await scene.use_cases.authenticate(new.secret) == Identity("ci", Role.OPERATOR, may_read_payloads=False)
    assert [each.last_used_at for each in await scene.use_cases.list_tokens()] == [scene.clock.now()]
    await as_(scene, Role.ADMIN).revoke_token(new.token.id)
    assert await scene.use_cases.authenticate(new.secret) is None
    assert [action for _, action, _, _ in await audit(scene)] == ["create_token", "revoke_token"]
    assert new.secret not in repr((await scene.use_cases.list_audit()).entries)


async def test_a_token_that_has_expired_says_nothing(scene: Scene) -> None:
    new = await scene.use_cases.create_token("ci", "viewer", expires_in=60.0)
    scene.clock.advance(59.0)
    assert await scene.use_cases.authenticate(new.secret) is not None
    scene.clock.advance(1.0)
    assert await scene.use_cases.authenticate(new.secret) is None


async def test_who_may_not_read_payloads_cannot_make_a_token_that_may(scene: Scene) -> None:
    with pytest.raises(NotAllowedError, match="read payloads"):
        await as_(scene, Role.ADMIN, may_read_payloads=False).create_token("me", may_read_payloads=True)


async def test_a_token_that_is_not_there_cannot_be_revoked(scene: Scene) -> None:
    with pytest.raises(TokenNotFoundError):
        await scene.use_cases.revoke_token("nothing")


async def test_an_operator_may_cancel_many_tasks_but_only_an_admin_may_delete_them(scene: Scene) -> None:
    operator = GuardedUseCases(scene.use_cases, Identity("olga", Role.OPERATOR, may_read_payloads=True))
    assert (await operator.plan_bulk(BulkAction(BulkKind.CANCEL), "state:pending")).digest
    with pytest.raises(NotAllowedError, match="the role admin"):
        await operator.plan_bulk(BulkAction(BulkKind.PRUNE), "state:failed")
    admin = GuardedUseCases(scene.use_cases, Identity("ada", Role.ADMIN, may_read_payloads=False))
    with pytest.raises(NotAllowedError, match="by payload"):
        await admin.plan_bulk(BulkAction(BulkKind.PRUNE), search="payload.user_id:1")
