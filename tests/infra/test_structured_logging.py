from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import pytest
import structlog

from backstage.infra.structured_logging import new_logger


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_entry_is_one_json_line_where_nobody_looks_on():
    stream = io.StringIO()
    new_logger(stream=stream).bind(worker_id="w1").info("task_claimed", task_id="7")
    [entry] = lines(stream)
    assert list(entry)[:3] == ["timestamp", "level", "event"]
    assert (entry["level"], entry["event"], entry["worker_id"], entry["task_id"]) == ("info", "task_claimed", "w1", "7")


def test_a_terminal_gets_a_line_for_people():
    stream = Terminal()
    new_logger(stream=stream).info("task_claimed", task_id="7")
    assert "task_claimed" in stream.getvalue() and not stream.getvalue().startswith("{")


def test_the_format_can_be_chosen():
    terminal, file = Terminal(), io.StringIO()
    new_logger(stream=terminal, log_format="json").info("task_claimed")
    new_logger(stream=file, log_format="console").info("task_claimed")
    assert lines(terminal)[0]["event"] == "task_claimed"
    assert file.getvalue().startswith("20") and "\x1b" not in file.getvalue()


def test_entries_below_the_level_are_left_out():
    stream = io.StringIO()
    logger = new_logger(stream=stream, level="warning")
    logger.info("task_claimed")
    logger.warning("lease_lost")
    assert [entry["event"] for entry in lines(stream)] == ["lease_lost"]


def test_silent_writes_nothing_at_all():
    stream = io.StringIO()
    new_logger(stream=stream, silent=True).critical("store_unreachable")
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("silent", "written"), [(True, 0), (False, 1)])
def test_a_log_handler_gets_each_entry_beside_or_in_place_of_the_output(silent, written):
    stream, entries = io.StringIO(), []
    new_logger(stream=stream, silent=silent, log_handler=entries.append).info("task_claimed", task_id="7")
    assert [(entry["event"], entry["level"], entry["task_id"]) for entry in entries] == [("task_claimed", "info", "7")]
    assert len(lines(stream)) == written


def test_an_error_in_the_log_handler_is_noted_and_stops_nothing():
    def broken(entry):
        raise ValueError("boom")

    stream = io.StringIO()
    new_logger(stream=stream, log_handler=broken).info("task_claimed")
    assert lines(stream)[0]["log_handler_failed"] == "ValueError('boom')"


def test_an_exception_is_logged_with_its_traceback():
    stream = io.StringIO()
    try:
        raise ValueError("boom")
    except ValueError:
        new_logger(stream=stream).exception("listener_failed")
    assert "Traceback" in lines(stream)[0]["exception"] and "boom" in lines(stream)[0]["exception"]


HOSTILE = "a\n2030-01-01 [info] task_completed\r\x1b[2J\x00\x9b\u2028\u202e\ud800"


@pytest.mark.parametrize("stream_class", [io.StringIO, Terminal])
def test_no_value_can_write_a_line_of_its_own_or_drive_the_terminal(stream_class):
    stream = stream_class()
    new_logger(stream=stream, log_format="console").info(
        HOSTILE, value=HOSTILE, nested=[HOSTILE], **{f"key{HOSTILE}": 1}
    )
    [line] = stream.getvalue().split("\n")[:-1]
    assert not set(line.replace("\x1b[", "")) & set("\r\x1b\x00\x9b\u2028\u202e\ud800")
    assert "\x1b[2J" not in line


def test_a_line_break_in_an_error_cannot_pass_for_an_entry():
    stream = io.StringIO()
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        new_logger(stream=stream, log_format="console").exception("listener_failed")
    first, *rest = stream.getvalue().rstrip("\n").split("\n")
    assert "listener_failed" in first
    assert all(line.startswith("    ") and "\x1b" not in line for line in rest)


def test_hostile_values_stay_inside_their_json_line():
    stream = io.StringIO()
    new_logger(stream=stream).info("x", value=HOSTILE)
    assert stream.getvalue().count("\n") == 1 and stream.getvalue().isascii()
    assert lines(stream)[0]["value"] == HOSTILE


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def circle() -> list:
    items: list = []
    items.append(items)
    return items


@pytest.mark.parametrize("value", [Unprintable(), float("nan"), circle(), {1: {(2,): 3}}, b"\xff", object()])
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_any_value_can_be_logged(value, log_format):
    stream = io.StringIO()
    new_logger(stream=stream, log_format=log_format).info("x", value=value)
    assert stream.getvalue().count("\n") == 1


def test_a_stream_that_cannot_be_written_stops_nothing():
    stream = io.StringIO()
    logger = new_logger(stream=stream)
    stream.close()
    logger.info("task_claimed")


def test_the_configuration_of_the_application_is_left_alone():
    before = structlog.get_config(), structlog.is_configured()
    new_logger(level="debug", log_format="console").debug("task_claimed")
    assert (structlog.get_config(), structlog.is_configured()) == before


def test_entries_that_are_written_together_have_the_form_of_single_ones() -> None:
    stream, text = io.StringIO(), "a\n\u2028b"
    logger: Any = new_logger(stream=stream).bind(worker_id="w1")
    logger.info("task_claimed", task_id="7", text=text)
    logger.write_entries("info", "task_claimed", [f'"task_id": "7", "text": {json.dumps(text)}'] * 2)
    single, *together = ("timestamp".join(line.split(line[15:42])) for line in stream.getvalue().splitlines())
    assert together == [single] * 2
    first, *later = (datetime.fromisoformat(entry["timestamp"]) for entry in lines(stream))
    assert all(each >= first for each in later)


@pytest.mark.parametrize(
    "options",
    [{"silent": True}, {"log_handler": print}, {"log_format": "console"}, {"silent": True, "log_handler": print}],
)
def test_where_each_entry_is_heard_by_itself_none_are_written_together(options: dict[str, Any]) -> None:
    assert not hasattr(new_logger(stream=io.StringIO(), **options), "write_entries")
