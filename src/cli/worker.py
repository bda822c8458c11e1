from __future__ import annotations

import sys
from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Run the worker's own command line. Modules of handlers are found as `python -m` finds them."""
    if not sys.flags.safe_path and "" not in sys.path:
        sys.path.insert(0, "")  # the working directory, which a script of an environment does not look in
    from backstage.worker.command.command import main  # noqa: PLC0415 - heavy, and no other command needs it

    return main(arguments, program="backstage worker")
