"""How a process was set up, as it may be shown."""

from __future__ import annotations

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.retention import Retention


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """`value` is as the environment would have it, without passwords; `source` says where it comes from."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Empty where use cases were put together without settings."""

    url: str = ""
    """The store, without its password."""
    release: str = ""
    """Of Backstage."""
    settings: tuple[ShownSetting, ...] = ()
    unknown: tuple[str, ...] = ()
    """What was set and has no effect: a sentence each."""
    retentions: tuple[Retention, ...] = ()
    """Which finished tasks need not be kept."""
