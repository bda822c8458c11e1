"""One request for a page: who asks, over which use cases, and how an answer is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from backstage.app.use_cases import UseCases
from backstage.domain.search_terms import Term
from backstage.pages import moments
from backstage.pages.figures import SPACE
from backstage.pages.navigation import MANAGING, NAVIGATION
from backstage.pages.said import Said, remember, said_to
from backstage.pages.sentences import with_times
from backstage.pages.shell import Shell
from backstage.pages.short_id import short_id
from backstage.pages.site import Site

TOKEN_COOKIE = "backstage_token"  # noqa: S105 - its name, not a token
THEME_COOKIE = "backstage_theme"


@dataclass(frozen=True)
class Visit:
    request: Request
    site: Site
    use_cases: UseCases
    now: datetime
    csrf: str
    shell: Shell
    form: Mapping[str, list[str]] = field(default_factory=dict)
    """What a POST carries; of a GET, its query."""

    @property
    def root(self) -> str:
        """The path under which the pages are mounted, without a slash at its end."""
        root: str = self.request.scope.get("root_path", "")
        return root.rstrip("/")

    @property
    def is_part(self) -> bool:
        """Whether a script asks for a part that it shows inside the page."""
        return "hx-request" in self.request.headers

    @property
    def theme(self) -> str | None:
        theme = self.request.cookies.get(THEME_COOKIE)
        return theme if theme in ("light", "dark") else None

    @property
    def identity(self) -> Any:
        """Whoever signed in: has a `name` and a `role`; None where everybody may do everything."""
        return getattr(self.use_cases, "identity", None)

    @property
    def has_token(self) -> bool:
        """Whether there is something to sign out of."""
        return self.site.check_token is not None and TOKEN_COOKIE in self.request.cookies

    def may(self, role: str) -> bool:
        """Whether the visitor has at least that role: "viewer", "operator" or "admin"."""
        if self.identity is None:
            return True
        ranks = ("viewer", "operator", "admin")
        return ranks.index(str(self.identity.role)) >= ranks.index(role)

    @property
    def may_read_payloads(self) -> bool:
        return self.identity is None or bool(self.identity.may_read_payloads)

    def asked(self, name: str, otherwise: str = "") -> str:
        """A parameter of the address."""
        return self.request.query_params.get(name, otherwise)

    def given(self, name: str, otherwise: str = "") -> str:
        """A field of the form."""
        return self.form.get(name, [otherwise])[0]

    def href(self, path: str, **query: Any) -> str:
        pairs = [(key, value) for key, value in query.items() if value not in (None, "", ())]
        return f"{self.root}{path}" + (f"?{urlencode(pairs, doseq=True)}" if pairs else "")

    def here(self, **changes: Any) -> str:
        """The address of this page with other parameters; None takes one out."""
        query = {key: self.request.query_params.getlist(key) for key in self.request.query_params}
        return self.href(self.path, **{**query, **changes})

    @property
    def path(self) -> str:
        path: str = self.request.url.path
        return path.removeprefix(self.root) or "/"

    @property
    def path_and_query(self) -> str:
        query = self.request.url.query
        return f"{self.path}?{query}" if query else self.path

    @property
    def navigation(self) -> tuple[tuple[str, str, str, str], ...]:
        return NAVIGATION

    @property
    def managing(self) -> list[tuple[str, str, str]]:
        """The pages that this visitor's role may see."""
        return [(path, icon, label) for path, icon, label, role in MANAGING if self.may(role)]

    @property
    def has_failures(self) -> bool:
        return any(path == "/failures" for path, *_ in NAVIGATION)

    def render(self, template: str, *, status: int = 200, **values: Any) -> Response:
        html = self.site.templates.get_template(template).render(self._shared() | values)
        response = HTMLResponse(html, status)
        if self.request.cookies.get("backstage_said"):
            response.delete_cookie("backstage_said", path=self.root or "/")
        return response

    def redirect(self, to: str, said: Said | None = None) -> Response:
        response = RedirectResponse(to, 303)
        if said is not None:
            remember(said, response, self.root or "/")
        return response

    def _shared(self) -> dict[str, Any]:
        return {
            "visit": self,
            "href": self.href,
            "here": self.here,
            "now": self.now,
            "theme": self.theme,
            "env": self.site.environment,
            "said": said_to(self.request),
            "ago": partial(_ago, self.now),
            "age_of": partial(_age, self.now),
            "since": partial(_since, self.now),
            "until": partial(_until, self.now),
            "clock": _clock,
            "at": _at,
            "with_times": partial(_with_times, self.now),
            "static": f"{self.root}/static/{self.site.version}",
            "may": self.may,
            "term": _term,
            "day": partial(_day, self.now),
            "weekday": moments.weekday,
            "short_id": short_id,
        }


def _ago(now: datetime, moment: datetime) -> Markup:
    return moments.time_element(moment, moments.relative(moment, now), "ago")


def _age(now: datetime, moment: datetime) -> Markup:
    return moments.time_element(moment, moments.age((now - moment).total_seconds()), "age")


def _since(now: datetime, moment: datetime) -> Markup:
    return moments.time_element(moment, moments.wait((now - moment).total_seconds()), "since")


def _until(now: datetime, moment: datetime) -> Markup:
    return moments.time_element(moment, moments.wait((moment - now).total_seconds()), "until")


def _at(moment: datetime, span: timedelta) -> Markup:
    """A mark of an axis: by the clock, and of a span of days by the day."""
    if span > timedelta(hours=25):
        return moments.time_element(moment, f"{moment.day}{SPACE}{moment:%b}", "day")
    return moments.time_element(moment, f"{moment:%H:%M}", "minute")


def _clock(moment: datetime) -> Markup:
    return moments.time_element(moment, moments.clock(moment), "clock")


def _day(now: datetime, moment: datetime) -> str:
    return moments.day(moment, now)


def _with_times(now: datetime, sentence: str) -> Markup:
    return with_times(sentence, now)


def _term(name: str, value: str) -> str:
    return str(Term(name, value))
