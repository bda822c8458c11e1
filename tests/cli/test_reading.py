from __future__ import annotations

import json
from pathlib import Path

import pytest

from backstage.domain.subscription import Subscription
from backstage.domain.subscription_document import document_of
from tests.cli.conftest import COLOURS, Cli, Store

COUNTS = ["pending", "running", "completed", "failed", "cancelled", "total", "pruned"]


def test_stats_counts_by_state_queue_and_type(cli: Cli, store: Store) -> None:
    store.enqueue("a", queue="mail")
    store.enqueue("b", queue="mail")
    stats = json.loads(cli("stats", "--json").out)
    assert list(stats) == [*COUNTS, "by_queue", "by_type", "paused_queues", "paused_types", "pauses"]
    assert (stats["pending"], stats["total"]) == (2, 2)
    assert stats["by_queue"]["mail"]["pending"] == 2
    assert {name: counts["total"] for name, counts in stats["by_type"].items()} == {"a": 1, "b": 1}


def test_stats_for_people_has_a_line_per_state(cli: Cli, store: Store) -> None:
    store.enqueue()
    lines = [line.split() for line in cli("stats").out.splitlines()]
    assert [name for name, _ in lines] == COUNTS
    assert lines[0] == ["pending", "1"]


@pytest.mark.parametrize(("kind", "name"), [("queue", "default"), ("type", "email:send")])
def test_stats_for_people_has_a_row_per_queue_or_type(cli: Cli, store: Store, kind: str, name: str) -> None:
    store.enqueue()
    head, row = cli("stats", "--by", kind).out.splitlines()
    assert head.split() == [kind, *COUNTS]
    assert row.split() == [name, "1", "0", "0", "0", "0", "1", "0"]


def test_looking_at_a_store_that_does_not_exist_finds_nothing_and_creates_nothing(cli: Cli, folder: Path) -> None:
    for command in ("stats", "list", "queues", "workers", "replay"):
        answer = cli(command)
        assert answer.code == 0
        assert answer.err.startswith(f"backstage: there is no store at {folder / 'backstage.db'} yet: ")
        assert "backstage migrate" in answer.err
    assert json.loads(cli("stats", "--json").out)["total"] == 0
    assert cli("show", "some-id").code == 1
    assert cli("doctor").code == 0
    assert "would apply 0001" in cli("migrate", "--dry-run").out
    assert "not applied" in cli("migrate", "--status").out
    assert not any(folder.iterdir())


def test_list_shows_the_newest_first_with_its_error(cli: Cli, store: Store) -> None:
    dead = store.fail(ValueError(COLOURS), max_attempts=3)
    young = store.enqueue("report:make", queue="slow", priority=7)
    head, first, second = cli("list").out.splitlines()
    assert head.split() == ["id", "type", "queue", "state", "priority", "attempts", "age", "error"]
    assert first.split()[:6] == [young, "report:make", "slow", "pending", "7", "0"]
    assert second.split()[:8] == [dead, "email:send", "default", "failed", "0", "1", "of", "3"]
    assert second.rstrip().endswith("ValueError: \\x1b[31mred")


def test_list_gives_a_page_and_how_to_get_the_next(cli: Cli, store: Store) -> None:
    first, second, third = (store.enqueue() for _ in range(3))
    answer = cli("list", "--limit", "2")
    assert [line.split()[0] for line in answer.out.splitlines()[1:]] == [third, second]
    assert answer.err == f"next page: --after {second}\n"
    answer = cli("list", "--limit", "2", "--after", second)
    assert [line.split()[0] for line in answer.out.splitlines()[1:]] == [first]
    assert answer.err == ""


def test_list_filters(cli: Cli, store: Store) -> None:
    store.enqueue("a")
    wanted = store.enqueue("b", queue="mail", correlation_id="order-1", tags=["vip"], key="customer 7")
    for option, value in (
        ("--type", "b"),
        ("--queue", "mail"),
        ("--correlation", "order-1"),
        ("--workflow", wanted),
        ("--tag", "vip"),
        ("--key", "customer 7"),
    ):
        assert [task["id"] for task in json.loads(cli("list", option, value, "--json").out)] == [wanted]
    assert json.loads(cli("list", "--state", "failed", "--state", "running", "--json").out) == []


def test_list_takes_a_pattern_of_types_and_pages_through_it(cli: Cli, store: Store) -> None:
    types = ["mail:send", "mail:read", "report", "mail:send", "mailer"]
    ids = [store.enqueue(type_) for type_ in types]
    wanted = [task_id for task_id, type_ in zip(ids, types, strict=True) if type_.startswith("mail:")][::-1]
    page = cli("list", "--type", "mail:*", "--limit", "2", "--json")
    assert [task["id"] for task in json.loads(page.out)] == wanted[:2]
    rest = cli("list", "--type", "mail:*", "--after", wanted[1], "--json")
    assert [task["id"] for task in json.loads(rest.out)] == wanted[2:]
    assert f"next page: --after {wanted[1]}" in cli("list", "--type", "mail:*", "--limit", "2").err
    assert json.loads(cli("list", "--type", "nobody:*", "--json").out) == []


def test_lists_say_in_words_that_there_is_nothing(cli: Cli, store: Store) -> None:
    store.enqueue("a")
    assert cli("list", "--state", "failed").out == "no tasks match\n"
    assert cli("list", "--state", "failed", "--json").out == "[]\n"
    assert cli("schedules", "list").out == "no schedules\n"
    assert cli("subscriptions").out == "no subscriptions\n"
    assert cli("workers").out == "no live workers\n"


def test_show_says_who_limits_the_attempts(cli: Cli, store: Store) -> None:
    assert "attempts     0 (limit: set by the worker)\n" in cli("show", store.enqueue("a")).out
    assert "attempts     0 of 2\n" in cli("show", store.enqueue("b", max_attempts=2)).out


def test_list_refuses_a_page_size_beyond_the_limit(cli: Cli) -> None:
    answer = cli("list", "--limit", "0")
    assert answer.code == 2
    assert answer.err.startswith("backstage: list: --limit: must lie between 1 and 1000")


def test_show_tells_all_about_a_failed_task(cli: Cli, store: Store) -> None:
    task_id = store.fail(
        ValueError(f"{COLOURS}\nid           forged"), payload={"to": "ä@b\u2028"}, metadata={"source": "shop"}
    )
    out = cli("show", task_id).out
    lines = out.splitlines()
    assert f"id           {task_id}" in lines
    assert "state        failed" in lines
    assert 'metadata     {"source": "shop"}' in lines
    assert '    "to": "ä@b\\u2028"' in lines
    [attempt] = [line for line in lines if "w1  dead" in line]
    assert attempt.endswith("ValueError: \\x1b[31mred\\nid           forged")
    assert "  ValueError: \\x1b[31mred" in lines
    assert not any(line.startswith("id           forged") for line in lines)


def test_show_tells_what_a_failed_attempt_has_logged(cli: Cli, store: Store) -> None:
    task_id = store.fail(ValueError("no"))
    store.log(task_id, '{"host":"mx\\n1"}')
    assert 'logged\n  1  2030-01-01T08:00:00Z  warning  slow  {"host": "mx\\n1"}\n' in cli("show", task_id).out
    [line] = json.loads(cli("show", task_id, "--json").out)["logs"]
    assert (line["at"], line["level"], line["event"]) == ("2030-01-01T08:00:00Z", "warning", "slow")
    assert (line["fields"], line["attempt"]) == ({"host": "mx\n1"}, 1)


def test_show_tells_a_result(cli: Cli, store: Store) -> None:
    task_id = store.complete('{"sent":true}')
    assert 'result\n  {\n    "sent": true\n  }\n' in cli("show", task_id).out


def test_show_tells_who_runs_a_task_that_is_to_stop(cli: Cli, store: Store) -> None:
    task_id = store.enqueue()
    store.start()
    cli("cancel", task_id)
    out = cli("show", task_id).out
    assert "state        running, cancel requested" in out
    assert "worker       w1, leased until " in out


def test_show_in_json_has_payload_result_error_and_attempts(cli: Cli, store: Store) -> None:
    task_id = store.fail(ValueError(f"{COLOURS}\x7f"), payload={"n": 1}, dedupe="k")
    out = cli("show", task_id, "--json").out
    task = json.loads(out)
    assert "\x1b" not in out and "\x7f" not in out
    assert (task["id"], task["state"], task["payload"], task["result"]) == (task_id, "failed", {"n": 1}, None)
    assert task["dedupe"] == {"key": "k", "ttl": None}
    assert task["error"]["type"] == "ValueError"
    assert task["created_at"].endswith("Z")
    [attempt] = task["attempts"]
    assert (attempt["number"], attempt["outcome"], attempt["worker_id"]) == (1, "dead", "w1")
    assert attempt["error"]["message"] == f"{COLOURS}\x7f"


def test_show_of_an_unknown_task_says_so(cli: Cli, store: Store) -> None:
    store.enqueue()
    answer = cli("show", "nope")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "backstage: no task 'nope': it never existed, or it was pruned\n"


def test_queues_counts_and_says_what_is_paused(cli: Cli, store: Store) -> None:
    store.enqueue(queue="mail")
    cli("pause", "slow")
    cli("pause", "--type", "email:send")
    mail, slow = json.loads(cli("queues", "--json").out)
    assert (mail["queue"], mail["pending"], mail["paused_since"]) == ("mail", 1, None)
    assert (slow["queue"], slow["pending"]) == ("slow", 0)
    assert (mail["oldest_due_seconds"] >= 0, slow["oldest_due_seconds"]) == (True, None)
    [kind] = json.loads(cli("queues", "--types", "--json").out)
    assert (kind["type"], kind["pending"], kind["paused_since"][-1]) == ("email:send", 1, "Z")
    assert kind["oldest_due_seconds"] >= 0
    assert [line.split()[0] for line in cli("queues").out.splitlines()] == ["queue", "mail", "slow"]


def test_workers_lists_those_that_are_alive(cli: Cli, store: Store) -> None:
    store.beat("w1")
    [worker] = json.loads(cli("workers", "--json").out)
    assert (worker["id"], worker["concurrency"], worker["running"]) == ("w1", 4, ["t1"])
    head, row = cli("workers", "--seen-within", "5m").out.splitlines()
    assert head.split()[:4] == ["worker", "host", "pid", "state"]
    assert row.split()[:8] == ["w1", "h", "7", "running", "1", "4", "-", "-"]
    store.beat("w1", memory=150_000_000, loop_lag=0.0124, is_quiet=True, python="3.12.1")
    _, row = cli("workers").out.splitlines()
    assert row.split()[3:9] == ["quiet", "1", "4", "150.0", "MB", "12ms"]


def test_a_worker_that_was_killed_is_lost_and_then_gone(cli: Cli, store: Store) -> None:
    store.beat("w1")
    for silent_for, states in ((5, ["running"]), (20, ["lost"]), (31, [])):
        store.edit(f"UPDATE backstage_workers SET lease = 30, seen_at = started_at - {silent_for} * 1000000")
        assert [worker["state"] for worker in json.loads(cli("workers", "--json").out)] == states
    store.edit("UPDATE backstage_workers SET seen_at = started_at - 20000000")
    assert "warning  workers: 1; these have stopped reporting: w1" in cli("doctor").out


def test_doctor_tells_of_workers_that_durable_listeners_do_not_hear_from(cli: Cli, store: Store) -> None:
    store.beat("w1")
    assert "ok       workers: 1 were alive in the last minute" in cli("doctor").out
    store.edit(f"INSERT INTO backstage_subscriptions VALUES ('alerts', '{document_of(Subscription(name='alerts'))}')")
    assert "failures on older workers do not reach durable listeners: w1" in cli("doctor").out
    store.edit("UPDATE backstage_workers SET release = '1.0'")
    assert "durable listeners" not in cli("doctor").out


def test_doctor_finds_a_healthy_store(cli: Cli, store: Store) -> None:
    store.enqueue()
    answer = cli("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(answer.out)}
    assert answer.code == 0
    assert findings["integrity"]["status"] == "ok"
    assert "sqlite version" in findings


def test_doctor_names_a_remedy(cli: Cli, store: Store, folder: Path) -> None:
    store.enqueue()
    (folder / "backstage.db").chmod(0o644)
    answer = cli("doctor")
    assert answer.code == 0
    assert "warning  file mode: backstage.db has mode 0644" in answer.out
    assert f"chmod 600 {folder / 'backstage.db'}" in answer.out


def test_doctor_ends_with_1_for_an_error(cli: Cli, store: Store) -> None:
    store.enqueue()
    store.edit("UPDATE backstage_migrations SET checksum = 'another'")
    answer = cli("doctor")
    assert answer.code == 1
    assert "error    schema: " in answer.out


def test_a_file_that_is_no_store_is_refused(cli: Cli, folder: Path) -> None:
    (folder / "backstage.db").write_text("a diary, and by no means a database" * 100)
    for command in ("stats", "doctor", "list"):
        answer = cli(command)
        assert (answer.code, answer.out) == (2, "")
        assert "is not a SQLite database" in answer.err
