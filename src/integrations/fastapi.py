"""Backstage in a FastAPI application: `FastAPI(lifespan=backstage_lifespan(...))`, and a parameter of each route."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from backstage.infra.container import Container
from backstage.integrations.starlette import backstage_lifespan, container_of

BackstageContainer = Annotated[Container, Depends(container_of)]
"""Annotates the parameter of a route that gets the application's Container."""

__all__ = ["BackstageContainer", "backstage_lifespan", "container_of"]
