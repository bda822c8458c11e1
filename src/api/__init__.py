"""The HTTP API, as one ASGI application: `app.mount("/tasks", backstage_app(container))`."""

from __future__ import annotations

from backstage.domain.extras import needing

with needing("web", "backstage.api"):
    from backstage.api.app import backstage_app

__all__ = ["backstage_app"]
