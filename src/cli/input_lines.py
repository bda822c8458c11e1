"""Standard input as numbered lines, a batch at a time."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from typing import NamedTuple

_BATCH_LINES = 500
_BATCH_BYTES = 8 * 1024 * 1024  # what is stored in one step is held in memory
_LONGEST_LINE = 8 * 1024 * 1024  # a payload of 1 MiB, every character of it escaped
_CHUNK = 256 * 1024


class Line(NamedTuple):
    number: int
    text: bytes


class LineTooLongError(Exception):
    """Line `number` is longer than any task."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number}: is longer than {_LONGEST_LINE:,} bytes: write one task per line")


def batches(descriptor: int) -> Iterator[list[Line]]:
    """Yield what is there to read, blank lines left out; a producer that pauses does not make its lines wait.

    Raises LineTooLongError after what came before it was yielded.
    """
    batch: list[Line] = []
    size = 0
    for line in _lines(descriptor):
        if line is not None:
            batch.append(line)
            size += len(line.text)
        if batch and (line is None or len(batch) == _BATCH_LINES or size >= _BATCH_BYTES):
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _lines(descriptor: int) -> Iterator[Line | None]:
    """Yield each line; None where reading on would mean to wait."""
    number, rest = 0, b""
    while chunk := os.read(descriptor, _CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for text in whole:
            number += 1
            if text.strip():
                yield Line(number, text)
        if len(rest) > _LONGEST_LINE:
            yield None
            raise LineTooLongError(number + 1)
        if not select.select([descriptor], [], [], 0)[0]:
            yield None
    if rest.strip():
        yield Line(number + 1, rest)
