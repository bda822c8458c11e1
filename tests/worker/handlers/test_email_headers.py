"""Nothing that a payload says becomes a header, or a body, of its own."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from backstage.worker.handlers.ascii_host import ascii_host
from backstage.worker.handlers.email_address import parse_address
from backstage.worker.handlers.email_attachment import Attachment
from backstage.worker.handlers.email_message import Email, build_message

HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "X-Backstage-Task"}
BODY_HEADERS = {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
BREAKS = "=0D=0AReply-To:_eve@example.org=0D=0AContent-Type:_text/html=0D=0A=0D=0A<h1>Pay</h1>"


def built(email: Email, attachments: list[Attachment] | None = None) -> Message:
    sent = build_message(email, "shop@example.com", attachments or [], task_id="t-1", date=datetime.now(UTC))
    return message_from_bytes(bytes(sent), policy=compat32)


def email(**fields: object) -> Email:
    return Email.model_validate({"to": "ann@example.com", "subject": "Hi", "text": "hello"} | fields)


def shown(value: str) -> str:
    """What a mail reader shows of a header's value."""
    return str(make_header(decode_header("".join(value.splitlines()))))


@pytest.mark.parametrize(
    "word",
    [
        f"=?utf-8?q?Your_order{BREAKS}?=",
        f"=?UTF-8?Q?x{BREAKS}?=",
        f"Re: =?latin-1?q?x{BREAKS}?= there",
        f"=?utf-8?b?{b64encode(b'x' + bytes([13, 10]) + b'Bcc: eve@example.org').decode()}?=",
        "=?utf-8?q?a=00b?=",
        "=?no-such-charset?q?a=0D=0Ab?=",
        "=?utf-8?q?a=E2=80=A8b?=",
        "=?utf-8?q?a=0D?= =?utf-8?q?=0AX:_y?=",
        "a\r\nX: y",
        "a\nX: y",
        "a\x0bb",
        "a\x85b",
        "a\u2028b",
        "a\x00b",
        "a\tb",
        "a\x7fb",
    ],
)
@pytest.mark.parametrize("field", ["subject", "to", "cc", "reply_to", "from"])
def test_a_line_break_is_refused_however_it_is_spelt(field: str, word: str) -> None:
    value = word if field == "subject" else f"{word} <ann@example.com>"
    with pytest.raises(ValidationError, match=field):
        email(**{field: value})


def test_an_encoded_word_of_a_payload_is_shown_as_it_was_written() -> None:
    word = "=?utf-8?q?caf=C3=A9?="
    message = built(email(subject=word, to=f"{word} <ann@example.com>"))
    assert word not in str(message["Subject"])
    assert shown(message["Subject"]) == word
    assert [shown(name) for name, _ in getaddresses([message["To"]])] == [word]


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["=?utf-8?q?", "?=", "=0D=0A", "=?utf-8?b?DQo=?=", "\r\n", "Bcc: eve@example.org", ",", ";", ":", "  "]
    ),
    st.sampled_from(['"', "\\", "<", ">", "(", ")", "@", "é", "日本", "👩‍💻", "a" * 90, " ", "_", "=", "?"]),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(subject=TEXTS, name=TEXTS, file=TEXTS)
def test_whatever_a_payload_holds_the_message_has_its_own_headers_and_no_others(
    subject: str, name: str, file: str
) -> None:
    try:
        wanted = email(
            subject=subject, to=f"{name} <ann@example.com>", cc=["Bob, B. <bob@example.com>", "c@example.com"]
        )
    except ValidationError:
        return
    message = built(wanted, [Attachment("note.txt", "text/plain", file.encode("utf-8", "replace"))])
    assert sorted(message.keys()) == sorted(HEADERS | {"Cc"} | {"MIME-Version", "Content-Type"})
    assert shown(message["Subject"]) == subject
    [(shown_name, address)] = getaddresses([message["To"]])
    assert (shown(shown_name), address) == (parse_address(wanted.to[0]).display_name, "ann@example.com")
    assert getaddresses([message["Cc"]]) == [("Bob, B.", "bob@example.com"), ("", "c@example.com")]
    [text, note] = message.get_payload()
    assert text.get_payload(decode=True).decode().strip() == "hello"
    assert set(note.keys()) <= BODY_HEADERS | {"Content-Disposition"}


@given(file=TEXTS.filter(lambda text: "\0" not in text and "/" not in text))
def test_a_file_s_name_adds_no_header(file: str) -> None:
    try:
        message = built(email(), [Attachment(file, "text/plain", b"x")])
    except (ValueError, UnicodeEncodeError):
        return
    assert sorted(message.keys()) == sorted(HEADERS | {"MIME-Version", "Content-Type"})


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("faß.de", "xn--fa-hia.de"),
        ("βόλος.com", "xn--nxasmm1c.com"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("EXAMPLE.com", "example.com"),
        ("r3---sn.example.com", "r3---sn.example.com"),
        ("日本。jp", "xn--wgv71a.jp"),
    ],
)
def test_a_domain_of_another_script_is_the_one_that_idna_2008_names(domain: str, expected: str) -> None:
    assert ascii_host(domain) == expected
    assert parse_address(f"ann@{domain}").domain == expected


@pytest.mark.parametrize("domain", ["xn--a", "a..b", "-a.de", "♥.de", "a_b.de", "ex ample.com", "x" * 64 + ".de"])
def test_what_is_no_domain_is_refused(domain: str) -> None:
    with pytest.raises(ValueError, match="address"):
        parse_address(f"ann@{domain}")
