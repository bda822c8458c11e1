"""What `pause` and `resume` name: a queue, or with --type a task type."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from backstage.cli.command_parser import CommandParser
from backstage.domain.limits import check_name
from backstage.domain.ports.queue_control import QUEUE, TYPE


def queue_or_type_parser(command: str, description: str) -> CommandParser:
    options = CommandParser(command, description)
    options.add_argument("queue", nargs="?", metavar="QUEUE")
    options.add_argument("--type", metavar="TYPE", help="a task type instead of a queue")
    return options


def parse_queue_or_type(parser: CommandParser, arguments: Sequence[str]) -> tuple[Namespace, str, str]:
    """Return the options, the kind (QUEUE or TYPE) and the name. Raises WrongUsageError."""
    options = parser.parse_args(arguments)
    if (options.queue is None) == (options.type is None):
        parser.error("name either a QUEUE or a --type TYPE")
    kind, name = (TYPE, options.type) if options.queue is None else (QUEUE, options.queue)
    with parser.naming_options({QUEUE: "queue", TYPE: "type"}):
        check_name(kind, name)
    return options, kind, name
