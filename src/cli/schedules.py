"""`backstage schedules ACTION …`: finds the action; each has options of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from backstage.cli.command_parser import CommandParser, WrongUsageError

ACTIONS = {
    "list": "schedules_reading",
    "show": "schedules_reading",
    "next": "schedules_preview",
    "add": "schedules_defining",
    "edit": "schedules_defining",
    "pause": "schedules_steering",
    "resume": "schedules_steering",
    "run": "schedules_steering",
    "delete": "schedules_steering",
}
_EXPLAINED = """actions:
  list                   every schedule with its next tick
  show NAME              one schedule with its next ticks
  next EXPR              show when an expression ticks, also where clocks change; needs no store
  add EXPR TYPE [JSON]   store a schedule
  edit NAME              change what is given, and nothing else
  pause NAME, resume NAME
  run NAME               enqueue its task once more, now, and print its id
  delete NAME

backstage schedules ACTION --help explains an action."""


def parser() -> CommandParser:
    options = CommandParser("schedules", "Show, change and preview schedules.", epilog=_EXPLAINED)
    options.add_argument("action", choices=tuple(ACTIONS), metavar="ACTION")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    match list(arguments):
        case [action, *rest] if action in ACTIONS:
            return _action(action)(rest)
        case ["--url", url, action, *rest] if action in ACTIONS:
            return _action(action)(["--url", url, *rest])
        case _:
            parser().parse_args(arguments)  # explains itself, or says what is wrong
            raise WrongUsageError(
                "schedules: write the action first and its options after it (see backstage schedules --help)"
            )


def _action(name: str) -> Callable[[Sequence[str]], int]:
    action: Callable[[Sequence[str]], int] = getattr(import_module(f"backstage.cli.{ACTIONS[name]}"), f"run_{name}")
    return action
