from __future__ import annotations

from backstage.domain.task_state import TaskState
from tests.cli.conftest import Cli, Store


def test_a_dry_run_says_which_tasks_are_meant_and_changes_nothing(cli: Cli, store: Store) -> None:
    dead = store.fail(ValueError("no such host"), max_attempts=1)
    store.enqueue()
    answer = cli("retry", "--query", 'error:"no such host"', "--dry-run")
    assert (answer.code, answer.err) == (0, "")
    assert dead in answer.out
    assert answer.out.endswith("retry means 1 task\n")
    assert store.task(dead).state is TaskState.FAILED


def test_retry_cancel_and_prune_act_on_all_that_a_query_finds(cli: Cli, store: Store) -> None:
    dead = [store.fail(ValueError(), "a", max_attempts=1) for _ in range(3)]
    other = store.fail(ValueError(), "b", max_attempts=1)
    assert cli("retry", "--query", "type:a", "--rate", "1000").out.endswith("3 retried\n")
    assert {store.task(task_id).state for task_id in dead} == {TaskState.PENDING}
    assert cli("cancel", "--query", "type:a", "--yes").out.endswith("3 cancelled\n")
    assert cli("prune", "--query", "type:a", "--yes").out.endswith("3 deleted\n")
    assert cli("list", "--json", "--", "-type:nothing").out.count('"id"') == 1
    assert store.task(other).state is TaskState.FAILED
    told = cli("bulk").out
    assert [told.count(word) for word in ("retry", "cancel", "prune")] == [1, 1, 1]


def test_pending_tasks_get_another_priority_or_queue_by_id_or_by_query(cli: Cli, store: Store) -> None:
    first, second = store.enqueue("a"), store.enqueue("a")
    assert cli("prioritise", "7", first).out == f"{first} priority 7\n"
    assert cli("prioritise", "9", "--query", "priority:0").out.endswith("1 given their priority\n")
    assert [store.task(each).priority for each in (first, second)] == [7, 9]
    assert cli("move", "bulk", first).out == f"{first} on queue bulk\n"
    assert cli("move", "bulk", "--query=-queue:bulk").out.endswith("1 moved\n")
    assert {store.task(each).queue for each in (first, second)} == {"bulk"}


def test_an_ended_task_is_deleted_and_a_pending_one_is_not(cli: Cli, store: Store) -> None:
    dead = store.fail(ValueError(), max_attempts=1)
    pending = store.enqueue()
    answer = cli("delete", dead, pending, "--yes")
    assert (answer.code, answer.out) == (1, f"{dead} deleted\n")
    assert "cancel it first" in answer.err


def test_what_could_not_be_changed_is_told_with_a_reason(cli: Cli, store: Store) -> None:
    assert cli("retry", store.fail(ValueError(), max_attempts=1)).code == 0
    answer = cli("move", "bulk", "--query", "state:pending")
    assert (answer.code, answer.out.splitlines()[-1]) == (1, "0 moved")
    assert "has run before" in answer.err


def test_a_query_lists_tasks_and_is_narrowed_by_options(cli: Cli, store: Store) -> None:
    dead = store.fail(ValueError("no such host"), "a", max_attempts=1)
    store.fail(ValueError("other"), "a", max_attempts=1)
    store.enqueue("a")
    answer = cli("list", "error:host", "since:1h", "--state", "failed", "--type", "a", "--json")
    assert answer.out.count('"id"') == 1
    assert dead in answer.out


def test_a_wrong_query_is_refused_with_the_nearest(cli: Cli, store: Store) -> None:
    store.enqueue()
    answer = cli("cancel", "--query", "stat:pending")
    assert (answer.code, answer.out) == (1, "")
    assert "did you mean state:pending?" in answer.err


def test_a_query_that_was_forgotten_does_not_mean_every_task(cli: Cli, store: Store) -> None:
    pending = store.enqueue()
    for arguments in (["cancel", "--yes"], ["move", "bulk"], ["prune", "--yes"]):
        answer = cli(*arguments, "--query", " ")
        assert (answer.code, "write type:* if you mean every task" in answer.err) == (2, True)
    assert cli("cancel", "--yes", "--query", "type:*").out.endswith("1 cancelled\n")
    assert pending in cli("list", "--state", "cancelled").out


def test_ids_and_a_query_exclude_each_other(cli: Cli, store: Store) -> None:
    pending = store.enqueue()
    for arguments in (["cancel"], ["cancel", pending, "--query", ""], ["retry", pending, "--dry-run"]):
        assert cli(*arguments).code == 2
    assert cli("prune", "--query", "state:failed", "--queue", "mail").code == 2
