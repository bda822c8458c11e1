"""What looks like a setting and is none: a misspelled name would otherwise leave its default in force, in silence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.infra.settings.variables import OTHER_NAMES, PREFIX

# Read by the built-in handlers when they run. Secrets of webhooks have any name after their prefix.
SMTP_VARIABLES = frozenset(
    f"{PREFIX}SMTP_{name}"
    for name in (
        "HOST",
        "PORT",
        "USERNAME",
        "PASSWORD",
        "PASSWORD_FILE",
        "FROM",
        "TLS",
        "CA_FILE",
        "TIMEOUT",
        "ATTACHMENTS",
    )
)
WEBHOOK_VARIABLES = frozenset(f"{PREFIX}WEBHOOK_{name}" for name in ("ALLOW_PRIVATE", "ALLOW_HTTP", "CA_FILE"))
WEBHOOK_SECRET = f"{PREFIX}WEBHOOK_SECRET"

_SERVICE_LINK = re.compile(r"\w+_SERVICE_(HOST|PORT(_\w+)?)|\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?")


@dataclass(frozen=True, slots=True)
class UnknownSetting:
    """`place` is `environment` or the file. `nearest` is the name that was probably meant, None if none is near."""

    name: str
    place: str
    nearest: str | None

    def __str__(self) -> str:
        hint = f"did you mean {self.nearest}?" if self.nearest else "it has no effect"
        return f"{self.name} ({self.place}) is not a setting: {hint}"


def unknown_variables(
    place: str, variables: Mapping[str, str | None], fields: Collection[str]
) -> tuple[UnknownSetting, ...]:
    """Those that begin with BACKSTAGE_, in any case, and that nothing reads; and those that are nearly a name such as
    REDIS_HOST or JOB_TIMEOUT, which we read too. Their values are never shown."""
    known = {*(PREFIX + field.upper() for field in fields), *SMTP_VARIABLES, *WEBHOOK_VARIABLES}
    unknown = (
        name
        for name, value in variables.items()
        if name.upper().startswith(PREFIX)
        and name not in known
        and not name.startswith(WEBHOOK_SECRET)
        and not _is_of_kubernetes(name, value or "")
    )
    return (*_described(place, unknown, known), *_nearly_other_names(place, variables))


def _nearly_other_names(place: str, variables: Mapping[str, str | None]) -> Iterator[UnknownSetting]:
    """Other programs have variables of these prefixes too, so only what is nearly one of ours is told."""
    for name, value in sorted(variables.items()):
        prefix, _, rest = name.upper().partition("_")
        of_prefix = {each.partition("_")[2]: each for each in OTHER_NAMES if each.startswith(f"{prefix}_")}
        is_settled = prefix == "REDIS" and bool(variables.get(f"{PREFIX}URL"))  # then nothing of REDIS_… counts
        if name in OTHER_NAMES or is_settled or not rest or _is_of_kubernetes(name, value or ""):
            continue
        if (near := _near(rest, of_prefix, 0.6)) is not None:
            yield UnknownSetting(name, place, of_prefix[near])


def unknown_keys(place: str, document: Mapping[str, Any], fields: Collection[str]) -> tuple[UnknownSetting, ...]:
    return _described(place, (key for key in document if key not in fields), set(fields))


def _described(place: str, names: Iterable[str], known: set[str]) -> tuple[UnknownSetting, ...]:
    return tuple(UnknownSetting(name, place, _nearest(name, known)) for name in sorted(names))


def _nearest(name: str, known: set[str]) -> str | None:
    """The case of a name counts for nothing here: it is what is most often wrong."""
    as_written = {each.upper(): each for each in sorted(known)}
    near = _near(name.upper(), as_written, 0.75)
    return None if near is None else as_written[near]


def _near(name: str, known: Collection[str], cutoff: float) -> str | None:
    if not known:
        return None
    from difflib import get_close_matches  # noqa: PLC0415 - for those who may have misspelt one

    return next(iter(get_close_matches(name.replace("-", "_"), sorted(known), 1, cutoff=cutoff)), None)


def _is_of_kubernetes(name: str, value: str) -> bool:
    """What it sets in every container for a service whose name begins with "backstage"."""
    return _SERVICE_LINK.fullmatch(name) is not None or (name.endswith("_PORT") and "://" in value)
