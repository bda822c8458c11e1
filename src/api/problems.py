"""Every answer that is no success, as RFC 9457 has it: `application/problem+json`."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

from backstage.domain.errors import InvalidQueryError, InvalidTaskDataError, TaskError
from backstage.infra.error_answers import answer_to

MEDIA_TYPE = "application/problem+json"
_logger = logging.getLogger("backstage.web")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class WrongField(BaseModel):
    """One field of a request that is wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """What went wrong."""

    type: str = Field(examples=["urn:backstage:task-not-found"])
    """Which kind of problem; `about:blank` where the status says it all."""
    title: str
    status: int
    detail: str
    fields: list[WrongField] = []


PROBLEM_ANSWER: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""For the `responses` of every route."""


def problem_answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(problem.model_dump(), problem.status, headers=headers, media_type=MEDIA_TYPE)


def add_problems(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    app.add_exception_handler(TaskError, _of_task_error)
    app.add_exception_handler(RequestValidationError, _of_wrong_request)
    app.add_exception_handler(HTTPException, _of_http_error)
    app.add_exception_handler(Exception, _of_a_defect)


async def _of_task_error(request: Request, error: Exception) -> JSONResponse:
    answer = answer_to(error)
    if answer is None:
        raise error
    status, detail = answer
    name = type(error).__name__.removesuffix("Error")
    words = _WORDS.split(name)
    fields = _wrong_fields(error)
    return problem_answer(
        Problem(
            type=f"urn:backstage:{'-'.join(words).lower()}",
            title=" ".join(words).capitalize(),
            status=status,
            detail=detail,
            fields=fields,
        ),
        {"Retry-After": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None,
    )


def _wrong_fields(error: Exception) -> list[WrongField]:
    if isinstance(error, InvalidTaskDataError):
        return [WrongField(field=each.field, message=each.message) for each in error.fields]
    return [WrongField(field=error.field, message=error.problem)] if isinstance(error, InvalidQueryError) else []


async def _of_wrong_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [_wrong_field(each) for each in error.errors()]
    detail = "; ".join(f"{each.field}: {each.message}" for each in fields)
    return problem_answer(
        Problem(type="urn:backstage:invalid-request", title="Invalid request", status=422, detail=detail, fields=fields)
    )


async def _of_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    problem = Problem(type="about:blank", title=title, status=error.status_code, detail=str(error.detail))
    return problem_answer(problem, error.headers)


async def _of_a_defect(request: Request, error: Exception) -> JSONResponse:
    _logger.error("%s %s could not be answered", request.method, request.url.path, exc_info=error)
    detail = "Backstage could not answer: its log says why"
    return problem_answer(Problem(type="about:blank", title="Internal Server Error", status=500, detail=detail))


def _wrong_field(wrong: Mapping[str, Any]) -> WrongField:
    if wrong["type"] == "json_invalid":  # its place is a number of characters
        return WrongField(field="body", message=f"is not JSON: {wrong['ctx']['error']} at character {wrong['loc'][-1]}")
    return WrongField(field=_place(wrong["loc"]), message=str(wrong["msg"]))


def _place(location: tuple[Any, ...]) -> str:
    """`body.metadata.tenant` without the part of the request that it stands in, unless that is all there is."""
    inner = location[1:] if len(location) > 1 else location
    return ".".join(str(each) for each in inner)
