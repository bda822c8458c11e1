"""What an e-mail task carries, and the message made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, compat32
from email.utils import format_datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from backstage.domain.handler_signals import GiveUp
from backstage.worker.handlers.email_address import EmailAddress, parse_address
from backstage.worker.handlers.email_attachment import MAX_ATTACHMENTS, Attachment
from backstage.worker.handlers.header_text import address_value, check_text, header_value

MAX_RECIPIENTS = 100
TASK_HEADER = "X-Backstage-Task"
_OF_A_BODY = frozenset({"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"})
_AS_WRITTEN = SMTP.clone(refold_source="none", cte_type="7bit")
"""Headers that are set raw are written as they are. The policy's own parsing would decode what is in them."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Addresses = Annotated[list[EmailAddress], BeforeValidator(_as_list)]


class Email(BaseModel):
    """An e-mail task's payload. Each list of addresses may also be a single address.

    `attachments` are paths below the worker's directory of attachments. `only_to` narrows the envelope to some of
    the addressees, for a message that the others have already received; the headers still show all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    to: Addresses = Field(default=[])
    cc: Addresses = Field(default=[])
    bcc: Addresses = Field(default=[])
    reply_to: Addresses = Field(default=[])
    sender: EmailAddress | None = Field(default=None, alias="from")
    subject: str = Field(max_length=998)
    text: str | None = None
    html: str | None = None
    attachments: list[str] = Field(default=[], max_length=MAX_ATTACHMENTS)
    only_to: list[EmailAddress] | None = Field(default=None, min_length=1)

    @field_validator("subject")
    @classmethod
    def _subject_is_one_line(cls, subject: str) -> str:
        return check_text(subject)

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if self.text is None and self.html is None:
            raise ValueError("needs text, html or both")
        if not 1 <= len(self._addressees()) <= MAX_RECIPIENTS:
            raise ValueError(f"needs 1 to {MAX_RECIPIENTS} recipients in to, cc and bcc")
        if not set(self.only_to or ()) <= set(self._addressees()):
            raise ValueError("only_to may only name addresses of to, cc and bcc")
        return self

    def envelope(self) -> list[str]:
        """The plain addresses to deliver to, each once."""
        return self.only_to or self._addressees()

    def _addressees(self) -> list[str]:
        return list(dict.fromkeys(parse_address(each).addr_spec for each in (*self.to, *self.cc, *self.bcc)))


def build_message(
    email: Email, sender: str, attachments: list[Attachment], *, task_id: str, date: datetime
) -> EmailMessage:
    """Return the message; bcc is left out of it. Raises GiveUp if it would not arrive with the headers it is given.

    The Message-ID is made of the task's id: a task that runs twice sends the same one, and mail readers that
    know it show one message.
    """
    author = parse_address(sender)
    headers = {"From": address_value([author], "From")}
    for header, addresses in (("To", email.to), ("Cc", email.cc), ("Reply-To", email.reply_to)):
        if addresses:
            headers[header] = address_value([parse_address(each) for each in addresses], header)
    if not email.to and not email.cc:
        headers["To"] = "undisclosed-recipients:;"
    headers["Subject"] = header_value(email.subject, "Subject")
    headers["Date"] = format_datetime(date)
    headers["Message-ID"] = f"<{task_id}@{author.domain}>"
    headers[TASK_HEADER] = task_id
    message = _body(email, attachments)
    for name, value in headers.items():
        message.set_raw(name, value)
    _check_arrival(message, headers)
    return message


def _body(email: Email, attachments: list[Attachment]) -> EmailMessage:
    message = EmailMessage(policy=_AS_WRITTEN)
    if email.text is not None:
        message.set_content(email.text)
    if email.html is not None:
        add = message.set_content if email.text is None else message.add_alternative
        add(email.html, subtype="html")
    for each in attachments:
        main, _, sub = each.content_type.partition("/")
        message.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
    return message


def _check_arrival(message: EmailMessage, headers: Mapping[str, str]) -> None:
    """Read the finished bytes as a receiver does: every header must be there as it was meant, and no other."""
    arrived = message_from_bytes(bytes(message), policy=compat32)
    of_the_message = {name: value for name, value in arrived.items() if name not in _OF_A_BODY}
    of_its_parts = {name for part in arrived.walk() if part is not arrived for name in part}
    if len(arrived.keys()) != len(set(arrived.keys())) or of_the_message != headers or not of_its_parts <= _OF_A_BODY:
        raise GiveUp(
            "the message would arrive with headers that it was not given: check subject, names and attachments"
        )
