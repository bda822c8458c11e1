from __future__ import annotations

from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Run the worker's own command line."""
    from backstage.worker.command import main  # noqa: PLC0415 - heavy, and no other command needs it

    return main(arguments)
