"""A subscription as JSON text, which is how every store keeps it."""

from __future__ import annotations

import json

from backstage.domain.subscription import Subscription


def document_of(subscription: Subscription) -> str:
    return json.dumps(
        {
            "name": subscription.name,
            "events": subscription.events,
            "types": subscription.types,
            "queues": subscription.queues,
            "every_attempt": subscription.every_attempt,
        }
    )


def subscription_of(document: str) -> Subscription:
    """Return the subscription that `document_of` gave this text for; no other text makes sense."""
    fields = json.loads(document)
    for name in ("events", "types", "queues"):
        fields[name] = tuple(fields[name])
    return Subscription(**fields)
