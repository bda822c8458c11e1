from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backstage.domain.deferred_dataclass import dataclass

if TYPE_CHECKING:
    from backstage.domain.ports.backend import Backend
    from backstage.domain.ports.chance import Chance
    from backstage.domain.ports.event_bus import EventBus
    from backstage.domain.ports.ids import Ids
    from backstage.domain.ports.task_trace import TaskTrace
    from backstage.infra.settings.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a Container is made of. `trace` is None where nobody wants traces."""

    settings: Settings
    logger: Any
    backend: Backend
    events: EventBus
    ids: Ids
    chance: Chance
    trace: TaskTrace | None
