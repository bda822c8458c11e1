"""Wall and CPU time of one piece of work."""

from __future__ import annotations

import time


class Stopwatch:
    """Runs from when it is made. CPU time is that of the whole process, all threads."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def rates(self, tasks: int) -> dict[str, float]:
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return {"tasks_per_s": tasks / wall, "cpu_us": cpu / tasks * 1e6}
