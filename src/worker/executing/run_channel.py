from __future__ import annotations

import threading

from backstage.worker.executing.process_frames import Frame, FrameSocket


class RunChannel:
    """What one run of a handler says to the worker: each message carries the run's number, and the end is the last,
    whatever a thread that the handler left behind has still to say."""

    def __init__(self, frames: FrameSocket, number: int) -> None:
        self._frames = frames
        self._number = number
        self._speaking = threading.Lock()
        self._is_over = False

    def say(self, frame: Frame) -> bool:
        """Return whether it was said: not after the end, and not by a process that the handler forked."""
        if not self._frames.is_ours:  # before the lock, which another thread may have held as it forked
            return False
        with self._speaking:
            if not self._is_over:
                self._frames.write({**frame, "run": self._number})
            return not self._is_over

    def end(self, frame: Frame) -> None:
        with self._speaking:
            self._is_over = True
            self._frames.write({**frame, "run": self._number})
