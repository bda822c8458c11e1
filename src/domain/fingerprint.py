"""What failures of one cause have in common, so that a thousand of them are one line."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.failure import Failure

_FRAME = re.compile(r'^[ |]*File "([^"\n]+)", line (\d+), in ([^\n]+)(?:\n[ |]+(?!File ")([^\n]+))?', re.MULTILINE)
_FOREIGN = re.compile(r"site-packages|dist-packages|[/\\]lib[/\\]python3|<frozen |[/\\]backstage[/\\]")
_FOLDERS_SHOWN = 2
_LONGEST_TAIL = 6000
"""Characters at a traceback's end, where the frames of the handler's own code are: a deep one is not read whole."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`id` is the same for failures of one cause. `line` is where the application's own code raised the error, such as
    `shop/mail.py:42 in send`, "" if no traceback tells."""

    id: str
    line: str


def fingerprint(task_type: str, failure: Failure) -> Fingerprint:
    """The line's number is no part of it, but its text is: a deploy that moves the line leaves the group as it is."""
    return _fingerprint(task_type, failure.type, failure.traceback[-_LONGEST_TAIL:])


@lru_cache(maxsize=256)  # failures come in waves
def _fingerprint(task_type: str, error: str, traceback: str) -> Fingerprint:
    frame = _own_frame(traceback)
    if frame is None:
        return Fingerprint(_digest(task_type, error), "")
    file, number, function, text = frame
    place = "/".join(re.split(r"[/\\]", file)[-_FOLDERS_SHOWN:])
    return Fingerprint(_digest(task_type, error, place, function, text), f"{place}:{number} in {function}")


def _own_frame(traceback: str) -> tuple[str, str, str, str] | None:
    """The last frame that is no library's; the very last where all are."""
    frames = [(each[1], each[2], each[3].strip(), (each[4] or "").strip()) for each in _FRAME.finditer(traceback)]
    own = [frame for frame in frames if not _FOREIGN.search(frame[0])]
    return own[-1] if own else frames[-1] if frames else None


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
