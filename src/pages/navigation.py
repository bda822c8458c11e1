"""The pages in the order in which the navigation names them."""

from __future__ import annotations

NAVIGATION = (
    ("/", "home", "Overview", ""),
    ("/tasks", "list", "Tasks", ""),
    ("/failures", "bug", "Failures", "failed"),
    ("/queues", "queue", "Queues", ""),
    ("/types", "type", "Types", ""),
    ("/schedules", "calendar", "Schedules", ""),
    ("/workers", "worker", "Workers", "alive"),
)
"""Path, icon, name, and the number beside it."""

MANAGING: tuple[tuple[str, str, str, str], ...] = (
    ("/system", "system", "System", "operator"),
    ("/audit", "audit", "Audit", "admin"),
    ("/tokens", "key", "Tokens", "admin"),
)
"""Path, icon, name, and the least role that sees the page."""
