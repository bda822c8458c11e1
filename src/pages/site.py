"""What all pages of one application share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.requests import Request

from backstage.app.use_cases import UseCases
from backstage.domain.pause_words import who_and_why
from backstage.pages import figures, moments, sentences
from backstage.pages.state_labels import LABELS

HERE = Path(__file__).parent
STATIC = HERE / "static"
UseCasesFor = Callable[[Request], Awaitable[UseCases | None]]
"""Gives the use cases of whoever asks, with what that person may do; None asks for a sign-in."""
CheckToken = Callable[[Request, str], Awaitable[str | None]]
"""Says in one sentence what is wrong with a token, or None."""


@dataclass(frozen=True)
class Site:
    """`environment` is the name on the badge beside the product's."""

    use_cases_for: UseCasesFor
    check_token: CheckToken | None = None
    environment: str | None = None
    driving: set[asyncio.Task[None]] = field(default_factory=set)
    """Bulk operations that this process drives."""

    @property
    def templates(self) -> Environment:
        return _templates()

    @cached_property
    def version(self) -> str:
        """Changes whenever a static file does: part of each file's address, so that browsers may keep it for ever."""
        digest = sha256()
        for file in sorted(STATIC.rglob("*")):
            if file.is_file():
                digest.update(file.read_bytes())
        return digest.hexdigest()[:10]


@cache
def _templates() -> Environment:
    """All sites share what is compiled. Everything is escaped."""
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        number=figures.number,
        exact=figures.exact,
        brief=figures.brief,
        percent=figures.percent,
        size=figures.size,
        duration=moments.duration,
        wait=moments.wait,
        age=moments.age,
        capital=sentences.capital,
        as_sentence=sentences.as_sentence,
    )
    templates.globals.update(
        counted=figures.counted,
        who_and_why=who_and_why,
        state_labels=LABELS,
        icons=Markup((HERE / "templates" / "icons.svg").read_text("utf-8")),  # noqa: S704 - a file of ours
    )
    return templates
