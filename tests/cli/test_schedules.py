from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COLOURS, Cli, Store

URL = "sqlite:///backstage.db"


def listed(cli: Cli) -> list[dict[str, Any]]:
    schedules: list[dict[str, Any]] = json.loads(cli("schedules", "list", "--json").out)
    return schedules


def test_a_schedule_is_added_with_everything_given(cli: Cli) -> None:
    answer = cli(
        *(
            "schedules",
            "add",
            "30 2 * * *",
            "report:build",
            '{"deep": true}',
            "--name",
            "nightly",
            "--queue",
            "reports",
        ),
        *("--tz", "Europe/Berlin", "--catch-up", "all", "--overlap", "skip", "--jitter", "5m"),
    )
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("nightly ticks next at 20")
    [schedule] = listed(cli)
    last, coming = schedule.pop("last_tick"), schedule.pop("next_tick")
    assert last < coming
    assert schedule == {
        "name": "nightly",
        "schedule": "30 2 * * *",
        "time_zone": "Europe/Berlin",
        "task_name": "report:build",
        "queue": "reports",
        "args": {"deep": True},
        "catch_up": "all",
        "overlap": "skip",
        "jitter": 300.0,
        "payload_version": 1,
        "tags": [],
        "key": None,
        "is_paused": False,
        "paused_since": None,
        "paused_by": None,
        "pause_reason": None,
    }


def test_a_schedule_needs_no_more_than_its_expression_and_type(cli: Cli) -> None:
    assert cli("schedules", "add", "@hourly", "t").code == 0
    [schedule] = listed(cli)
    assert (schedule["name"], schedule["args"], schedule["queue"]) == ("t @hourly", None, "default")
    assert (schedule["catch_up"], schedule["overlap"], schedule["jitter"]) == ("one", "allow", 0.0)


def test_a_name_that_is_taken_is_refused(cli: Cli) -> None:
    cli("schedules", "add", "@hourly", "t", "--name", "n")
    answer = cli("schedules", "add", "@daily", "t", "--name", "n")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "backstage: name: schedule 'n' exists already: edit it, or choose another --name\n"
    assert [each["schedule"] for each in listed(cli)] == ["@hourly"]


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("add", "61 * * * *", "t"), 2, "EXPR: '61 * * * *' has '61' in the minute field"),
        (("add", "@hourly", "no type"), 2, "TYPE: 'no type' is not a name"),
        (("add", "@hourly", "t", "--tz", "Mars/Olympus"), 2, "--tz: 'Mars/Olympus' is not a time zone"),
        (("add", "@hourly", "t", "{"), 2, "is not JSON"),
        (("add", "@hourly", "t", "--overlap", "maybe"), 2, "invalid choice: 'maybe'"),
        (("add", "@hourly", "t", "--jitter", "soon"), 2, "is not a duration"),
        (("edit", "n"), 2, "give an option that says what to change"),
        (("edit", "nobody", "--queue", "q"), 1, "no schedule 'nobody'"),
        (("show", "nobody"), 1, "no schedule 'nobody'"),
        (("pause", "nobody"), 1, "no schedule 'nobody'"),
        (("resume", "nobody"), 1, "no schedule 'nobody'"),
        (("run", "nobody"), 1, "no schedule 'nobody'"),
        (("delete", "nobody"), 1, "no schedule 'nobody'"),
        (("next", "@hourly", "--count", "0"), 2, "--count must lie between 1 and 1000"),
        (("next", "@hourly", "--tz", "Mars"), 2, "--tz: 'Mars' is not a time zone"),
        (("next", "@hourly", "--after", "noon"), 2, "--after: is not an ISO 8601 date"),
        (("next", "@hourly", "--after", "2026-01-01"), 2, "has no time zone"),
        ((), 2, "ACTION"),
        (("start",), 2, "invalid choice: 'start'"),
        (("--json", "list"), 2, "write the action first"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(cli: Cli, arguments: tuple[str, ...], code: int, problem: str) -> None:
    answer = cli("schedules", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert problem in answer.err.splitlines()[-1]


def test_edit_changes_what_is_given_and_leaves_the_rest(cli: Cli) -> None:
    cli("schedules", "add", "@hourly", "t", "[1]", "--name", "n", "--queue", "q", "--jitter", "5")
    [before] = listed(cli)
    assert cli("schedules", "edit", "n", "--schedule", "17 4 * * *", "--overlap", "replace").code == 0
    [after] = listed(cli)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"schedule", "overlap", "last_tick", "next_tick"}
    cli("schedules", "edit", "n", "--args", "null", "--task", "other")
    assert [(each["args"], each["task_name"], each["jitter"]) for each in listed(cli)] == [(None, "other", 5.0)]


def test_a_paused_schedule_says_who_paused_it_and_why(cli: Cli) -> None:
    cli("schedules", "add", "@hourly", "t", "--name", "n")
    cli("schedules", "pause", "n", "--reason", "provider down")
    [schedule] = listed(cli)
    assert (schedule["pause_reason"], "@" in schedule["paused_by"]) == ("provider down", True)
    assert f" by {schedule['paused_by']}: “provider down”" in cli("schedules", "show", "n").out
    assert cli("schedules", "pause", "n", "--reason", "x" * 501).code == 2


def test_a_paused_schedule_says_so_until_it_is_resumed(cli: Cli) -> None:
    cli("schedules", "add", "@hourly", "t", "--name", "n")
    assert cli("schedules", "pause", "n").out == "n is paused\n"
    assert cli("schedules", "pause", "n").out == "n was paused already\n"
    assert [(each["is_paused"], each["next_tick"]) for each in listed(cli)] == [(True, None)]
    assert "paused since " in cli("schedules", "list").out
    assert cli("schedules", "edit", "n", "--queue", "q").out == "n is paused\n"
    assert cli("schedules", "resume", "n").out == "n is resumed\n"
    assert cli("schedules", "resume", "n").out == "n was not paused\n"
    assert [each["is_paused"] for each in listed(cli)] == [False]


def test_run_enqueues_the_task_and_prints_its_id(cli: Cli, store: Store) -> None:
    cli("schedules", "add", "@hourly", "t", "[1]", "--name", "n", "--overlap", "skip")
    first = cli("schedules", "run", "n")
    task = store.task(first.out.strip())
    assert (task.type, task.payload, task.metadata) == ("t", [1], {"schedule": "n"})
    second = cli("schedules", "run", "n")
    assert (second.code, second.out) == (1, "")
    assert f"is held by task {task.id}" in second.err


def test_a_deleted_schedule_is_gone(cli: Cli) -> None:
    cli("schedules", "add", "@hourly", "t", "--name", "n")
    assert cli("schedules", "delete", "n").out == "n is deleted\n"
    assert listed(cli) == []


def test_show_tells_everything_and_the_next_ticks(cli: Cli) -> None:
    cli("schedules", "add", "0 12 * * *", "t", "[1]", "--name", "n", "--tz", "Asia/Kathmandu")
    out = cli("schedules", "show", "n").out
    for line in (
        "schedule         0 12 * * *",
        "time zone        Asia/Kathmandu",
        "args             [1]",
        "state            on",
    ):
        assert line in out
    assert "\ndecided up to    2" in out and "last tick" not in out  # it has not ticked yet
    assert out.count("12:00:00 +0545") == 5
    document = json.loads(cli("schedules", "show", "n", "--json").out)
    assert len(document["ticks"]) == 5
    assert document["ticks"][0]["tick"] == document["next_tick"]


def test_looking_creates_nothing(cli: Cli, folder: Path) -> None:
    for action in (("list",), ("show", "n"), ("next", "@daily")):
        cli("schedules", *action)
    assert list(folder.iterdir()) == []


def test_the_store_may_be_named_before_the_action_or_after_it(cli: Cli) -> None:
    cli("schedules", "add", "@hourly", "t", "--url", URL)
    for arguments in (("schedules", "list", "--url", URL), ("schedules", "--url", URL, "list")):
        assert "t @hourly" in cli(*arguments).out
    assert "t @hourly" in cli("--url", URL, "schedules", "list").out


def test_names_cannot_drive_the_terminal(cli: Cli) -> None:
    cli("schedules", "add", "@hourly", "t", "--name", COLOURS)
    for action in (("list",), ("show", COLOURS), ("pause", COLOURS), ("delete", COLOURS), ("show", COLOURS)):
        answer = cli("schedules", *action)
        assert "\x1b" not in answer.out + answer.err


# -- previews --------------------------------------------------------------------------------------


def test_next_marks_what_the_change_of_clocks_does(cli: Cli) -> None:
    arguments = ("schedules", "next", "30 2 * * *", "--tz", "Europe/Berlin", "--count", "2")
    spring = cli(*arguments, "--after", "2026-03-28T12:00:00Z").out.splitlines()
    assert [line.split("  ")[0] for line in spring[1:]] == [
        "Sun 2026-03-29 03:00:00 +0200",
        "Mon 2026-03-30 02:30:00 +0200",
    ]
    assert "went forward by 1:00:00 before it; moved: clocks skip the time it names" in spring[1]
    autumn = cli(*arguments, "--after", "2026-10-24T12:00:00Z").out.splitlines()
    assert "the first of two times that clocks show" in autumn[1]
    assert "went back by 1:00:00 before it" in autumn[2]


def test_next_as_json_has_the_tick_in_utc_and_on_the_clock(cli: Cli) -> None:
    answer = cli(
        *("schedules", "next", "*/30 2 * * *", "--tz", "Europe/Berlin", "--count", "3", "--json"),
        *("--after", "2026-10-25T00:00:00Z"),
    )
    assert json.loads(answer.out) == [
        {
            "tick": "2026-10-25T00:30:00Z",
            "local": "2026-10-25T02:30:00+02:00",
            "clock_change": "first_of_two",
            "offset_change": 0,
        },
        {
            "tick": "2026-10-25T01:00:00Z",
            "local": "2026-10-25T02:00:00+01:00",
            "clock_change": "second_of_two",
            "offset_change": -3600,
        },
        {
            "tick": "2026-10-25T01:30:00Z",
            "local": "2026-10-25T02:30:00+01:00",
            "clock_change": "second_of_two",
            "offset_change": 0,
        },
    ]


def test_next_begins_now_and_shows_five(cli: Cli) -> None:
    ticks = json.loads(cli("schedules", "next", "@hourly", "--json").out)
    assert len(ticks) == 5
    assert all(tick["clock_change"] is None for tick in ticks)


def test_a_schedule_that_cannot_be_read_is_listed_with_its_problem_and_can_be_added_anew_or_deleted(
    cli: Cli, store: Store
) -> None:
    for name in ("fine", "strange"):
        assert cli("schedules", "add", "@daily", "t", "--name", name, "--tz", "Europe/Berlin").code == 0
    store.edit("UPDATE backstage_schedules SET cron = replace(cron, 'Europe', 'Olympus') WHERE name = 'strange'")
    fine, strange = listed(cli)
    assert (fine["name"], strange["name"], sorted(strange)) == ("fine", "strange", ["name", "problem"])
    assert "'Olympus/Berlin'" in strange["problem"]
    table = cli("schedules", "list").out
    assert "strange cannot be read here" in table and "fine" in table
    for action in ("show", "run", "edit"):
        answer = cli("schedules", action, "strange", *(("--jitter", "1") if action == "edit" else ()))
        assert answer.code == 1 and "delete it, or put it anew" in answer.err
    refused = cli("transfer", "--from", URL, "--to", "sqlite:///other.db")
    assert refused.code == 1 and "'strange' of the source cannot be read" in refused.err
    assert cli("schedules", "add", "@daily", "t", "--name", "strange").code == 0
    assert [each["name"] for each in listed(cli) if "problem" in each] == []
    store.edit("UPDATE backstage_schedules SET cron = 'rubbish' WHERE name = 'strange'")
    assert cli("schedules", "delete", "strange").code == 0
    assert [each["name"] for each in listed(cli)] == ["fine"]
