from __future__ import annotations

import json
from pathlib import Path

from backstage.domain.task_state import TaskState
from tests.cli.conftest import Cli, Store


def test_cancel_cancels_and_says_what_became_of_each(cli: Cli, store: Store) -> None:
    running = store.enqueue()
    store.start()
    pending = store.enqueue()
    answer = cli("cancel", pending, running)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"{pending} cancelled\n{running} cancel requested\n"


def test_a_task_that_cannot_be_cancelled_stops_no_other(cli: Cli, store: Store) -> None:
    done, pending = store.complete("1"), store.enqueue()
    answer = cli("cancel", "nope", done, pending)
    assert answer.code == 1
    assert answer.out == f"{pending} cancelled\n"
    unknown, ended = answer.err.splitlines()
    assert unknown == "backstage: no task 'nope': it never existed, or it was pruned"
    assert ended.startswith(f"backstage: task {done} is completed")


def test_retry_runs_a_dead_letter_once_more(cli: Cli, store: Store) -> None:
    dead = store.fail(ValueError(), max_attempts=1)
    assert cli("retry", dead).out == f"{dead} pending\n"
    assert store.task(dead).attempt == 0


def test_retry_can_give_all_attempts_back(cli: Cli, store: Store) -> None:
    dead = store.fail(ValueError(), max_attempts=3)
    cli("retry", dead)
    store.start()
    assert store.task(dead).attempt == 1
    again = store.fail(ValueError(), "other", max_attempts=3)
    assert cli("retry", again, "--reset-attempts").code == 0
    assert store.task(again).attempt == 0


def test_retry_refuses_a_running_task(cli: Cli, store: Store) -> None:
    running = store.enqueue()
    store.start()
    answer = cli("retry", running)
    assert (answer.code, answer.out) == (1, "")
    assert f"task {running} is running: only failed and cancelled tasks can be run again" in answer.err


def test_replay_takes_the_dead_letters_of_a_queue_or_a_type(cli: Cli, store: Store) -> None:
    mail = store.fail(ValueError(), "a", queue="mail")
    other = store.fail(ValueError(), "b")
    assert cli("replay", "--queue", "mail").out == "replayed 1\n"
    assert store.task(mail).state is TaskState.PENDING
    assert store.task(other).state is TaskState.FAILED
    assert cli("replay", "--type", "b").out == "replayed 1\n"
    assert cli("replay").out == "replayed 0\n"


def test_pause_and_resume_say_whether_they_changed_anything(cli: Cli) -> None:
    assert cli("pause", "mail").out == "queue mail is paused\n"
    assert cli("pause", "mail").out == "queue mail was paused already\n"
    assert cli("resume", "mail").out == "queue mail is resumed\n"
    assert cli("resume", "mail").out == "queue mail was not paused\n"
    assert cli("pause", "--type", "a").out == "type a is paused\n"
    assert cli("resume", "--type", "a").out == "type a is resumed\n"
    assert cli("pause", "no name").code == 2


def test_a_pause_says_who_and_why(cli: Cli) -> None:
    cli("pause", "mail", "--reason", "provider\ndown \x1b[31m")
    cli("pause", "--type", "email:send")
    [mail, kind] = json.loads(cli("stats", "--json").out)["pauses"]
    assert (mail["kind"], mail["name"], mail["reason"]) == ("queue", "mail", "provider down \x1b[31m")
    assert (kind["kind"], kind["by"], kind["reason"]) == ("type", mail["by"], None)
    assert "@" in mail["by"]
    [row] = json.loads(cli("queues", "--json").out)
    assert (row["paused_by"], row["pause_reason"]) == (mail["by"], mail["reason"])
    for command in (("stats",), ("queues",)):
        assert f" by {mail['by']}: “provider down \\x1b[31m”" in cli(*command).out
    too_long = cli("pause", "reports", "--reason", "x" * 501)
    assert (too_long.code, "--reason" in too_long.err) == (2, True)


def test_a_pause_of_a_name_that_nobody_knows_says_so_and_is_done(cli: Cli, store: Store) -> None:
    store.enqueue("mail:send", queue="mail")
    answer = cli("pause", "mial")
    assert (answer.code, answer.out) == (0, "queue mial is paused\n")
    assert answer.err == "backstage: no task, schedule or worker knows queue mial: did you mean mail?\n"
    assert cli("pause", "mail").err == ""
    cli("schedules", "add", "@daily", "report:build", "--queue", "reports")
    assert (cli("pause", "reports").err, cli("pause", "--type", "report:build").err) == ("", "")


def test_prune_deletes_what_is_old_enough(cli: Cli, store: Store) -> None:
    store.complete("1")
    dead = store.fail(ValueError())
    assert cli("prune", "--completed-older-than", "1d").out == "pruned 0\n"
    assert cli("prune", "--completed-older-than", "0").out == "pruned 1\n"
    assert store.task(dead).state is TaskState.FAILED


def test_prune_keeps_the_last_of_each_queue(cli: Cli, store: Store) -> None:
    store.complete("1")
    last = store.complete("2")
    assert cli("prune", "--keep-completed", "1", "--keep-cancelled", "0").out == "pruned 1\n"
    assert store.task(last).state is TaskState.COMPLETED


def test_prune_without_options_does_what_is_set(cli: Cli, store: Store, folder: Path) -> None:
    store.complete("1")
    assert cli("prune").out == "pruned 0\n"
    (folder / "backstage.toml").write_text("keep_completed = 0")
    assert cli("prune").out == "pruned 1\n"


def test_dead_letters_are_deleted_of_one_queue_or_all(cli: Cli, store: Store) -> None:
    store.fail(ValueError(), "a", queue="mail")
    store.fail(ValueError(), "b")
    assert cli("prune", "--dead-letters", "--queue", "mail", "--yes").out == "pruned 1\n"
    assert cli("prune", "--dead-letters", "--yes").out == "pruned 1\n"
    assert json.loads(cli("stats", "--json").out)["pruned"] == 2


def test_migrate_creates_the_store_once(cli: Cli, folder: Path) -> None:
    assert cli("migrate").out.startswith("applied 0001_tasks\n")
    assert cli("migrate").out == "up to date\n"
    assert cli("migrate", "--dry-run").out == "up to date\n"
    status, *_ = json.loads(cli("migrate", "--status", "--json").out)
    assert (status["version"], status["name"], status["applied_at"][-1]) == (1, "0001_tasks", "Z")
