from __future__ import annotations

import sys
from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Run the worker's own command line. Modules of handlers are found as `python -m` finds them."""
    look_in_working_directory()
    from backstage.worker.command import cycle_collector  # noqa: PLC0415 - no other command needs it

    cycle_collector.rest()
    try:
        from backstage.worker.command.command import main  # noqa: PLC0415 - heavy, and no other command needs it

        return main(arguments, program="backstage worker")
    finally:
        cycle_collector.go_on()


def look_in_working_directory() -> None:
    """For modules of handlers: a script of an environment does not look there."""
    if not sys.flags.safe_path and "" not in sys.path:
        sys.path.insert(0, "")
