"""What light commands cost to start, in CPU seconds beside a bare interpreter, in alternating rounds."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from rich.table import Table

BACKSTAGE = (sys.executable, "-m", "backstage.cli.main")
COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "backstage --help": (*BACKSTAGE, "--help"),
    "backstage stats": (*BACKSTAGE, "stats"),
    "backstage list": (*BACKSTAGE, "list"),
    "from backstage import Worker": (sys.executable, "-c", "from backstage import Worker"),
}


def starts(rounds: int) -> Table:
    """Medians; the store is an empty SQLite file."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="backstage-starts-") as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": folder,
            "BACKSTAGE_URL": f"sqlite:///{Path(folder) / 'store.db'}",
        }
        subprocess.run((*BACKSTAGE, "enqueue", "benchmark:start"), env=environment, check=True, capture_output=True)
        for command in COMMANDS.values():  # compiles what they import, as an installation does
            _cpu_seconds(command, environment)
        for _ in range(rounds):
            for name, command in COMMANDS.items():
                seconds[name].append(_cpu_seconds(command, environment))
    table = Table("start", "CPU ms", "beside bare Python")
    bare = median(seconds["python -c pass"])
    for name, each in seconds.items():
        table.add_row(name, f"{median(each) * 1000:.0f}", f"{median(each) / bare:.1f}")
    return table


def _cpu_seconds(command: tuple[str, ...], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
