"""On a phone: links to the pages that the bar at the bottom has no room for."""

from __future__ import annotations

from starlette.responses import Response

from backstage.pages.visit import Visit


async def more_page(visit: Visit) -> Response:
    return visit.render("more.html", cur="More", title="More")
