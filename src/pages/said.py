"""What is told once after an action, on the page that follows."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import Response

SAID_COOKIE = "backstage_said"


@dataclass(frozen=True, slots=True)
class Said:
    """`undo` is the path, with its query, of the action that takes it back; it is done at once, without a question.
    `see` is the path of a page that shows more."""

    text: str
    is_refusal: bool = False
    undo: str | None = None
    see: str | None = None


def remember(said: Said, response: Response, path: str) -> None:
    value = urlsafe_b64encode(json.dumps(asdict(said)).encode()).decode()
    response.set_cookie(SAID_COOKIE, value, max_age=60, path=path, httponly=True, samesite="lax")


def _path(value: object) -> str | None:
    return value if isinstance(value, str) and value.startswith("/") and not value.startswith(("//", "/\\")) else None


def said_to(request: Request) -> Said | None:
    """None too where a browser gives back what was never said."""
    value = request.cookies.get(SAID_COOKIE)
    if not value:
        return None
    try:
        told = json.loads(urlsafe_b64decode(value))
        said = Said(str(told["text"])[:500], bool(told["is_refusal"]), _path(told["undo"]), _path(told["see"]))
    except (ValueError, KeyError, TypeError):
        return None
    return said if said.undo is None or said.undo.startswith("/act/") else None
