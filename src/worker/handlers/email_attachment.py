"""Reading the files that a message carries, from one directory and nowhere else."""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Sequence
from pathlib import Path, PurePath

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.handler_signals import GiveUp
from backstage.worker.handlers.header_text import check_text

MAX_ATTACHMENTS = 20
MAX_ATTACHED_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content_type: str
    content: bytes


def read_attachments(root: Path | None, paths: Sequence[str]) -> list[Attachment]:
    """Return the files at `paths`, relative to `root`, at most 20 MiB in all.

    Whoever may enqueue a task names these paths, so nothing outside `root` is read: no `..`, no symbolic link on
    the way, regular files only. Raises GiveUp when a file is missing, refused or too big.
    """
    if not paths:
        return []
    if root is None:
        raise GiveUp("attachments are disabled: set BACKSTAGE_SMTP_ATTACHMENTS to the directory of the files")
    attachments: list[Attachment] = []
    left = MAX_ATTACHED_BYTES
    for path in paths:
        try:
            check_text(path)
        except ValueError as error:
            raise GiveUp(f"the name of attachment {path!r} {error}") from None
        content = _read(root, path, left)
        left -= len(content)
        attachments.append(Attachment(PurePath(path).name, _content_type(path), content))
    return attachments


def _content_type(path: str) -> str:
    guessed, encoding = mimetypes.guess_type(path)
    # A compressed file is not what it holds, and a whole message may not travel in base64 (RFC 2046, 5.2.1).
    if guessed is None or encoding is not None or guessed.startswith(("message/", "multipart/")):
        return "application/octet-stream"
    return guessed


def _read(root: Path, path: str, limit: int) -> bytes:
    try:
        descriptor = _open_below(root, path)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise GiveUp(f"attachment {path!r} is not a regular file")
            content = file.read(limit + 1)
    except OSError as error:
        raise GiveUp(f"attachment {path!r} cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise GiveUp(f"attachment {path!r} makes the message larger than {MAX_ATTACHED_BYTES:,} bytes")
    return content


def _open_below(root: Path, path: str) -> int:
    """Open step by step without following links, so that nobody can swap a directory between check and use."""
    pure = PurePath(path)
    steps = pure.relative_to(root).parts if pure.is_absolute() and pure.is_relative_to(root) else pure.parts
    if not steps or (pure.is_absolute() and steps == pure.parts) or ".." in steps:
        raise GiveUp(f"attachment {path!r} is outside the directory of attachments")
    directory = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for step in steps[:-1]:
            inner = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            os.close(directory)
            directory = inner
        # A FIFO without a writer would block this open for ever.
        return os.open(steps[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    finally:
        os.close(directory)
