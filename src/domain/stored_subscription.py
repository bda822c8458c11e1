"""A subscription as a store gives it back: readable or not."""

from __future__ import annotations

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import TaskError
from backstage.domain.subscription import Subscription
from backstage.domain.subscription_document import subscription_of


@dataclass(frozen=True, slots=True)
class UnreadableSubscription:
    """One that makes no sense here, because somebody else wrote it or a newer release did. It hears nothing, and keeps
    nothing from ending; it can be removed, or put anew."""

    name: str
    problem: str
    """In one line."""


StoredSubscription = Subscription | UnreadableSubscription


def stored_subscription(name: str, document: str) -> StoredSubscription:
    """Return what is stored under a name; `document` is the text of `subscription_document.document_of`."""
    try:
        return subscription_of(document)
    except (TaskError, ValueError, TypeError, KeyError, AttributeError) as error:
        return UnreadableSubscription(name, f"{type(error).__name__}: {error}")
