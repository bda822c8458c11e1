"""One child process that runs handlers, as its worker sees it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from typing import Any

from msgspec import to_builtins

from backstage.worker.executing.child_setup import ChildSetup
from backstage.worker.executing.process_frames import Frame, UnusableFrame, encode_frame, read_frame
from backstage.worker.executing.remote_endings import decode_error, decode_value, encode_error
from backstage.worker.handling.context import RunSignals, TaskContext
from backstage.worker.handling.handler_path import HandlerPath

STOP_GRACE = 0.5
"""Seconds that an interrupted handler has to clean up before its process is killed."""
_QUESTIONS = ("is_shutting_down", "is_cancel_requested", "is_over_soft_timeout", "progress", "heartbeat", "emit")
_LEVELS = ("debug", "info", "warning", "error", "critical", "exception")
LINGER = 0.5
"""Seconds for which a dead child's last words are read, should somebody else still hold its end open."""


class ProcessDied(Exception):
    """The handler's process ended before its handler did: a crash, the kernel's out-of-memory killer, os._exit."""


class ProcessMisspoke(Exception):
    """The handler's process said what does not fit this run, so nothing that it says can be trusted any more."""


class HandlerProcess:
    """Runs one handler at a time. The child asks, the worker answers; only its end is told unasked."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._run = 0
        self._watch = asyncio.create_task(self._release_when_dead(), name=f"backstage-handler-process-{process.pid}")

    @property
    def process_id(self) -> int:
        return self._process.pid

    @classmethod
    async def start(cls, setup: ChildSetup) -> HandlerProcess:
        """Spawned, never forked. It has a session of its own, so that Ctrl-C in a terminal leaves the handler its
        grace period; what the handler prints goes to the worker's stderr."""
        ours, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            try:
                process = await asyncio.create_subprocess_exec(
                    *(
                        sys.executable,
                        "-m",
                        "backstage.worker.executing.process_child",
                        str(theirs.fileno()),
                        str(os.getpid()),
                    ),
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=2,
                    start_new_session=True,
                    env={**os.environ, **setup.variables},
                )
            except BaseException:
                writer.transport.abort()
                raise
        started = cls(process, reader, writer)
        started._write(setup.frame(sys.path))
        return started

    @property
    def is_usable(self) -> bool:
        return self._process.returncode is None and not self._reader.at_eof() and not self._writer.is_closing()

    async def ready(self) -> None:
        """Return once it can run handlers. Raises ProcessDied."""
        await self._next_frame()

    async def run(self, path: HandlerPath, context: TaskContext) -> Any:
        """Return what the handler returned, or the exception that stands for the one it raised.

        Raises ProcessDied and ProcessMisspoke. After that, or when cancelled, the process is of no more use: `end` it.
        """
        self._run += 1
        self._write(
            {
                "kind": "run",
                "run": self._run,
                "module": path.module,
                "name": path.name,
                "task": to_builtins(context.task, enc_hook=_plain),
                "worker_id": context.worker_id,
            }
        )
        while True:
            frame = await self._next_frame()
            kind, number = frame["kind"], frame.get("run")
            if number != self._run:
                raise ProcessMisspoke(f"the handler's process sent {kind!r} of run {number!r} in run {self._run}")
            match kind:
                case "returned":
                    return decode_value(frame["value"])
                case "raised":
                    return decode_error(frame["error"])
                case "log" if frame["level"] in _LEVELS:
                    getattr(context.logger, frame["level"])(frame["event"], **frame["fields"])
                case _ if kind in _QUESTIONS:
                    self._write(await _answer(context.signals, frame))
                case _:
                    raise ProcessMisspoke(f"the handler's process sent {kind!r}, which means nothing")

    async def end(self) -> None:
        """Interrupt the handler, kill it after STOP_GRACE with all it started, and return once it is gone."""
        self._write({"kind": "stop"})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_GRACE):
                await self._process.wait()
        self._kill()
        await self._process.wait()
        self._watch.cancel()
        self._writer.transport.abort()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its session is its own, so its group has its number

    def _write(self, frame: Frame) -> None:
        if not self._writer.is_closing():
            self._writer.write(encode_frame(frame))

    async def _next_frame(self) -> Frame:
        try:
            return await read_frame(self._reader)
        except UnusableFrame as error:
            raise ProcessMisspoke(f"the handler's process sent {error}") from None
        except (EOFError, ConnectionError):
            pass
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_GRACE):
                await self._process.wait()
        raise ProcessDied(_how_it_died(self._process.returncode))

    async def _release_when_dead(self) -> None:
        await self._process.wait()
        await asyncio.sleep(LINGER)
        self._writer.transport.abort()


async def _answer(signals: RunSignals, question: Frame) -> Frame:
    try:
        match question["kind"]:
            case "is_shutting_down":
                answer = signals.is_shutting_down()
            case "is_cancel_requested":
                answer = signals.is_cancel_requested()
            case "is_over_soft_timeout":
                answer = signals.is_over_soft_timeout()
            case "progress":
                answer = await signals.report_progress(question["fraction"], question["note"])
            case "emit":
                answer = await signals.emit(question["data"])
            case _:
                answer = await signals.heartbeat()
    except Exception as error:  # the store's, mostly: it is the handler that asked, so it is told
        return {"kind": "refused", "error": encode_error(error)}
    return {"kind": "answered", "answer": answer}


def _plain(value: Any) -> Any:
    """The text or the number itself of a subclass, such as text that is marked as safe: the memory store keeps it."""
    return str.__str__(value) if isinstance(value, str) else float(value)


def _how_it_died(code: int | None) -> str:
    if code is None:
        return "the handler closed its process's connection to the worker"
    if code >= 0:
        return f"the handler's process exited with code {code} before the handler ended"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (out of memory, or killed by hand)" if name == "SIGKILL" else ""
    return f"the handler's process was killed by {name}{hint}"
