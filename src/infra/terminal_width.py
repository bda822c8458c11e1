from __future__ import annotations

import os
import sys
from contextlib import suppress


def terminal_width() -> int:
    """In columns, as shutil.get_terminal_size says, which argparse would ask and which takes long to load."""
    with suppress(KeyError, ValueError):
        if (columns := int(os.environ["COLUMNS"])) > 0:
            return columns
    with suppress(AttributeError, ValueError, OSError):
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    return 80
