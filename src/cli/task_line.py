"""One line of `backstage enqueue -`: a JSON object with the fields of EnqueueTask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import shown

_FIELDS = EnqueueTask.__struct_fields__
_BACKOFFS = {"fixed": Backoff.fixed, "linear": Backoff.linear, "exponential": Backoff.exponential}


def parse_line(line: bytes) -> EnqueueTask:
    """Return the request of one line.

    `dedupe` is a text or `{"key": …, "ttl": …}`, `backoff` is `{"kind": "exponential", "base": 1, "cap": 60,
    "jitter": 0.1}`. Raises InvalidTaskDataError.
    """
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidTaskDataError.of("line", f"is not JSON ({error})") from None
    if not isinstance(document, dict):
        raise InvalidTaskDataError.of("line", 'is not an object: write {"type": …, "payload": …}')
    _refuse_unknown("", document, _FIELDS)
    if "type" not in document:
        raise InvalidTaskDataError.of("type", "is missing")
    if "payload" not in document:
        raise InvalidTaskDataError.of("payload", "is missing: write null for no payload")
    given = dict(document)
    if isinstance(given.get("dedupe"), dict):
        given["dedupe"] = _made("dedupe", Dedupe, given["dedupe"], ("key", "ttl"))
    if isinstance(given.get("backoff"), dict):
        given["backoff"] = _backoff(given["backoff"])
    for name in [name for name, value in given.items() if value is None and name not in ("type", "payload")]:
        del given[name]
    return EnqueueTask(**given)


def _backoff(document: dict[str, Any]) -> Backoff:
    arguments = dict(document)
    kind = arguments.pop("kind", "exponential")
    make = _BACKOFFS.get(kind) if isinstance(kind, str) else None
    if make is None:
        raise InvalidTaskDataError.of("backoff.kind", f"{shown(kind)} is not a backoff: use {', '.join(_BACKOFFS)}")
    known = ("base", "jitter") if kind == "fixed" else ("base", "cap", "jitter")
    backoff: Backoff = _made("backoff", make, arguments, known)
    return backoff


def _made(field: str, make: Any, arguments: Mapping[str, Any], known: tuple[str, ...]) -> Any:
    _refuse_unknown(f"{field}.", arguments, known)
    try:
        return make(**arguments)
    except TypeError:
        raise InvalidTaskDataError.of(field, f"needs {known[0]!r}, and numbers as values") from None


def _refuse_unknown(place: str, document: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in document:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(known)}"
            raise InvalidTaskDataError.of(place + shown(name).strip("'\""), f"is not a field of a task: {hint}")
