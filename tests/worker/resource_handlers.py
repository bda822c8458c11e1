"""A module that opens what its handlers share, as a user writes it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from backstage import handler, lifespan, on_start, on_stop

happened: list[str] = []
loop: asyncio.AbstractEventLoop | None = None


def note(what: str) -> None:
    happened.append(what)
    if folder := os.environ.get("RESOURCES_NOTED_IN"):
        with Path(folder, str(os.getpid())).open("a") as file:
            file.write(f"{what}\n")


@on_start
async def connect() -> None:
    global loop  # noqa: PLW0603 - as users keep a pool
    loop = asyncio.get_running_loop()
    note("connect")


@lifespan
async def pool() -> AsyncIterator[None]:
    note("open pool")
    yield
    note("close pool")


@lifespan
def folder() -> Iterator[None]:
    note("make folder")
    yield
    note("remove folder")


@on_stop
def disconnect() -> None:
    note("disconnect")


@handler("resources:use")
async def use() -> bool:
    note("run")
    return loop is asyncio.get_running_loop()


@handler("resources:use-elsewhere", run_in="process")
async def use_elsewhere() -> bool:
    return await use()
