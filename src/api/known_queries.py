from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError


async def refuse_unknown_queries(request: Request) -> None:
    """Refuse a query that the document does not list: a filter whose name is misspelt would find everything.

    Raises RequestValidationError.
    """
    if not request.query_params:
        return
    known = _known(request)
    wrong = [
        {"loc": ("query", name), "msg": "is no parameter here", "type": "unknown"}
        for name in request.query_params
        if name not in known
    ]
    wrong += [
        {"loc": ("query", name), "msg": "was given more than once", "type": "repeated"}
        for name, may_repeat in known.items()
        if not may_repeat and len(request.query_params.getlist(name)) > 1
    ]
    if wrong:
        raise RequestValidationError(wrong)


def _known(request: Request) -> dict[str, bool]:
    """The parameters of a query by name, and whether each may stand there more than once."""
    path: str = request.scope["route"].path
    operation: dict[str, Any] = request.app.openapi()["paths"].get(path, {}).get(request.method.lower(), {})
    return {
        each["name"]: "'array'" in str(each["schema"])
        for each in operation.get("parameters", ())
        if each["in"] == "query"
    }
