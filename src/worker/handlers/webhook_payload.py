"""What a webhook task carries, checked before anything is looked up or sent."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backstage.worker.handlers.webhook_settings import VARIABLE_PREFIX

MAX_TIMEOUT_SECONDS = 60.0
_LONGEST_URL = 2048
_LONGEST_LABEL, _LAST_PORT = 63, 65535
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect"})


def _check_url(text: str) -> str:
    """Errors never quote the URL: its path and query may hold a secret."""
    if len(text) > _LONGEST_URL or not text.isprintable() or " " in text or "\\" in text:
        raise ValueError(f"must be at most {_LONGEST_URL} printable characters without spaces or backslashes")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise ValueError("is not a URL") from None
    if url.scheme not in ("https", "http") or not url.host:
        raise ValueError("must be a full https URL")
    labels = url.raw_host.removesuffix(b".").split(b".")
    if not all(1 <= len(label) <= _LONGEST_LABEL for label in labels) or not 0 < (url.port or 443) <= _LAST_PORT:
        raise ValueError("has an impossible host name or port")
    authority = text.partition("://")[2].partition("/")[0]
    if "%" in authority:
        raise ValueError("has an escaped host name: write it unescaped")
    if url.userinfo or "@" in authority:
        raise ValueError("must not contain a user name or password: put credentials in a header")
    return text


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError("has a name that HTTP does not allow")
        if name.lower() in _OURS or name.lower().startswith("webhook-"):
            raise ValueError(f"may not set {name}: the worker does")
        if not (value.isascii() and value.isprintable()) or len(value) > 8192:
            raise ValueError(f"has a value for {name} that is not printable ASCII on one line")
    return headers


class Webhook(BaseModel):
    """A webhook task's payload: send `body` as JSON to `url`.

    `secret_env` names the environment variable, starting with BACKSTAGE_WEBHOOK_SECRET, that holds the signing
    secret; without it the request is not signed. `timeout` is seconds for the whole exchange.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_check_url)]
    body: Any = None
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    headers: Annotated[dict[str, str], AfterValidator(_check_headers)] = Field(default={}, max_length=50)
    secret_env: str | None = Field(default=None, pattern=rf"^{VARIABLE_PREFIX}[A-Z0-9_]{{0,64}}$")
    timeout: float = Field(default=10.0, gt=0, le=MAX_TIMEOUT_SECONDS)
