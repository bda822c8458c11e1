"""The `backstage` command: finds the command's module, and turns errors into one line and an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import TextIO

from backstage.cli.command_parser import DONE, INTERRUPTED, REFUSED, WRONG_USAGE, WrongUsageError
from backstage.cli.commands import COMMANDS, overview
from backstage.domain.errors import ConfigurationError, TaskError
from backstage.infra.printable import printable
from backstage.infra.redact_url import redact_text
from backstage.infra.release import release
from backstage.infra.typed_option import as_typed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 when it is done, 1 when it was refused or failed, 2 for wrong usage."""
    if arguments is None:
        atexit.register(gc.freeze)  # the process ends: to look for cycles in all that was loaded takes a tenth of it
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        _escape_what_it_cannot_encode(stream)
    try:
        code = _run(arguments)
        print(end="", flush=True)  # not sys.stdout.flush(): there is none where the caller closed it
    except WrongUsageError as error:
        return _say(error, WRONG_USAGE)
    except ConfigurationError as error:
        return _say(as_typed(error, arguments), WRONG_USAGE)
    except TaskError as error:
        return _say(error, REFUSED)
    except BrokenPipeError:
        _forget_output()
        return REFUSED
    except OSError as error:
        _forget_output()
        return _say(error, REFUSED)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    return code


def _run(arguments: list[str]) -> int:
    match arguments:
        case []:
            raise WrongUsageError("name a command (see backstage --help)")
        case ["-h" | "--help" | "help", *_]:
            print(overview())
            return DONE
        case ["--version"]:
            return _version()
        case [name, *rest] if name in COMMANDS:
            return _run_command(name, rest)
        case ["--url", url, name, *rest] if name in COMMANDS:
            return _run_command(name, ["--url", url, *rest])
        case [name, *_]:
            raise WrongUsageError(_unknown(name))
    raise AssertionError(arguments)


def _run_command(name: str, arguments: list[str]) -> int:
    module = import_module(f"backstage.cli.{COMMANDS[name].module}")
    try:
        code: int = module.run(arguments)
    except SystemExit as end:  # how argparse ends after --help
        return int(end.code or DONE)
    return code


def _version() -> int:
    print(f"backstage {release()}")
    return DONE


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - seldom needed

    if name.startswith("-"):
        return f"{name!r} must follow the command: write backstage COMMAND [options]"
    near = get_close_matches(name, COMMANDS, 1)
    return f"there is no command {name!r}{f': did you mean {near[0]!r}?' if near else ''} (see backstage --help)"


def _say(problem: object, code: int) -> int:
    with suppress(OSError):
        print(f"backstage: {printable(redact_text(str(problem)))}", file=sys.stderr)
    return code


def _escape_what_it_cannot_encode(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _forget_output() -> None:
    """Keep the interpreter from complaining, when it ends, about output that nobody takes."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    raise SystemExit(main())
