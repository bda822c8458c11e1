"""A failure as JSON text, which is how both SQL stores keep it."""

from __future__ import annotations

import json

from backstage.domain.failure import Failure


def failure_json(failure: Failure | None) -> str | None:
    if failure is None:
        return None
    return json.dumps({"type": failure.type, "message": failure.message, "traceback": failure.traceback})


def failure_of(text: str | None) -> Failure | None:
    return None if text is None else Failure(**json.loads(text))
