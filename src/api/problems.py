"""Every answer that is no success, as RFC 9457 has it: `application/problem+json`."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

from backstage.api.allowed_methods import allowed_methods
from backstage.api.refusal import Refusal
from backstage.domain.errors import AmbiguousIdError, InvalidQueryError, InvalidTaskDataError, StorageError, TaskError
from backstage.infra.error_answers import answer_to
from backstage.pages.outage_log import OutageLog

_TITLES = {413: "Content Too Large"}
"""Where Python has the name that a standard of before used."""
MEDIA_TYPE = "application/problem+json"
_KINDS = "urn:backstage:"
_UNREADABLE: Mapping[type[BaseException], str] = {
    UnicodeDecodeError: "is not UTF-8",
    RecursionError: "is nested too deeply",
    ValueError: "has a whole number of too many digits",
}
_logger = logging.getLogger("backstage.web")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class WrongField(BaseModel):
    """One field of a request that is wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """What went wrong."""

    type: str = Field(examples=["urn:backstage:task-not-found"])
    """Which kind of problem."""
    title: str
    status: int
    detail: str
    fields: list[WrongField] = []
    task_ids: list[str] = []
    """Of a part of an id that several tasks have: some of them, newest first."""

    @classmethod
    def of_status(cls, status: int, detail: str, kind: str | None = None) -> Self:
        """`kind` is that of the status where it says it all: `urn:backstage:not-found` for 404."""
        title = _TITLES.get(status) or HTTPStatus(status).phrase
        return cls(type=f"{_KINDS}{kind or title.lower().replace(' ', '-')}", title=title, status=status, detail=detail)


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
    app.state.outages = OutageLog()
    app.add_exception_handler(TaskError, _of_task_error)
    app.add_exception_handler(RequestValidationError, _of_wrong_request)
    app.add_exception_handler(HTTPException, _of_http_error)
    app.add_exception_handler(Exception, _of_a_defect)


async def _of_task_error(request: Request, error: Exception) -> JSONResponse:
    answer = answer_to(error)
    if answer is None:
        raise error
    status, detail = answer
    if isinstance(error, StorageError) and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        request.app.state.outages.tell(request.method, request.url.path, error)
    name = type(error).__name__.removesuffix("Error")
    words = _WORDS.split(name)
    fields = _wrong_fields(error)
    return problem_answer(
        Problem(
            type=f"{_KINDS}{'-'.join(words).lower()}",
            title=" ".join(words).capitalize(),
            status=status,
            detail=detail,
            fields=fields,
            task_ids=list(error.task_ids) if isinstance(error, AmbiguousIdError) else [],
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
    if [each.field for each in fields] == ["body"] and not _is_json(request):
        fields = [
            WrongField(field="body", message="is not sent as JSON: add the header Content-Type: application/json")
        ]
    detail = "; ".join(f"{each.field}: {each.message}" for each in fields)
    return problem_answer(
        Problem(type="urn:backstage:invalid-request", title="Invalid request", status=422, detail=detail, fields=fields)
    )


async def _of_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST and error.__cause__ is not None:
        return _of_unreadable_body(error.__cause__)
    kind = error.kind if isinstance(error, Refusal) else None
    return problem_answer(Problem.of_status(error.status_code, str(error.detail), kind), _headers(request, error))


def _headers(request: Request, error: HTTPException) -> Mapping[str, str] | None:
    if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        return error.headers
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    methods = allowed_methods(request.app, path)
    return error.headers if methods is None else {"Allow": methods}


def _of_unreadable_body(cause: BaseException) -> JSONResponse:
    """Of what FastAPI says no more than that it could not be parsed."""
    message = _UNREADABLE.get(type(cause), "cannot be read")
    problem = Problem.of_status(400, f"body: {message}", "invalid-request")
    return problem_answer(problem.model_copy(update={"fields": [WrongField(field="body", message=message)]}))


async def _of_a_defect(request: Request, error: Exception) -> JSONResponse:
    _logger.error("%s %s could not be answered", request.method, quote(request.url.path), exc_info=error)
    detail = "Backstage could not answer: its log says why"
    return problem_answer(Problem.of_status(500, detail))


def _is_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _wrong_field(wrong: Mapping[str, Any]) -> WrongField:
    if wrong["type"] == "json_invalid":  # its place is a number of characters
        return WrongField(field="body", message=f"is not JSON: {wrong['ctx']['error']} at character {wrong['loc'][-1]}")
    return WrongField(field=_place(wrong["loc"]), message=str(wrong["msg"]).removeprefix("Value error, "))


def _place(location: tuple[Any, ...]) -> str:
    """`body.metadata.tenant` without the part of the request that it stands in, unless that is all there is."""
    inner = location[1:] if len(location) > 1 else location
    return ".".join(str(each) for each in inner)
