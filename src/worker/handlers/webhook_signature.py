"""The signature by which a receiver knows that a webhook is ours, unchanged and recent.

The scheme is that of Standard Webhooks (standardwebhooks.com), so that its libraries verify ours too. Three headers:

    webhook-id          the task's id; the same at every attempt, so that a receiver can drop what it has seen
    webhook-timestamp   seconds since 1970 at which this attempt was signed
    webhook-signature   "v1," + base64(HMAC-SHA256(secret, id + "." + timestamp + "." + body))

`body` is the request's body byte for byte: verify before parsing. A secret that starts with `whsec_` is the base64 of
the key, any other is the key itself. The header may hold several signatures, separated by spaces, while a secret
is being replaced.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import time
from collections.abc import Mapping

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
TOLERANCE_SECONDS = 300.0
_PREFIX = "whsec_"
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""Without a full stop, which separates what is signed: else the end of an id could pass for the timestamp."""


class InvalidSignature(Exception):
    """The request must not be believed: it was forged, changed, or recorded too long ago."""


def signed_headers(secret: str, task_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`timestamp` is seconds since 1970.

    Raises ValueError for an empty secret, a `whsec_` secret that is not base64, and an id of other characters than
    ASCII letters, digits, `_` and `-`.
    """
    if not _ID.fullmatch(task_id):
        raise ValueError("a webhook's id may only contain ASCII letters, digits, _ and -")
    return {
        ID_HEADER: task_id,
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: _sign(secret, task_id, str(timestamp), body),
    }


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance: float = TOLERANCE_SECONDS,
    now: float | None = None,
) -> str:
    """Return the id of a genuine delivery, for the receiver to drop repetitions by. Raises InvalidSignature.

    For receivers. `tolerance` is the seconds that the two clocks may differ, transport included; `now` is seconds
    since 1970, the system's clock unless given. Raises ValueError for a secret that is empty, or a `whsec_` secret that
    is not base64.
    """
    lower = {str(name).lower(): value for name, value in headers.items()}
    try:
        delivery_id, timestamp, signatures = (lower[name] for name in (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER))
    except KeyError as error:
        raise InvalidSignature(f"the header {error.args[0]} is missing") from None
    if not all(isinstance(value, str) for value in (delivery_id, timestamp, signatures)):
        raise InvalidSignature("a header is not a string: was it sent twice?")
    if not _ID.fullmatch(delivery_id):
        raise InvalidSignature("the id contains characters other than ASCII letters, digits, _ and -")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise InvalidSignature("the timestamp is not a number of seconds")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise InvalidSignature(f"the timestamp is more than {tolerance:g} seconds off")
    expected = _sign(secret, delivery_id, timestamp, body).encode()
    # No early end: the time taken must not tell which signature, or how much of one, was right.
    matches = [hmac.compare_digest(each.encode(errors="replace"), expected) for each in signatures.split()]
    if not any(matches):
        raise InvalidSignature("no signature matches")
    return delivery_id


def _sign(secret: str, delivery_id: str, timestamp: str, body: bytes) -> str:
    content = b".".join((delivery_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(_key(secret), content, "sha256")).decode()


def _key(secret: str) -> bytes:
    try:
        key = (
            base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
            if secret.startswith(_PREFIX)
            else secret.encode()
        )
    except binascii.Error:
        raise ValueError(f"a secret that starts with {_PREFIX} must continue in base64") from None
    if not key.strip():
        raise ValueError("the secret is empty, so anybody could sign with it")
    return key
