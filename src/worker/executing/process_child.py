"""The process that runs handlers for a worker: `python -m backstage.worker.executing.process_child FD PARENT_PID`."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import queue
import signal
import socket
import sys
import threading
from typing import Any

from msgspec import convert

from backstage.app.current_task import current_task
from backstage.domain.task import Task
from backstage.worker.executing.child_resources import ChildResources
from backstage.worker.executing.child_setup import LateStore
from backstage.worker.executing.handler_threads import HandlerInterrupted
from backstage.worker.executing.process_frames import Frame, FrameSocket, UnusableFrame
from backstage.worker.executing.remote_endings import encode_error, encode_value
from backstage.worker.executing.run_channel import RunChannel
from backstage.worker.executing.tied_process import tie_to_parent
from backstage.worker.executing.worker_channel import WorkerLogger, WorkerSignals
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.forked_child import end_forked
from backstage.worker.handling.handler import payload_type_of, registration_in
from backstage.worker.handling.handler_call import HandlerCall
from backstage.worker.handling.handler_path import HandlerPath
from backstage.worker.handling.handler_store import StoreInChild
from backstage.worker.middleware.recovery import crashed

_HEARD = (signal.SIGTERM, signal.SIGINT)


class ProcessChild:
    """Handlers run in the main thread, one after another; a second thread hears what the worker says meanwhile."""

    def __init__(self, frames: FrameSocket) -> None:
        self._frames = frames
        self._runs: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._calls: dict[HandlerPath, HandlerCall] = {}
        self._is_stopping = False
        self._store: StoreInChild | None = None
        self._resources = ChildResources()

    def run(self) -> None:
        """Never returns: raises HandlerInterrupted when the worker says stop."""
        for number in _HEARD:
            signal.signal(number, self._on_signal)
        os.register_at_fork(after_in_child=self._become_a_strangers_process)
        threading.Thread(target=self._listen, name="backstage-listener", daemon=True).start()
        self._frames.write({"kind": "ready"})
        pid = os.getpid()
        while True:
            order = self._runs.get()
            line = RunChannel(self._frames, order["run"])
            ended = self._end_of(order, line)
            if os.getpid() != pid:
                end_forked()
            try:
                line.end(ended)
            except UnusableFrame as error:
                line.end({"kind": "raised", "error": encode_error(error)})

    def _become_a_strangers_process(self) -> None:
        """A handler has forked: the child must neither speak to the worker nor ignore the signals that are for it."""
        self._frames.close()
        for number in _HEARD:
            signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)

    def _end_of(self, order: Frame, line: RunChannel) -> Frame:
        signals = WorkerSignals(line, self._answers)
        task = convert(order["task"], Task)
        context = TaskContext(task, order["worker_id"], WorkerLogger(line), signals, self._store)
        current_task.set(task)
        try:
            value = self._call(HandlerPath(order["module"], order["name"]), context)
            return {"kind": "returned", "value": encode_value(value)}
        except (Exception, asyncio.CancelledError) as error:
            return {"kind": "raised", "error": encode_error(error)}
        except BaseException as error:
            if self._is_stopping and isinstance(error, HandlerInterrupted):
                raise
            return {"kind": "raised", "error": encode_error(crashed(error))}
        finally:
            signals.close()

    def _call(self, path: HandlerPath, context: TaskContext) -> Any:
        call = self._calls.get(path)
        if call is None:
            function = path.load()
            call = self._calls[path] = HandlerCall(function, payload_type=payload_type_of(registration_in(function)))
        self._resources.open()
        value = call.of(context.task.payload_json, context)()
        return self._resources.run(value) if inspect.iscoroutine(value) else value

    def close(self) -> None:
        """Close what was opened for its handlers, as far as the worker leaves it time."""
        self._resources.close()

    def _listen(self) -> None:
        main_thread = threading.main_thread().ident
        assert main_thread is not None
        while (frame := self._frames.read()) is not None:
            match frame["kind"]:
                case "prepare":
                    self._prepare(frame)
                case "run":
                    self._runs.put(frame)
                case "stop":
                    self._is_stopping = True
                    signal.pthread_kill(main_thread, signal.SIGTERM)  # also out of a sleep or a read
                case _:
                    self._answers.put(frame)
        os.killpg(os.getpgrp(), signal.SIGKILL)  # the worker is gone: so is this, and what its handler started

    def _prepare(self, setup: Frame) -> None:
        """The first frame, so it is there before any run."""
        sys.path[:] = setup["path"]
        if setup["store"] is not None:
            self._store = StoreInChild(LateStore(*setup["store"]))
        self._resources.modules = setup["resource_modules"]

    def _on_signal(self, number: int, frame: object) -> None:
        """Only the worker stops a handler. Whoever signals a whole service at once, as systemd does, must not take
        the grace period from it."""
        if self._is_stopping:
            raise HandlerInterrupted


def main(descriptor: int, parent_pid: int) -> None:
    tie_to_parent(parent_pid, signal.SIGKILL)
    os.set_inheritable(descriptor, False)
    child = ProcessChild(FrameSocket(socket.socket(fileno=descriptor)))
    with contextlib.suppress(HandlerInterrupted):
        try:
            child.run()
        finally:
            child.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
