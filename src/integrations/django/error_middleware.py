from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from backstage.infra.error_answers import answer_to


class ErrorMiddleware:
    """Answers an error of Backstage that a view lets through by its kind: an unknown task's id with 404, and so on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        answer = answer_to(error)
        if answer is None:
            return None
        status, detail = answer
        return JsonResponse({"detail": detail}, status=status)
