"""Handlers that the tests run in child processes, which import this module."""

import asyncio
import ctypes
import functools
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from pydantic import BaseModel

from backstage.app.current_task import current_task
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import InvalidTaskDataError, StorageUnavailableError
from backstage.domain.handler_signals import GiveUp, RetryLater
from backstage.domain.next import Next
from backstage.domain.task_result import TaskResult
from backstage.worker.executing.process_frames import FrameSocket
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import handler

REPORT = "018f0000-0000-7000-8000-000000000001"


class Point(BaseModel):
    x: int
    y: int


class Spoilt(Exception):
    pass


class NotThisOne(GiveUp):
    pass


def echo(payload):
    return payload


def pid(payload):
    return os.getpid()


def add(point: Point):
    return point.x + point.y


def enqueues_badly(payload):
    raise InvalidTaskDataError.of("queue", "is wrong")


def moved(point: Point):
    return Point(x=point.x + 1, y=point.y)


async def on_a_loop(payload, context: TaskContext):
    await asyncio.sleep(0)
    return [payload, await context.heartbeat()]


def describe(context: TaskContext):
    task = context.task
    return [task.id, task.metadata, context.attempt, context.fence, context.worker_id, current_task.get().id]


def chain(payload):
    dedupe = Dedupe("report", ttl=60)
    return Next(
        "report:send", {"n": payload}, delay=2, queue="slow", priority=7, result={"done": payload}, dedupe=dedupe
    )


def chain_several(payload):
    return [Next("a", dedupe="k"), Next("b", [1], id=REPORT)]


def succeed(payload):
    return TaskResult(result=payload, next=Next("a"))


def not_quite(payload):
    return TaskResult(success=False, error="the sky was grey")


def not_quite_with_an_error(payload):
    return TaskResult(success=False, error=RetryLater(9))


def returns_a_set(payload):
    return {1, 2}


def later(payload):
    raise RetryLater(payload, "not yet")


def give_up(payload):
    raise NotThisOne("never")


def cancel(context):
    context.cancel("no longer wanted")


def fail(payload):
    raise Spoilt(f"spoilt: {payload}")


def leave(payload):
    sys.exit(3)


def vanish(payload):
    os._exit(7)


def crash(payload):
    ctypes.string_at(0)


def sleep_aloud(path):
    """Say in a file who runs, then sleep until somebody ends it."""
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)


def clean_up(path):
    try:
        sleep_aloud(path)
    finally:
        Path(path).write_text("cleaned up")


async def clean_up_on_a_loop(path):
    try:
        Path(path).write_text(str(os.getpid()))  # noqa: ASYNC240 - nothing else runs on this loop
        await asyncio.sleep(600)
    finally:
        Path(path).write_text("cleaned up")  # noqa: ASYNC240


def insist(path):
    """Ignore every interruption."""
    Path(path).write_text(str(os.getpid()))
    while True:
        try:
            time.sleep(600)
        except BaseException:
            continue


def sleep_with_a_child(path):
    child = subprocess.Popen(["sleep", "600"])
    Path(path).write_text(f"{os.getpid()} {child.pid}")
    child.wait()


def wait_for_the_end(path, context: TaskContext):
    """Wind up when told to, and say by what."""
    Path(path).write_text(str(os.getpid()))
    while not context.should_stop():
        time.sleep(0.01)
    return [context.is_shutting_down(), context.is_cancel_requested(), context.is_over_soft_timeout()]


def progress(payload, context: TaskContext):
    return [bool(context.progress(0.5, "half")), bool(context.progress(7))]


def progress_refused(payload, context: TaskContext):
    try:
        context.progress(0.5)
    except StorageUnavailableError as error:
        return str(error)


def log(payload, context: TaskContext):
    context.logger.warning("counted", rows=3, where=Path("/x"))
    try:
        raise Spoilt("inside")
    except Spoilt:
        context.logger.exception("went wrong")


def print_it(payload):
    print("printed by a handler", flush=True)  # noqa: T201 - what the test is about


def signal_itself(payload):
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.05)
    return "still here"


def leave_a_thread(payload, context: TaskContext):
    def report() -> None:
        for _ in range(200):
            context.progress(0.9)
            time.sleep(0.005)

    threading.Thread(target=report, daemon=True).start()


def wrapped(function):
    @functools.wraps(function)
    def wrapper(payload):
        return ["wrapped", function(payload)]

    return wrapper


@wrapped
@handler("marked", run_in="process")
def marked(payload):
    return payload


def big(payload):
    return "x" * payload


def fork(payload):
    """Its child comes back, too."""
    return "child" if os.fork() == 0 else "parent"


def fork_past_python(payload):
    """As a C library may, which runs no hooks of Python's."""
    return "child" if ctypes.CDLL(None).fork() == 0 else "parent"


def fork_and_speak(path, context: TaskContext):
    """Write down what the child may ask of the context; return how a signal ends the child."""
    if (child := os.fork()) == 0:
        context.logger.warning("said by the child")
        Path(path).write_text(str([context.is_shutting_down(), bool(context.heartbeat())]))
        time.sleep(60)
    while not Path(path).exists() or not Path(path).read_text():
        time.sleep(0.01)
    os.kill(child, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def speak_for_itself(data):
    """Write past all that guards the connection."""
    [connection] = [each for each in gc.get_objects() if type(each) is FrameSocket]
    connection._connection.sendall(bytes.fromhex(data))
    time.sleep(60)


def return_too_much(payload):
    return [Next("b", "x" * 1_000_000) for _ in range(70)]


def emit_in_a_process(payload: int, context: TaskContext) -> None:
    for number in range(payload):
        assert context.emit(number)
    context.logger.warning("emitted", n=payload)
    raise GiveUp("shows its lines")
