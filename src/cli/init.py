from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from backstage.cli.command_parser import DONE, CommandParser
from backstage.domain.errors import ConfigurationError
from backstage.infra.printable import printable

_NAMES = ("tasks.py", "enqueue.py", "test_tasks.py", "backstage.toml")


def parser() -> CommandParser:
    options = CommandParser(
        "init", f"Write a project that runs into a folder: {', '.join(_NAMES)}. No file is overwritten."
    )
    options.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="default: this one")
    return options


def run(arguments: Sequence[str]) -> int:
    folder = Path(parser().parse_args(arguments).folder)
    there = [name for name in _NAMES if (folder / name).exists()]
    if there:
        raise ConfigurationError("folder", f"has {', '.join(there)} already: name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name in _NAMES:
        text = (files("backstage") / "samples" / "starter" / f"{name}.in").read_text("utf-8")
        (folder / name).write_text(text, "utf-8")
    into = "" if folder == Path() else f"  cd {printable(str(folder))}\n"
    print(f"Wrote {', '.join(_NAMES)}. Next:\n\n{into}  python -m pytest\n  backstage dev\n  python enqueue.py")
    return DONE
