"""What an e-mail task carries, and the message made of it."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from backstage.worker.handlers.email_address import EmailAddress, parse_address
from backstage.worker.handlers.email_attachment import MAX_ATTACHMENTS, Attachment

MAX_RECIPIENTS = 100
TASK_HEADER = "X-Backstage-Task"


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
        if any(character in subject for character in "\r\n") or len(subject.splitlines()) > 1:
            raise ValueError("must be one line: a newline would begin another header")
        return subject

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if self.text is None and self.html is None:
            raise ValueError("needs text, html or both")
        if not 1 <= len(self._addressees()) <= MAX_RECIPIENTS:
            raise ValueError(f"needs 1 to {MAX_RECIPIENTS} recipients in to, cc and bcc")
        if not set(self.only_to or ()) <= set(self._addressees()):
            raise ValueError("only_to may name only addresses of to, cc and bcc")
        return self

    def envelope(self) -> list[str]:
        """The plain addresses to deliver to, each once."""
        return self.only_to or self._addressees()

    def _addressees(self) -> list[str]:
        return list(dict.fromkeys(parse_address(each).addr_spec for each in (*self.to, *self.cc, *self.bcc)))


def build_message(
    email: Email, sender: str, attachments: list[Attachment], *, task_id: str, date: datetime
) -> EmailMessage:
    """Return the message; bcc is left out of it.

    The Message-ID is made of the task's id: a task that runs twice sends the same one, and mail readers that
    know it show one message.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = parse_address(sender)
    for header, addresses in (("To", email.to), ("Cc", email.cc), ("Reply-To", email.reply_to)):
        if addresses:
            message[header] = [parse_address(each) for each in addresses]
    if not email.to and not email.cc:
        message["To"] = "undisclosed-recipients:;"
    message["Subject"] = email.subject
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{task_id}@{parse_address(sender).domain}>"
    message[TASK_HEADER] = task_id
    if email.text is not None:
        message.set_content(email.text)
    if email.html is not None:
        add = message.set_content if email.text is None else message.add_alternative
        add(email.html, subtype="html")
    for each in attachments:
        main, _, sub = each.content_type.partition("/")
        message.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
    return message
