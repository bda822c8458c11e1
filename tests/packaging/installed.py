"""The wheel as it is built, beside the packages that its metadata asks for and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.docs.markdown import ROOT


class Installed:
    """A folder of packages, and Python that sees nothing else."""

    def __init__(self, folder: Path, wheel: Path, extras: frozenset[str] = frozenset()) -> None:
        folder.mkdir()
        self.folder = folder
        with ZipFile(wheel) as archive:
            archive.extractall(folder)
        [described] = folder.glob("*.dist-info")
        self.metadata = PathDistribution(described)
        for top, place in dict(_tops(self.metadata, extras)).items():
            (folder / top).symlink_to(place)

    def run(
        self, *arguments: str, within: Path, later: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """`later` is a folder of further packages, which come after the installed ones."""
        path = os.pathsep.join(str(each) for each in (self.folder, later) if each is not None)
        return subprocess.run(
            [sys.executable, "-S", *arguments],  # -S: without the packages of the environment that tests run in
            cwd=within,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def build(target: str, folder: Path, source: Path = ROOT) -> Path:
    """Return the `wheel` or `sdist` that is built of a source."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=60)
    [built] = folder.iterdir()
    return built


def _tops(metadata: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What lies at the top of an environment that holds all that is needed, and where it is now."""
    for needed in _needed(metadata, extras, set()):
        for top in {file.parts[0] for file in needed.files or ()} - {"..", "__pycache__"}:
            yield top, str(needed.locate_file(top))


def _needed(
    needing: Distribution, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]
) -> Iterator[Distribution]:
    for requirement in map(Requirement, needing.requires or ()):
        marker = requirement.marker
        if marker is not None and not any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            continue
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key not in seen:
            seen.add(key)
            found = distribution(requirement.name)
            yield found
            yield from _needed(found, key[1], seen)
