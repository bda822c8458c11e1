from __future__ import annotations

import argparse
from typing import Any


class RepeatedNames(argparse.Action):
    """For an option of names with commas between them: `--handlers a --handlers b` means `--handlers a,b`."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: Any) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, values if before is None else f"{before},{values}")
