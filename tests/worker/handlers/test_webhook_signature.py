"""What a receiver can rely on when a signature verifies."""

from __future__ import annotations

import base64
import random
from typing import Any

import pytest

from backstage.worker.handlers.webhook_signature import InvalidSignature, signed_headers, verify

SECRET = "a secret of enough characters"
NOW = 1_767_225_600
BODY = b'{"order":7,"total":"12.50"}'


def signed() -> dict[str, str]:
    return signed_headers(SECRET, "task-1", NOW, BODY)


def test_a_genuine_request_verifies_and_names_its_delivery() -> None:
    assert verify(SECRET, signed(), BODY, now=NOW + 10) == "task-1"


def test_header_names_are_read_in_any_case() -> None:
    assert verify(SECRET, {name.title(): value for name, value in signed().items()}, BODY, now=NOW) == "task-1"


def test_the_signature_is_that_of_the_published_scheme() -> None:
    # The example of the Standard Webhooks specification's own libraries.
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("position", range(len(BODY)))
def test_a_changed_body_does_not_verify(position: int) -> None:
    changed = bytearray(BODY)
    changed[position] ^= 1
    with pytest.raises(InvalidSignature):
        verify(SECRET, signed(), bytes(changed), now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "task-2"},
        {"webhook-timestamp": str(NOW + 1)},
        {"webhook-timestamp": f"{NOW}0"},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": ""},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "ü"},
        {"webhook-signature": "\ud800"},
        {"webhook-signature": "v1,\udcff"},
        {"webhook-id": "\ud800"},
        {"webhook-id": ""},
    ],
)
def test_a_changed_header_does_not_verify(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        verify(SECRET, signed() | changes, BODY, now=NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, ["a", "b"], b"bytes", 5])
def test_a_header_that_is_no_text_does_not_verify(name: str, value: Any) -> None:
    with pytest.raises(InvalidSignature, match="not a string"):
        verify(SECRET, {**signed(), name: value, 7: "x"}, BODY, now=NOW)  # type: ignore[dict-item]


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_does_not_verify(name: str) -> None:
    headers = signed()
    del headers[name]
    with pytest.raises(InvalidSignature, match=name):
        verify(SECRET, headers, BODY, now=NOW)


@pytest.mark.parametrize("later", [-301, 301])
def test_a_recorded_request_does_not_verify_outside_the_tolerance(later: int) -> None:
    with pytest.raises(InvalidSignature, match="300 seconds"):
        verify(SECRET, signed(), BODY, now=NOW + later)


def test_no_flipped_bit_of_a_signature_verifies() -> None:
    headers = signed()
    version, _, text = headers["webhook-signature"].partition(",")
    digest = base64.b64decode(text)
    for _ in range(300):
        changed = bytearray(digest)
        changed[random.randrange(len(digest))] ^= 1 << random.randrange(8)
        with pytest.raises(InvalidSignature):
            verify(
                SECRET,
                headers | {"webhook-signature": f"{version},{base64.b64encode(changed).decode()}"},
                BODY,
                now=NOW,
            )


def test_one_of_several_signatures_is_enough_while_a_secret_is_replaced() -> None:
    old = signed()["webhook-signature"]
    new = signed_headers("the secret that comes next", "task-1", NOW, BODY)["webhook-signature"]
    both = signed() | {"webhook-signature": f"{new} {old}"}
    assert verify(SECRET, both, BODY, now=NOW) == "task-1"


@pytest.mark.parametrize("secret", ["", " ", "whsec_", "whsec_IA=="])
def test_an_empty_secret_neither_signs_nor_verifies(secret: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        signed_headers(secret, "task-1", NOW, BODY)
    with pytest.raises(ValueError, match="empty"):
        verify(secret, signed(), BODY, now=NOW)


def test_the_borders_of_what_is_signed_cannot_be_moved() -> None:
    """The bytes that are signed stay the same; a part of the id, or of the body, would pass for the timestamp."""
    headers = signed_headers(SECRET, "task-1", NOW, b"1767225600.{}")
    shifted = headers | {"webhook-id": f"task-1.{NOW}", "webhook-timestamp": "1767225600"}
    with pytest.raises(InvalidSignature, match="id"):
        verify(SECRET, shifted, b"{}", now=NOW)
    with pytest.raises(ValueError, match="id"):
        signed_headers(SECRET, f"task-1.{NOW}", NOW, BODY)
