"""Imports what a worker may need later, soon after its start: while the files are still those that it began with."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

_FOR_ANY_STORE = (
    "backstage.domain",
    "backstage.domain.ports",
    "backstage.app",
    "backstage.infra",
    "backstage.infra.settings",
    "backstage.worker",
    "backstage.worker.watching",
    "backstage.worker.handling",
    "backstage.worker.executing",
    "backstage.worker.runtime",
    "backstage.worker.hosting",
)
_OF_OTHERS = ("croniter", "pydantic", "pydantic_settings", "dependency_injector.providers")
"""What modules of ours import at their first use only, and what public names load: the more of it at a time, the longer
tasks wait for the loop."""
_LEFT_OUT = {
    "backstage.infra.otel_trace",  # an extra, which is loaded at the start or never
    "backstage.worker.executing.process_child",
    "backstage.worker.run",
    "backstage.worker.top_level",
}


loaded: set[str] = set()
"""The stores for which that is done, by the package of their adapter."""


async def load_whole_program(package_of_store: str) -> None:
    """Import every module of ours that a running worker, or a handler of it, might import at its first use. Others on
    the loop go on between two of them: the first tasks need not wait for what they do not use.

    An upgrade in place (`pip install -U`) replaces the files under a worker that drains: from then on an import would
    find nothing, or the next release's code. Public names are among them: handlers import them where they need them.
    """
    if package_of_store in loaded:
        return
    for name in (*_modules(), *_in(package_of_store), *_OF_OTHERS):
        if name not in sys.modules:
            import_module(name)
            await asyncio.sleep(0)
    backstage = import_module("backstage")
    for public in backstage.__all__:
        known = len(sys.modules)
        getattr(backstage, public)
        if len(sys.modules) > known:
            await asyncio.sleep(0)
    loaded.add(package_of_store)


def _modules() -> Iterator[str]:
    for package in _FOR_ANY_STORE:
        yield from (name for name in _in(package) if name not in _LEFT_OUT)


def _in(package: str) -> Iterator[str]:
    for module in iter_modules(import_module(package).__path__, f"{package}."):
        if not module.ispkg:
            yield module.name
