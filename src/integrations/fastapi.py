"""Backstage in a FastAPI application: `FastAPI(lifespan=backstage_lifespan(...))`, and a parameter of each route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.requests import HTTPConnection

from backstage.domain.errors import TaskError
from backstage.infra.container import Container
from backstage.infra.error_answers import answer_to
from backstage.integrations.starlette import backstage_errors, backstage_lifespan, container_of


async def _answering(
    connection: HTTPConnection, container: Annotated[Container, Depends(container_of)]
) -> AsyncIterator[Container]:
    try:
        yield container
    except TaskError as error:
        answer = answer_to(error)
        if answer is None or connection.scope["type"] != "http":
            raise
        status, detail = answer
        raise HTTPException(status, detail) from error


BackstageContainer = Annotated[Container, Depends(_answering)]
"""Annotates the parameter of a route that gets the application's Container. An error that the route lets through is
answered by its kind: an unknown task's id with 404, and so on."""

__all__ = ["BackstageContainer", "backstage_errors", "backstage_lifespan", "container_of"]
