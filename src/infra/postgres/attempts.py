"""Making a step again when the server says that it did not make it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from backstage.infra.postgres.connector import Connector
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store_errors import DRIVER_ERRORS, is_of_prepared_statements, is_undone, translate

T = TypeVar("T")
Step = Callable[[Session], Awaitable[T]]
"""One or more statements on one connection; when it is made again, it is made anew as a whole."""

_PAUSES = (0.01, 0.05, 0.25, 0.5)
"""Seconds before each further try: together less than a poll."""


class Runner(Protocol):
    """Makes steps. Raises the errors of TaskRepository."""

    async def run(self, step: Step[T]) -> T: ...


async def attempt(connector: Connector, borrow: Callable[[], AbstractAsyncContextManager[Session]], step: Step[T]) -> T:
    """Make the step with a borrowed connection, and again while the server undoes it or cannot be reached.

    After any other error nobody knows whether the step was made, so it is not made again: the caller decides.
    """
    for pause in (*_PAUSES, None):
        has_begun = False
        try:
            async with borrow() as session:
                has_begun = True
                return await step(session)
        except DRIVER_ERRORS as error:
            was_not_made = is_undone(error) or not (has_begun or isinstance(error, TimeoutError))
            if is_of_prepared_statements(error):
                was_not_made = connector.distrust_prepared_statements() or connector.is_pooled
            if pause is None or not was_not_made:
                raise translate(error, connector.location.shown) from error
        await asyncio.sleep(pause)
    raise AssertionError("the last try returns or raises")
