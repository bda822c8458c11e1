from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

DEADLINE = 60.0
SUPERVISOR = textwrap.dedent(
    """
    import ctypes, json, sys
    from backstage.infra.structured_logging import new_logger
    from backstage.worker.command.fleet import Fleet
    commands, options = json.loads(sys.argv[1])
    if options.pop("is_subreaper", False):  # prctl(2), PR_SET_CHILD_SUBREAPER: orphans come here, as to process 1
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    logger = new_logger(log_format="json", stream=sys.stdout)
    raise SystemExit(Fleet(commands, logger=logger, **options).run())
    """
)
WAITS = """
import os, pathlib, signal, sys
told, path = [], pathlib.Path(sys.argv[1])
def hear(number, frame):
    told.append(number)
    path.with_name(f"{path.name}.told.{os.getpid()}").write_text(" ".join(map(str, told)))
    if len(told) == int(sys.argv[2]):
        sys.exit(int(sys.argv[3]))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, hear)
path.with_name(f"{path.name}.{os.getpid()}").touch()
while True:
    signal.pause()
"""


class Supervised:
    """A fleet in a supervisor process of its own, and the files by which its workers tell what they live through."""

    def __init__(self, commands: list[list[str]], folder: Path, options: dict[str, Any]) -> None:
        self._folder = folder
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR, json.dumps([commands, options])], stdout=log
            )

    def waiting(self) -> list[int]:
        """The workers that have come to wait for signals, dead ones too."""
        return [int(each.name.split(".")[1]) for each in self._folder.glob("worker.[0-9]*")]

    def told(self) -> list[str]:
        return [each.read_text() for each in self._folder.glob("worker.told.*")]

    def lines(self, event: str) -> list[dict[str, Any]]:
        entries = [json.loads(line) for line in self._log.read_text().splitlines()]
        return [entry for entry in entries if entry["event"] == event]

    def code(self) -> int:
        return self.process.wait(DEADLINE)


Start = Callable[..., Supervised]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Supervised] = []

    def start(*commands: list[str], **options: Any) -> Supervised:
        fleet = Supervised(list(commands), tmp_path, {"restart_delay": 0.05, **options})
        started.append(fleet)
        return fleet

    yield start
    for fleet in started:
        for each in [*_descendants(fleet.process.pid), *fleet.waiting()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        fleet.process.kill()
        fleet.process.wait()


@pytest.fixture
def waits(tmp_path: Path) -> Callable[..., list[str]]:
    """A worker that waits for `signals` signals, then ends with `code`."""

    def waits(signals: int = 1, code: int = 0) -> list[str]:
        return [sys.executable, "-c", WAITS, str(tmp_path / "worker"), str(signals), str(code)]

    return waits


def _python(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", program, *arguments]


def _descendants(pid: int) -> list[int]:
    try:
        return [each.pid for each in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.NoSuchProcess:
        return ""


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.01)


def test_a_fleet_ends_with_0_once_all_its_processes_have(start: Start) -> None:
    fleet = start(_python(""), _python(""))
    assert fleet.code() == 0
    assert [entry["process"] for entry in fleet.lines("worker_process_started")] == [1, 2]
    assert fleet.lines("worker_process_died") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_is_passed_on_to_every_process(start: Start, waits: Callable[..., list[str]], number: int) -> None:
    fleet = start(waits(), waits())
    _until(lambda: len(fleet.waiting()) == 2)
    fleet.process.send_signal(number)
    assert fleet.code() == 0
    assert fleet.told() == [str(int(number))] * 2


def test_a_closed_terminal_stops_the_fleet_in_order(start: Start, waits: Callable[..., list[str]]) -> None:
    fleet = start(waits())
    _until(fleet.waiting)
    fleet.process.send_signal(signal.SIGHUP)
    assert fleet.code() == 0
    assert fleet.told() == [str(int(signal.SIGTERM))]


def test_the_second_signal_is_passed_on_as_well(start: Start, waits: Callable[..., list[str]]) -> None:
    fleet = start(waits(signals=2))
    _until(fleet.waiting)
    fleet.process.send_signal(signal.SIGINT)
    _until(lambda: fleet.told() == [str(int(signal.SIGINT))])
    fleet.process.send_signal(signal.SIGTERM)
    assert fleet.code() == 0
    assert fleet.told() == [f"{int(signal.SIGINT)} {int(signal.SIGTERM)}"]


def test_the_third_signal_kills(start: Start, waits: Callable[..., list[str]]) -> None:
    fleet = start(waits(signals=99))
    _until(fleet.waiting)
    [pid] = fleet.waiting()
    for count in (1, 2):
        fleet.process.terminate()
        _until(lambda count=count: fleet.told() == [" ".join(["15"] * count)])
    fleet.process.terminate()
    assert fleet.code() == 1
    assert not _is_running(pid)


def test_a_process_that_ends_badly_while_stopping_shows_in_the_exit_code(
    start: Start, waits: Callable[..., list[str]]
) -> None:
    fleet = start(waits(code=4), waits())
    _until(lambda: len(fleet.waiting()) == 2)
    fleet.process.terminate()
    assert fleet.code() == 1


def test_a_process_that_dies_of_the_signal_passed_on_has_done_as_told(start: Start) -> None:
    fleet = start(["sleep", "600"])
    _until(lambda: "sleep" in [_name(pid) for pid in _descendants(fleet.process.pid)])
    fleet.process.terminate()
    assert fleet.code() == 0


def test_a_killed_process_is_replaced_and_its_neighbour_untouched(
    start: Start, waits: Callable[..., list[str]]
) -> None:
    fleet = start(waits(), waits())
    _until(lambda: len(fleet.waiting()) == 2)
    victim, neighbour = fleet.waiting()
    os.kill(victim, signal.SIGKILL)
    _until(lambda: len(fleet.waiting()) == 3)
    assert _is_running(neighbour)
    [died] = fleet.lines("worker_process_died")
    assert (died["pid"], died["how"]) == (victim, "SIGKILL")
    fleet.process.terminate()
    assert fleet.code() == 0


def test_each_rapid_crash_doubles_the_wait_up_to_its_cap_until_the_fleet_gives_up(start: Start) -> None:
    fleet = start(_python("raise SystemExit(3)"), max_rapid_crashes=4, restart_delay=0.02, max_restart_delay=0.06)
    assert fleet.code() == 1
    assert [entry["restarts_in"] for entry in fleet.lines("worker_process_died")] == [0.02, 0.04, 0.06, 0.06]
    [gave_up] = fleet.lines("fleet_gave_up")
    assert (gave_up["how"], gave_up["crashes"]) == ("exit code 3", 5)


def test_a_process_that_refuses_its_options_ends_the_fleet_at_once(start: Start) -> None:
    fleet = start(_python("raise SystemExit(2)"))
    assert fleet.code() == 2
    assert not fleet.lines("worker_process_died")


def test_a_fleet_that_gives_up_stops_the_healthy_processes_in_order(
    start: Start, waits: Callable[..., list[str]], tmp_path: Path
) -> None:
    crashes = (
        "import pathlib, sys, time\nwhile not list(pathlib.Path(sys.argv[1]).glob('worker.*')): time.sleep(.01)\n1/0"
    )
    fleet = start(_python(crashes, str(tmp_path)), waits(), max_rapid_crashes=0)
    assert fleet.code() == 1
    assert fleet.told() == [str(int(signal.SIGTERM))]


def test_a_process_that_had_run_for_long_starts_its_count_afresh(start: Start, tmp_path: Path) -> None:
    fails_five_times = (
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "count = len(path.read_text()) if path.exists() else 0\n"
        "path.write_text('x' * (count + 1))\n"
        "sys.exit(count < 5)\n"
    )
    fleet = start(_python(fails_five_times, str(tmp_path / "count")), max_rapid_crashes=1, rapid=0.0)
    assert fleet.code() == 0
    assert [entry["restarts_in"] for entry in fleet.lines("worker_process_died")] == [0.05] * 5


def test_a_signal_ends_the_wait_for_a_restart(start: Start) -> None:
    fleet = start(_python("1/0"), restart_delay=600, max_restart_delay=600)
    _until(lambda: fleet.lines("worker_process_died"))
    fleet.process.terminate()
    assert fleet.code() == 0


def test_processes_end_in_order_when_their_supervisor_is_killed(start: Start, waits: Callable[..., list[str]]) -> None:
    fleet = start(waits(), waits())
    _until(lambda: len(fleet.waiting()) == 2)
    fleet.process.kill()
    fleet.process.wait()
    _until(lambda: fleet.told() == [str(int(signal.SIGTERM))] * 2)
    _until(lambda: not any(map(_is_running, fleet.waiting())))


def test_as_process_1_it_reaps_what_others_left_behind(start: Start, tmp_path: Path) -> None:
    leaves_an_orphan = (
        "import pathlib, subprocess, sys\n"
        "orphan = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "pathlib.Path(sys.argv[1]).write_text(str(orphan.pid))\n"
    )
    fleet = start(_python(leaves_an_orphan, str(tmp_path / "orphan")), ["sleep", "600"], is_subreaper=True)
    _until(lambda: (tmp_path / "orphan").exists() and (tmp_path / "orphan").read_text())
    orphan = psutil.Process(int((tmp_path / "orphan").read_text()))
    _until(lambda: orphan.ppid() == fleet.process.pid)
    orphan.kill()
    _until(lambda: not psutil.pid_exists(orphan.pid))
    fleet.process.terminate()
    assert fleet.code() == 0


def test_a_process_that_outlives_its_time_to_stop_is_killed(start: Start, waits: Callable[..., list[str]]) -> None:
    fleet = start(waits(signals=9), stop_within=0.3)
    _until(fleet.waiting)
    fleet.process.send_signal(signal.SIGTERM)
    assert fleet.code() == 1
    [killed] = fleet.lines("worker_process_killed")
    assert (killed["process"], killed["pid"]) == (1, *fleet.waiting())
