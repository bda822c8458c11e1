"""`--handlers backstage.handlers.email`: the task type `email:send`."""

from __future__ import annotations

from backstage.domain.extras import needing

with needing("mail", __name__):
    from backstage.worker.handlers.email import send
    from backstage.worker.handlers.email_message import Email

__all__ = ["Email", "send"]
