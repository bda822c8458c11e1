from __future__ import annotations

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.failure import FAILURE_MARK


class PayloadMisfit(InvalidTaskDataError):
    """A task's payload does not fit its own handler, so no attempt can succeed. It is recorded as its parent: an
    InvalidTaskDataError that the handler's code raises is another matter, and an ordinary failed attempt."""

    def recorded(self) -> InvalidTaskDataError:
        if hasattr(self, FAILURE_MARK):  # it comes from another process, where it was recorded
            return self
        return InvalidTaskDataError(self.fields).with_traceback(self.__traceback__)
