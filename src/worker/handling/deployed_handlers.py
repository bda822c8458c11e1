from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.field_error import FieldError
from backstage.domain.task import Task
from backstage.worker.handling.handler_registry import HandlerRegistry
from backstage.worker.handling.payload_misfit import PayloadMisfit


class DeployedHandlers:
    """The handlers of a worker as `check_deploy` asks them.

    Raises ConfigurationError for upcasters that lead to no handler.
    """

    def __init__(self, registry: HandlerRegistry) -> None:
        self._registry = registry
        self._lanes = registry.types()

    def serves(self, lane: str) -> bool:
        return lane in self._lanes

    def problems_of(self, task: Task) -> Sequence[FieldError]:
        try:
            self._registry.check(task)
        except PayloadMisfit as misfit:
            return misfit.fields
        except Exception as error:  # an upcaster is the user's code
            return (FieldError("payload", f"its upcasters raise {type(error).__name__}: {error}"),)
        return ()
