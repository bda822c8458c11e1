"""The text of a traceback, taken apart: the application's own frames are told from those of libraries."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FRAME = re.compile(r'^  File "(?P<file>[^"\n]*)", line (?P<line>\d+)(?:, in (?P<function>.*))?$')
_LIBRARY = re.compile(
    r"site-packages/|dist-packages/|/lib/python\d|^<frozen|^<string>$|/backstage/(?:src/)?(?:app|infra|worker|domain)/"
)
_SHORTENED = re.compile(r"^.*(?:site-packages|dist-packages|lib/python[\d.]+)/")
_MARKERS = frozenset(" ~^")


@dataclass(frozen=True, slots=True)
class Frame:
    file: str
    line: int
    function: str
    source: str
    is_library: bool

    @property
    def place(self) -> str:
        """Without the folders that every file of an installation lies in."""
        return _SHORTENED.sub("", self.file)

    @property
    def package(self) -> str:
        return self.place.strip("/").split("/")[0].removesuffix(".py").strip("<>")


@dataclass(frozen=True, slots=True)
class Frames:
    """Innermost first. `own` is every frame where the error passed through libraries alone."""

    own: tuple[Frame, ...]
    library: tuple[Frame, ...]

    @property
    def packages(self) -> str:
        return ", ".join(dict.fromkeys(frame.package for frame in self.library))


def frames_of(traceback: str) -> Frames:
    """Those of the last error in the text, which is the one that was raised."""
    frames: list[Frame] = []
    lines = traceback.splitlines()
    for place, text in enumerate(lines):
        if text.startswith("Traceback (most recent call last)"):
            frames = []
        match = _FRAME.match(text)
        if match:
            frames.append(_frame(match, lines[place + 1] if place + 1 < len(lines) else ""))
    frames.reverse()
    own = tuple(frame for frame in frames if not frame.is_library)
    library = tuple(frame for frame in frames if frame.is_library)
    return Frames(own, library) if own else Frames(library, ())


def _frame(match: re.Match[str], following: str) -> Frame:
    is_source = following.startswith("    ") and not set(following) <= _MARKERS
    file = match["file"]
    return Frame(
        file=file,
        line=int(match["line"]),
        function=match["function"] or "",
        source=following[4:] if is_source else "",
        is_library=_LIBRARY.search(file) is not None,
    )
