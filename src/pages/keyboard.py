"""The page that explains the keys. What they do is in static/js/keys.js."""

from __future__ import annotations

from starlette.responses import Response

from backstage.pages.visit import Visit

SHORTCUTS = (
    ("/", "Filter or search"),
    ("Ctrl K", "Jump to a page, a queue, a type or an id"),
    ("j k", "Next, previous row"),
    ("Enter", "Open the row"),
    ("x", "Select the row"),
    ("Shift x", "Select up to here"),
    ("a", "Select all on the page"),
    ("r", "Retry the selection"),
    ("c", "Cancel the selection"),
    ("q", "Make the worker quiet"),
    ("y", "Copy the id"),
    ("e", "Edit the task as a copy"),
    ("p", "Pause live updates"),
    ("n", "Show the new rows"),
    ("[ ]", "Newer, older"),
    ("g o", "Go to Overview"),
    ("g t", "Go to Tasks"),
    ("g f", "Go to Failures"),
    ("g q", "Go to Queues"),
    ("g s", "Go to Schedules"),
    ("g w", "Go to Workers"),
    ("Esc", "Close, clear"),
    ("?", "This help"),
)


async def help_page(visit: Visit) -> Response:
    template = "help_part.html" if visit.is_part else "help.html"
    return visit.render(template, cur="", title="Keyboard", shortcuts=SHORTCUTS)
