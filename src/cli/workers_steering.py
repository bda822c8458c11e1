"""What `backstage workers` does to one worker."""

from __future__ import annotations

import asyncio
import sys

from backstage.cli.answer import iso, print_json
from backstage.cli.command_parser import DONE, REFUSED
from backstage.cli.confirming import confirm
from backstage.cli.store import opened_store
from backstage.domain.opening import Opening
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerStacks
from backstage.infra.printable import printable

_SAID = {
    "quiet": "finishes what runs and claims nothing new, from its next beat on",
    "resume": "claims again, from its next beat on",
    "stop": "stops with its next beat",
}


def order(url: str | None, action: str, worker_id: str, *, is_confirmed: bool) -> int:
    """`action` is quiet, resume or stop."""
    if action == "stop":
        confirm(f"Stop the worker {printable(worker_id)}?", is_confirmed=is_confirmed)
    worker = asyncio.run(_order(url, action, worker_id))
    running = len(worker.running)
    runs = "" if action == "resume" or not running else f" ({running} task{'' if running == 1 else 's'} running)"
    print(f"worker {printable(worker.id)} {_SAID[action]}{runs}")
    return DONE


def print_stacks(url: str | None, worker_id: str, *, as_json: bool) -> int:
    stacks = asyncio.run(_stacks(url, worker_id))
    if stacks is None:
        print(f"backstage: {printable(worker_id)} has not answered: its event loop may be blocked", file=sys.stderr)
        return REFUSED
    if as_json:
        print_json({"taken_at": iso(stacks.taken_at), "text": stacks.text})
    else:
        print(stacks.text)
    return DONE


async def _order(url: str | None, action: str, worker_id: str) -> WorkerInfo:
    async with opened_store(url, Opening.READ) as store:
        match action:
            case "quiet":
                return await store.quiet_worker(worker_id)
            case "resume":
                return await store.resume_worker(worker_id)
            case _:
                return await store.stop_worker(worker_id)


async def _stacks(url: str | None, worker_id: str) -> WorkerStacks | None:
    async with opened_store(url, Opening.READ) as store:
        return await store.get_worker_stacks(worker_id)
