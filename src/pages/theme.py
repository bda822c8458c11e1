"""The choice between light and dark, which a browser keeps; without one it follows the system."""

from __future__ import annotations

from starlette.responses import Response

from backstage.pages.visit import THEME_COOKIE, Visit


async def theme_page(visit: Visit) -> Response:
    theme = visit.given("theme")
    back = visit.given("back", "/")
    response = visit.redirect(visit.root + (back if back.startswith("/") and not back.startswith("//") else "/"))
    path = visit.root or "/"
    if theme in ("light", "dark"):
        response.set_cookie(THEME_COOKIE, theme, max_age=365 * 86_400, path=path, samesite="lax")
    else:
        response.delete_cookie(THEME_COOKIE, path=path)
    return response
