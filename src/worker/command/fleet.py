"""Several worker processes under one supervisor, which may be process 1 of a container."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backstage.worker import log_events
from backstage.worker.command.awaited_signals import awaited_signals

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_HEARD = (*_FORWARDED, signal.SIGHUP, signal.SIGCHLD)


@dataclass(slots=True)
class _Member:
    """One of the fleet: what it runs, and its process while it has one."""

    number: int
    command: Sequence[str]
    pid: int | None = None
    started_at: float = 0.0
    starts_at: float | None = 0.0
    """By the monotonic clock; None while it runs, and once it is done."""
    rapid_crashes: int = 0


WRONG_USAGE = 2
KILL_MARGIN = 10.0
"""Seconds beyond the grace period that a process has to end by itself."""


class Fleet:
    """Runs each command as a process and starts again the ones that die.

    The first SIGTERM, SIGINT or SIGQUIT is passed on and stops the fleet, the second is passed on to hurry it, the
    third kills it, as does the end of `stop_within`; SIGHUP, a closed terminal, counts as SIGTERM. Should the
    supervisor itself be killed, its processes get SIGTERM (Linux). They are in process groups of their own, so Ctrl-C
    reaches them once, through here. Under systemd set KillMode=mixed, for it would signal them all beside the
    supervisor, which hurries them.

    A process that dies waits `restart_delay` seconds for the next start, twice as long after each further death
    within `rapid` seconds of a start, at most `max_restart_delay`. More than `max_rapid_crashes` in a row end the
    fleet with 1; one that ends with 2, wrong usage, ends it with 2 at once.
    """

    def __init__(
        self,
        commands: Sequence[Sequence[str]],
        *,
        logger: Any,
        restart_delay: float = 0.5,
        max_restart_delay: float = 30.0,
        rapid: float = 10.0,
        max_rapid_crashes: int = 5,
        stop_within: float = 40.0,
    ) -> None:
        """Those that are not gone `stop_within` seconds after they were told to stop are killed."""
        self._members = [_Member(number, command) for number, command in enumerate(commands, start=1)]
        self._logger = logger
        self._restart_delay = restart_delay
        self._max_restart_delay = max_restart_delay
        self._rapid = rapid
        self._max_rapid_crashes = max_rapid_crashes
        self._stop_within = stop_within
        self._kills_at: float | None = None
        self._stop_signals: list[int] = []
        self._code = 0

    def run(self) -> int:
        """Return 0 once all processes ended with 0 or as they were told, 1 when the fleet gave up or one ended badly
        while stopping.

        Blocks, in the main thread of a process that does nothing else: it reaps every child, as process 1 must.
        """
        with awaited_signals(_HEARD) as next_signals:
            while True:
                self._start_due()
                if all(member.pid is None and member.starts_at is None for member in self._members):
                    return self._code
                for number in next_signals(self._seconds_to_next_step()):
                    if number != signal.SIGCHLD:
                        self._on_stop_signal(number if number in _FORWARDED else signal.SIGTERM)
                self._reap()
                self._kill_overdue()

    def _start_due(self) -> None:
        for member in self._members:
            if member.starts_at is not None and member.starts_at <= time.monotonic():
                self._start(member)

    def _start(self, member: _Member) -> None:
        tied = (sys.executable, "-m", "backstage.worker.executing.tied_process", str(os.getpid()), *member.command)
        member.pid = os.posix_spawn(sys.executable, tied, os.environ, setpgroup=0)
        member.started_at = time.monotonic()
        member.starts_at = None
        self._logger.info(log_events.WORKER_PROCESS_STARTED, process=member.number, pid=member.pid)

    def _seconds_to_next_step(self) -> float | None:
        moments = [member.starts_at for member in self._members if member.starts_at is not None]
        if self._kills_at is not None:
            moments.append(self._kills_at)
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _on_stop_signal(self, number: int) -> None:
        self._stop_signals.append(number)
        self._stop(signal.SIGKILL if len(self._stop_signals) > 2 else number)
        if len(self._stop_signals) > 1:
            self._kills_at = min(self._kills_at or math.inf, time.monotonic() + KILL_MARGIN)

    def _kill_overdue(self) -> None:
        """Nothing else ends a process whose interpreter does not turn, as within a C extension that keeps its lock."""
        if self._kills_at is None or time.monotonic() < self._kills_at:
            return
        self._kills_at = None
        for member in self._members:
            if member.pid is not None:
                self._logger.error(log_events.WORKER_PROCESS_KILLED, process=member.number, pid=member.pid)
                os.kill(member.pid, signal.SIGKILL)

    def _stop(self, number: int) -> None:
        if self._kills_at is None:
            self._kills_at = time.monotonic() + self._stop_within
        for member in self._members:
            member.starts_at = None
            if member.pid is not None:
                os.kill(member.pid, number)  # ours until it is reaped, so the number cannot be another's

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for member in self._members:
                if member.pid == pid:
                    member.pid = None
                    self._ended(member, pid, os.waitstatus_to_exitcode(status))

    def _ended(self, member: _Member, pid: int, code: int) -> None:
        """`code` is below 0 for the signal that killed it."""
        if code == 0:
            return
        if self._stop_signals:
            # One that has not come to handle signals yet dies of the one that was passed on, which is as good.
            self._code = self._code if -code in self._stop_signals else 1
            return
        if self._code:
            return
        if code == WRONG_USAGE:
            self._give_up(member, code, exit_code=code, reason="it refused its options, and would refuse them again")
            return
        is_rapid = time.monotonic() - member.started_at < self._rapid
        member.rapid_crashes = member.rapid_crashes + 1 if is_rapid else 0
        if member.rapid_crashes > self._max_rapid_crashes:
            reason = f"each within {self._rapid:g} s of its start: see what it wrote before it died"
            self._give_up(member, code, exit_code=1, reason=reason)
            return
        doublings = min(max(member.rapid_crashes - 1, 0), 32)
        delay = min(self._restart_delay * 2**doublings, self._max_restart_delay)
        member.starts_at = time.monotonic() + delay
        self._logger.error(
            log_events.WORKER_PROCESS_DIED, process=member.number, pid=pid, how=_how(code), restarts_in=delay
        )

    def _give_up(self, member: _Member, code: int, *, exit_code: int, reason: str) -> None:
        self._code = exit_code
        self._logger.critical(
            log_events.FLEET_GAVE_UP,
            process=member.number,
            how=_how(code),
            crashes=member.rapid_crashes,
            reason=reason,
        )
        self._stop(signal.SIGTERM)


def _how(code: int) -> str:
    if code > 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
