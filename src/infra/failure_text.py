"""A failure as JSON text, which is how both SQL stores keep it."""

from __future__ import annotations

import json

from backstage.domain.failure import Failure
from backstage.domain.limits import shown


def failure_json(failure: Failure | None) -> str | None:
    if failure is None:
        return None
    return json.dumps({"type": failure.type, "message": failure.message, "traceback": failure.traceback})


def failure_of(text: str | None) -> Failure | None:
    """Raises what JSON and Failure raise, and TypeError, for what is none."""
    if text is None:
        return None
    failure = Failure(**json.loads(text))
    if not all(isinstance(each, str) for each in (failure.type, failure.message, failure.traceback)):
        raise TypeError("is not a failure: its parts must be strings")
    return failure


def recorded_failure_of(text: str | None) -> Failure | None:
    """The same for a record, which may tell that it cannot be read."""
    try:
        return failure_of(text)
    except Exception:  # whatever the converters raise: the record was written by somebody else
        return Failure("UndecodableFailure", f"what is stored cannot be read: {shown(text)}")
