from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from backstage.integrations.django import enqueue_on_commit
from examples.guestbook.models import Entry


@csrf_exempt
@require_POST
@transaction.atomic
def sign(request: HttpRequest) -> JsonResponse:
    entry = Entry.objects.create(name=request.POST["name"])
    task_id = enqueue_on_commit("entry:greet", {"entry": entry.pk})
    return JsonResponse({"entry": entry.pk, "task": task_id}, status=202)


def show(request: HttpRequest, entry_id: int) -> JsonResponse:
    entry = get_object_or_404(Entry, pk=entry_id)
    return JsonResponse({"name": entry.name, "greeting": entry.greeting})


urlpatterns = [path("sign", sign), path("entries/<int:entry_id>", show)]
