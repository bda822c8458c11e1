"""`--handlers backstage.handlers.webhook`: the task type `webhook:deliver`; and `verify`, for those who receive."""

from __future__ import annotations

from backstage.domain.extras import needing

with needing("webhooks", __name__):
    from backstage.worker.handlers.webhook import deliver
    from backstage.worker.handlers.webhook_payload import Webhook
from backstage.worker.handlers.webhook_signature import InvalidSignature, signed_headers, verify

__all__ = ["InvalidSignature", "Webhook", "deliver", "signed_headers", "verify"]
