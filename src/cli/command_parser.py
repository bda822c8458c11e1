"""What every command's options have in common."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.priority import Priority
from backstage.infra.terminal_width import terminal_width

DONE, REFUSED, WRONG_USAGE = 0, 1, 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
_DURATION = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>[smhd]?)")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


KNOWN = "known:"
"""Before `queues`, `types`, `ids`, or `terms` of a query: values that the store knows."""
_KNOWN_NAMES = {
    "queue": "queues",
    "queues": "queues",
    "type": "types",
    "types": "types",
    "id": "ids",
    "ids": "ids",
    "query": "terms",
}


class WrongUsageError(Exception):
    """The command line itself is wrong; the message is the one line that says so."""


class CommandParser(argparse.ArgumentParser):
    """Parses one command's options; every command has `--url`. Raises WrongUsageError where argparse would exit."""

    def __init__(self, command: str, description: str, *, epilog: str | None = None) -> None:
        self.options: list[str] = []
        """The names of the options, for completion."""
        self.values: dict[str, str] = {}
        """What may follow an option, or a command that takes names: words, or KNOWN and what they name."""
        self._typed: dict[str, str] = {}
        """What each value is called on the command line: `--queue`, `TYPE`."""
        formatter = argparse.HelpFormatter if epilog is None else argparse.RawDescriptionHelpFormatter
        super().__init__(
            prog=f"backstage {command}",
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=partial(formatter, width=terminal_width() - 2),  # else argparse loads shutil to find it
        )
        self.add_argument("--url", help="the store, e.g. sqlite:///backstage.db; default: BACKSTAGE_URL")

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        action = super().add_argument(*names, **settings)
        self.options += action.option_strings
        for name in action.option_strings or [""]:
            if action.choices is not None:
                self.values[name] = " ".join(map(str, action.choices))
            elif action.dest in _KNOWN_NAMES:
                self.values[name] = f"{KNOWN}{_KNOWN_NAMES[action.dest]}"
        self._typed[action.dest] = action.option_strings[0] if action.option_strings else str(action.metavar)
        return action

    def add_json(self) -> None:
        self.add_argument("--json", action="store_true", help="print JSON")

    def add_yes(self) -> None:
        self.add_argument("--yes", action="store_true", help="do not ask on a terminal whether to do it")

    @contextmanager
    def naming_options(self, called: Mapping[str, str] | None = None) -> Iterator[None]:
        """Raise WrongUsageError for an InvalidTaskDataError about values of this command line.

        It names each option as it was typed. `called` maps fields to the values that are called otherwise here.
        """
        try:
            yield
        except InvalidTaskDataError as error:
            typed = [self._typed_name(each.field, called or {}) for each in error.fields]
            if None in typed:
                raise
            self.error("; ".join(f"{name}: {each.message}" for name, each in zip(typed, error.fields, strict=True)))

    def _typed_name(self, field: str, called: Mapping[str, str]) -> str | None:
        """With the path inside the value, if there is one."""
        if field in called:
            return self._typed.get(called[field])
        place = re.split(r"[.\[]", field, maxsplit=1)[0]
        typed = self._typed.get(called.get(place, place))
        return None if typed is None else typed + field.removeprefix(place)

    def error(self, message: str) -> NoReturn:
        raise WrongUsageError(f"{self.prog.partition(' ')[2]}: {message} (see {self.prog} --help)")


def seconds(text: str) -> float:
    """Parse a duration in seconds; `90`, `90s`, `1.5m`, `2h` and `7d` are all possible."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration: write seconds, or 90s, 5m, 2h, 7d")
    return float(found["number"]) * _UNITS[found["unit"]]


def key_and_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def json_value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"is not JSON ({error}); a string needs quotes: '\"hello\"'") from None


def priority(text: str) -> int:
    """Parse a number, or the name of one: `urgent`, `default`, `low`."""
    if text.upper() in Priority.__members__:
        return Priority[text.upper()].value
    try:
        return int(text)
    except ValueError:
        names = ", ".join(Priority.__members__).lower()
        raise argparse.ArgumentTypeError(f"{text!r} is not a priority: write a whole number, or {names}") from None
