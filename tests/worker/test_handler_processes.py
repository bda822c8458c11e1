from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest
import structlog
from structlog.testing import CapturingLogger

from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError, StorageUnavailableError
from backstage.domain.failure import Failure
from backstage.domain.handler_signals import EndAsCancelled, GiveUp, RetryLater
from backstage.domain.lease import Lease
from backstage.domain.next import Next
from backstage.domain.payload import encode_payload
from backstage.domain.task import Task
from backstage.domain.task_result import TaskResult
from backstage.worker.executing.handler_process import ProcessDied, ProcessMisspoke
from backstage.worker.executing.handler_processes import HandlerProcesses
from backstage.worker.executing.process_frames import encode_frame
from backstage.worker.executing.remote_endings import RemoteHandlerError
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_call import HandlerCall
from backstage.worker.handling.handler_registry import HandlerRegistry
from backstage.worker.handling.payload_misfit import PayloadMisfit

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
DEADLINE = 60.0
Run = Callable[..., Awaitable[Any]]


class Signals:
    """RunSignals that a test sets and reads."""

    def __init__(self) -> None:
        self.is_stopping = False
        self.is_over = False
        self.progress: list[tuple[float, str | None]] = []
        self.error: Exception | None = None

    def is_shutting_down(self) -> bool:
        return self.is_stopping

    def is_cancel_requested(self) -> bool:
        return False

    def is_over_soft_timeout(self) -> bool:
        return self.is_over

    async def report_progress(self, fraction: float, note: str | None) -> bool:
        if self.error is not None:
            raise self.error
        self.progress.append((fraction, note))
        return note is not None

    async def heartbeat(self) -> bool:
        return True

    async def emit(self, data_json: str) -> bool:
        return True

    def note_line(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Nobody asks for it."""


def test_a_handlers_process_starts_without_the_code_of_any_store() -> None:
    program = "import sys, backstage.worker.executing.process_child\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    stores = ("backstage.infra", "backstage.worker.hosting")
    assert [each for each in ran.stdout.split() if each.startswith(stores)] == []


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("process_handlers")


@pytest.fixture
async def processes() -> AsyncIterator[HandlerProcesses]:
    processes = HandlerProcesses(4)
    yield processes
    await processes.close()
    assert not _children()


@pytest.fixture
def signals() -> Signals:
    return Signals()


@pytest.fixture
def logger() -> CapturingLogger:
    return CapturingLogger()


@pytest.fixture
def run(processes: HandlerProcesses, signals: Signals, logger: CapturingLogger) -> Run:
    async def run(function: Callable[..., Any], payload: Any = None, given: Signals = signals) -> Any:
        registration = TaskHandlerRegistration(type="t", handler=function, run_in="process")
        task = _task(payload_json=encode_payload(payload))
        bound = structlog.wrap_logger(logger, processors=[], wrapper_class=structlog.BoundLogger)
        context = TaskContext(task, "worker-1", bound, given)
        return await processes.call(registration, HandlerCall(function), context)

    return run


def _task(**fields: Any) -> Task:
    return Task(
        **{
            "id": "task-1",
            "type": "t",
            "created_at": NOW,
            "scheduled_at": NOW,
            "started_at": NOW,
            "lease": Lease("worker-1", NOW),
            "deliveries": 3,
            "interruptions": 1,
            "backoff": Backoff.exponential(1, cap=30, jitter=0.5),
            "dedupe": Dedupe("key", ttl=3),
            "correlation_id": "c",
            "workflow_id": "w",
            "metadata": {"tenant": "Ünï"},
            "last_failure": Failure("A", "b", "c"),
            **fields,
        }
    )


async def _until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not is_so():  # noqa: ASYNC110 - another process brings it about
            await asyncio.sleep(0.01)


async def _written(path: Path) -> str:
    text = ""

    def has_text() -> bool:
        nonlocal text
        text = path.read_text() if path.exists() else ""
        return text != ""

    await _until(has_text)
    return text


def _children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if _runs_handlers(each)]


def _runs_handlers(process: psutil.Process) -> bool:
    try:
        return (
            process.status() != psutil.STATUS_ZOMBIE and "backstage.worker.executing.process_child" in process.cmdline()
        )
    except psutil.NoSuchProcess:  # it ended since it was listed
        return False


# -- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, 0, "ü\n\u2028", [1, {"a": [None, 1.5]}], {"a": {"b": True}}])
async def test_a_json_value_comes_back_as_it_is(run: Run, handlers: ModuleType, value: Any) -> None:
    assert await run(handlers.echo, value) == value


async def test_a_result_of_a_megabyte_comes_back(run: Run, handlers: ModuleType) -> None:
    assert len(await run(handlers.big, 1_000_000)) == 1_000_000


async def test_a_typed_payload_is_validated_in_the_process(run: Run, handlers: ModuleType) -> None:
    assert await run(handlers.add, {"x": 1, "y": 2}) == 3
    with pytest.raises(InvalidTaskDataError) as raised:
        await run(handlers.add, {"x": "no"})
    assert [each.field for each in raised.value.fields] == ["payload.x", "payload.y"]


async def test_an_error_of_the_handlers_own_is_no_misfit_of_its_payload(run: Run, handlers: ModuleType) -> None:
    with pytest.raises(PayloadMisfit):
        await run(handlers.add, {"x": "no"})
    with pytest.raises(InvalidTaskDataError, match="queue: is wrong") as raised:
        await run(handlers.enqueues_badly)
    assert type(raised.value) is InvalidTaskDataError


async def test_a_model_comes_back_as_its_json(run: Run, handlers: ModuleType) -> None:
    assert await run(handlers.moved, {"x": 1, "y": 2}) == {"x": 2, "y": 2}


async def test_an_async_handler_runs_on_a_loop_of_its_own(run: Run, handlers: ModuleType) -> None:
    assert await run(handlers.on_a_loop, 5) == [5, True]


async def test_the_handler_sees_its_task(run: Run, handlers: ModuleType) -> None:
    assert await run(handlers.describe) == ["task-1", {"tenant": "Ünï"}, 2, 3, "worker-1", "task-1"]


class Marked(str):
    """As frameworks mark text that is safe to show."""

    __slots__ = ()


class Measured(float):
    """As libraries of numbers have them."""

    __slots__ = ()


async def test_a_task_may_have_texts_and_numbers_of_subclasses(
    processes: HandlerProcesses, handlers: ModuleType
) -> None:
    task = _task(metadata={Marked("tenant"): Marked("Ünï")}, correlation_id=Marked("c"), timeout=Measured(2.5))
    registration = TaskHandlerRegistration(type="t", handler=handlers.describe, run_in="process")
    context = TaskContext(task, "worker-1", None, Signals())
    described = await processes.call(registration, HandlerCall(handlers.describe), context)
    assert described == ["task-1", {"tenant": "Ünï"}, 2, 3, "worker-1", "task-1"]


async def test_a_next_comes_back_whole(run: Run, handlers: ModuleType) -> None:
    assert await run(handlers.chain, 4) == Next(
        "report:send",
        {"n": 4},
        delay=2,
        queue="slow",
        priority=7,
        result={"done": 4},
        dedupe=Dedupe("report", ttl=60),
    )


async def test_several_nexts_come_back_in_order(run: Run, handlers: ModuleType) -> None:
    assert await run(handlers.chain_several) == [Next("a", dedupe="k"), Next("b", [1], id=handlers.REPORT)]


async def test_a_task_result_comes_back_with_its_next(run: Run, handlers: ModuleType) -> None:
    assert await run(handlers.succeed, 1) == TaskResult(result=1, next=[Next("a")])


async def test_a_task_result_without_success_keeps_its_text(run: Run, handlers: ModuleType) -> None:
    ended = await run(handlers.not_quite)
    assert (ended.success, ended.error) == (False, "the sky was grey")


async def test_a_task_result_without_success_keeps_its_error(run: Run, handlers: ModuleType) -> None:
    ended = await run(handlers.not_quite_with_an_error)
    assert isinstance(ended.error, RetryLater) and ended.error.delay == 9


async def test_a_result_that_is_not_json_fails_the_attempt(run: Run, handlers: ModuleType) -> None:
    ended = await run(handlers.returns_a_set)
    assert not ended.success
    assert isinstance(ended.error, InvalidTaskDataError) and ended.error.fields[0].field == "result"


# -- errors ---------------------------------------------------------------------------------------


async def test_retry_later_comes_back_with_its_delay(run: Run, handlers: ModuleType) -> None:
    with pytest.raises(RetryLater, match="not yet") as raised:
        await run(handlers.later, 2.5)
    assert raised.value.delay == 2.5


async def test_a_give_up_of_ones_own_stays_one_and_keeps_its_name(run: Run, handlers: ModuleType) -> None:
    with pytest.raises(GiveUp) as raised:
        await run(handlers.give_up)
    assert Failure.of(raised.value).type == "NotThisOne"


async def test_a_handler_can_cancel_its_task(run: Run, handlers: ModuleType) -> None:
    with pytest.raises(EndAsCancelled, match="no longer wanted"):
        await run(handlers.cancel)


async def test_an_error_keeps_its_type_message_and_traceback(run: Run, handlers: ModuleType) -> None:
    with pytest.raises(RemoteHandlerError, match="Spoilt: spoilt: milk") as raised:
        await run(handlers.fail, "milk")
    failure = Failure.of(raised.value)
    assert (failure.type, failure.message) == ("Spoilt", "spoilt: milk")
    assert "process_handlers.py" in failure.traceback and 'raise Spoilt(f"spoilt: {payload}")' in failure.traceback
    assert "process_child.py" not in failure.traceback


async def test_sys_exit_fails_the_attempt_and_keeps_the_process(run: Run, handlers: ModuleType) -> None:
    before = await run(handlers.pid)
    with pytest.raises(RemoteHandlerError, match="SystemExit: 3") as raised:
        await run(handlers.leave)
    assert Failure.of(raised.value).type == "HandlerCrashed"
    assert await run(handlers.pid) == before


async def test_a_module_that_cannot_be_imported_fails_the_attempt(run: Run, handlers: ModuleType) -> None:
    def gone(payload: Any) -> None: ...

    gone.__module__, gone.__qualname__ = "no_such_module", "gone"
    with pytest.raises(RemoteHandlerError, match="No module named 'no_such_module'"):
        await run(gone)


# -- what may run in a process --------------------------------------------------------------------


def _in_main(payload: Any) -> None: ...


_in_main.__module__ = "__main__"


@pytest.mark.parametrize("function", [lambda payload: None, _in_main, len, Path("x").exists])
def test_what_cannot_be_imported_by_name_is_refused_when_it_is_registered(function: Callable[..., Any]) -> None:
    with pytest.raises(ConfigurationError, match="define it at module level"):
        HandlerRegistry().add(TaskHandlerRegistration(type="t", handler=function, run_in="process"))


async def test_what_lies_over_the_handler_mark_does_not_run(run: Run, handlers: ModuleType) -> None:
    inner = handlers.marked.__backstage_handler__.handler
    assert await run(inner, 1) == 1


# -- processes ------------------------------------------------------------------------------------


async def test_nothing_is_started_before_the_first_handler_runs(processes: HandlerProcesses) -> None:
    assert _children() == []


async def test_a_process_is_used_again(run: Run, handlers: ModuleType) -> None:
    assert await run(handlers.pid) == await run(handlers.pid) != os.getpid()


async def test_never_more_processes_than_the_concurrency(run: Run, handlers: ModuleType) -> None:
    pids = await asyncio.gather(*(run(handlers.pid) for _ in range(12)))
    assert len(set(pids)) <= 4


async def test_a_timeout_shorter_than_a_start_does_not_fail_for_ever(run: Run, handlers: ModuleType) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await run(handlers.pid)
    await _until(_children)
    [starting] = _children()
    assert await run(handlers.pid) == starting.pid


async def test_close_ends_a_process_that_is_starting(
    run: Run, handlers: ModuleType, processes: HandlerProcesses
) -> None:
    waiting = asyncio.ensure_future(run(handlers.echo))
    await _until(_children)
    await processes.close()
    assert _children() == []
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_random_ends_leave_every_slot_usable(run: Run, handlers: ModuleType) -> None:
    """Calls that end well, crash, time out while waiting or while running, all at once."""
    chance = random.Random(7)

    async def one() -> None:
        with contextlib.suppress(ProcessDied, TimeoutError):
            async with asyncio.timeout(chance.choice([0.01, 0.3, 600])):
                await run(chance.choice([handlers.echo, handlers.echo, handlers.vanish]))

    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(*(one() for _ in range(60)))
        assert await asyncio.gather(*(run(handlers.echo, n) for n in range(8))) == list(range(8))
        assert len(_children()) <= 4


async def test_a_process_that_cannot_start_fails_the_attempt(
    run: Run, handlers: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as changed:
        changed.setattr(sys, "executable", shutil.which("false"))
        with pytest.raises(ProcessDied, match="exited with code 1"):
            await run(handlers.echo)
    assert await run(handlers.echo, 1) == 1


async def test_an_idle_process_that_died_is_replaced(
    run: Run, processes: HandlerProcesses, handlers: ModuleType
) -> None:
    first = await run(handlers.pid)
    [idle] = processes._alive
    psutil.Process(first).kill()
    await _until(lambda: not idle.is_usable)
    assert await run(handlers.pid) != first


@pytest.mark.parametrize(("name", "message"), [("vanish", "exited with code 7"), ("crash", "was killed by SIGSEGV")])
async def test_a_process_that_dies_fails_its_attempt_only(
    run: Run, handlers: ModuleType, tmp_path: Path, signals: Signals, name: str, message: str
) -> None:
    neighbour = asyncio.ensure_future(run(handlers.wait_for_the_end, str(tmp_path / "neighbour")))
    await _written(tmp_path / "neighbour")
    with pytest.raises(ProcessDied, match=message):
        await run(getattr(handlers, name))
    assert await run(handlers.echo, "after") == "after"
    signals.is_stopping = True
    assert await neighbour == [True, False, False]


async def test_a_kill_from_outside_names_the_signal(run: Run, handlers: ModuleType, tmp_path: Path) -> None:
    running = asyncio.ensure_future(run(handlers.sleep_aloud, str(tmp_path / "pid")))
    os.kill(int(await _written(tmp_path / "pid")), signal.SIGKILL)
    with pytest.raises(ProcessDied, match="SIGKILL"):
        await running


async def test_a_hard_timeout_interrupts_the_handler(run: Run, handlers: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    running = asyncio.ensure_future(run(handlers.clean_up, str(path)))
    pid = int(await _written(path))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert path.read_text() == "cleaned up"
    assert not psutil.pid_exists(pid)


async def test_an_async_handler_is_interrupted_as_well(run: Run, handlers: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    running = asyncio.ensure_future(run(handlers.clean_up_on_a_loop, str(path)))
    await _written(path)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert path.read_text() == "cleaned up"


async def test_a_handler_that_ignores_its_interruption_is_killed(
    run: Run, handlers: ModuleType, tmp_path: Path
) -> None:
    running = asyncio.ensure_future(run(handlers.insist, str(tmp_path / "pid")))
    pid = int(await _written(tmp_path / "pid"))
    begun = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - begun < 2
    assert not psutil.pid_exists(pid)


async def test_a_second_cancellation_does_not_leave_the_process_behind(
    run: Run, handlers: ModuleType, tmp_path: Path
) -> None:
    running = asyncio.ensure_future(run(handlers.insist, str(tmp_path / "pid")))
    pid = int(await _written(tmp_path / "pid"))
    running.cancel()
    await asyncio.wait([running], timeout=0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not psutil.pid_exists(pid)


async def test_what_a_cancelled_handler_started_goes_with_it(run: Run, handlers: ModuleType, tmp_path: Path) -> None:
    running = asyncio.ensure_future(run(handlers.sleep_with_a_child, str(tmp_path / "pids")))
    _, child = map(int, (await _written(tmp_path / "pids")).split())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _until(lambda: not _is_running(child))


async def test_a_timeout_around_the_call_is_a_timeout(run: Run, handlers: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await run(handlers.sleep_aloud, str(tmp_path / "pid"))


async def test_a_signal_to_the_whole_service_does_not_stop_a_handler(run: Run, handlers: ModuleType) -> None:
    assert await run(handlers.signal_itself) == "still here"


async def test_close_ends_busy_and_idle_processes_within_a_second(
    run: Run, handlers: ModuleType, processes: HandlerProcesses, tmp_path: Path
) -> None:
    running = asyncio.ensure_future(run(handlers.insist, str(tmp_path / "pid")))
    await _written(tmp_path / "pid")
    await run(handlers.echo)
    begun = time.monotonic()
    await processes.close()
    assert time.monotonic() - begun < 1
    assert _children() == []
    with pytest.raises(ProcessDied):
        await running


def test_a_worker_killed_at_once_leaves_no_handler_behind(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import asyncio, sys
        from test_handler_processes import HandlerProcesses, HandlerCall, Signals, TaskContext, TaskHandlerRegistration
        from test_handler_processes import _task, encode_payload
        import process_handlers

        async def main():
            registration = TaskHandlerRegistration(type="t", handler=process_handlers.insist, run_in="process")
            context = TaskContext(_task(payload_json=encode_payload(sys.argv[1])), "w", None, Signals())
            await HandlerProcesses(1).call(registration, HandlerCall(registration.handler), context)

        asyncio.run(main())
        """
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "pid")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(Path.cwd())])},
    )
    asyncio.run(_written(tmp_path / "pid"))
    pid = int((tmp_path / "pid").read_text())
    worker.kill()
    worker.wait()
    asyncio.run(_until(lambda: not _is_running(pid)))


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# -- context --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flag", "told"), [("is_stopping", [True, False, False]), ("is_over", [False, False, True])])
async def test_the_handler_learns_at_once_that_it_should_stop(
    run: Run, handlers: ModuleType, tmp_path: Path, signals: Signals, flag: str, told: list[bool]
) -> None:
    running = asyncio.ensure_future(run(handlers.wait_for_the_end, str(tmp_path / "pid")))
    await _written(tmp_path / "pid")
    setattr(signals, flag, True)
    async with asyncio.timeout(DEADLINE):
        assert await running == told


async def test_progress_reaches_the_worker_and_its_answer_the_handler(
    run: Run, handlers: ModuleType, signals: Signals
) -> None:
    assert await run(handlers.progress) == [True, False]
    assert signals.progress == [(0.5, "half"), (1.0, None)]


async def test_an_error_of_the_store_reaches_the_handler_that_asked(
    run: Run, handlers: ModuleType, signals: Signals
) -> None:
    signals.error = StorageUnavailableError("the store is away")
    assert await run(handlers.progress_refused) == "the store is away"


async def test_a_thread_left_behind_cannot_speak_for_the_next_task(
    run: Run, handlers: ModuleType, tmp_path: Path
) -> None:
    await run(handlers.leave_a_thread)
    later = Signals()
    later.is_stopping = True
    await run(handlers.wait_for_the_end, str(tmp_path / "pid"), later)
    assert later.progress == []


async def test_log_lines_go_through_the_workers_logger(run: Run, handlers: ModuleType, logger: CapturingLogger) -> None:
    await run(handlers.log)
    counted, wrong = logger.calls
    assert counted.method_name == "warning"
    assert counted.kwargs["event"] == "counted" and counted.kwargs["task_id"] == "task-1"
    assert counted.kwargs["rows"] == 3 and counted.kwargs["where"] == "PosixPath('/x')"
    assert wrong.method_name == "error" and "Spoilt: inside" in wrong.kwargs["exception"]


async def test_what_a_handler_prints_goes_to_stderr(
    run: Run, handlers: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    await run(handlers.print_it)
    out, err = capfd.readouterr()
    assert out == "" and "printed by a handler\n" in err


# -- what does not fit ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fork", "fork_past_python"])
async def test_a_child_that_a_handler_forks_ends_no_task(run: Run, handlers: ModuleType, name: str) -> None:
    before = await run(handlers.pid)
    assert await run(getattr(handlers, name)) == "parent"
    assert [await run(handlers.echo, number) for number in range(4)] == [0, 1, 2, 3]
    assert await run(handlers.pid) == before


async def test_a_forked_child_neither_speaks_to_the_worker_nor_ignores_signals(
    run: Run, handlers: ModuleType, tmp_path: Path, logger: CapturingLogger
) -> None:
    assert await run(handlers.fork_and_speak, str(tmp_path / "told")) == -signal.SIGTERM
    assert (tmp_path / "told").read_text() == "[False, False]"
    assert logger.calls == []


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (encode_frame({"kind": "returned", "run": 0, "value": {}}), "'returned' of run 0 in run 1"),
        (encode_frame({"kind": "log", "run": 1, "level": "bind"}), "'log', which means nothing"),
        (b"\0\0\0\1[", "a message that is not JSON"),
        (b"\xff\xff\xff\xff", "a message of 4,294,967,295 bytes"),
    ],
    ids=["earlier", "a trick", "no JSON", "4 GiB"],
)
async def test_a_process_ends_with_the_first_message_that_does_not_fit(
    run: Run, handlers: ModuleType, data: bytes, problem: str
) -> None:
    with pytest.raises(ProcessMisspoke, match=problem):
        await run(handlers.speak_for_itself, data.hex())
    assert not _children()


async def test_a_value_that_is_too_long_to_tell_fails_the_attempt_alone(run: Run, handlers: ModuleType) -> None:
    before = await run(handlers.pid)
    with pytest.raises(RemoteHandlerError, match=r"the limit is 67,108,864"):
        await run(handlers.return_too_much)
    assert await run(handlers.pid) == before
