"""The command line of the worker: `backstage worker` and `python -m worker.run`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from types import ModuleType
from typing import Any

from backstage.domain.errors import ConfigurationError, ResourceFailedError, StorageError
from backstage.infra.container import Container
from backstage.infra.open_files import check_limit
from backstage.infra.settings.http_address import written
from backstage.infra.settings.settings import Settings
from backstage.infra.structured_logging import new_logger
from backstage.infra.terminal_width import terminal_width
from backstage.infra.typed_option import as_typed
from backstage.worker import log_events
from backstage.worker.command import cycle_collector
from backstage.worker.command.fleet import KILL_MARGIN, Fleet
from backstage.worker.command.repeated_names import RepeatedNames
from backstage.worker.command.service_manager import ServiceManager
from backstage.worker.handling.handler_modules import load_module, marked_in
from backstage.worker.hosting.bounded_exit import bound_exit, exit_at_once
from backstage.worker.hosting.fast_loop import new_event_loop
from backstage.worker.hosting.worker import Worker

DONE, FAILED, WRONG_USAGE = 0, 1, 2
INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None, *, program: str = "python -m worker.run") -> int:
    """Run the worker, or a fleet of them, until a signal or until idle; return the exit code.

    `program` is what `--help` calls it.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    options = vars(_parser(program).parse_args(arguments))
    try:
        settings = Settings.load(**options)
        check_limit()  # before an event loop is made, which needs some itself
        with _meant_by_handlers(settings.url):
            if settings.processes > 1:
                _refuse_memory(settings.url)
                cycle_collector.look_less_often()
                module = (sys.executable, "-m", "backstage.worker.run")
                return run_fleet(settings, [*module, *arguments, "--processes", "1"])
            return run_here(worker_of(settings))
    except ConfigurationError as error:
        print(f"backstage: {as_typed(error, arguments)}", file=sys.stderr)  # noqa: T201 - the command's own answer
        return WRONG_USAGE
    except (StorageError, ResourceFailedError) as error:
        print(f"backstage: {error}", file=sys.stderr)  # noqa: T201
        return FAILED


def _refuse_memory(url: str) -> None:
    if url.startswith("memory:"):
        raise ConfigurationError(
            "processes", "each would have its own memory:// store: name a store that they can share"
        )


@contextmanager
def _meant_by_handlers(url: str) -> Iterator[None]:
    """A Container that a handler opens without a URL has the worker's store, not that of the settings around it."""
    before = os.environ.get("BACKSTAGE_URL")
    os.environ["BACKSTAGE_URL"] = url
    try:
        yield
    finally:
        if before is None:
            del os.environ["BACKSTAGE_URL"]
        else:
            os.environ["BACKSTAGE_URL"] = before


def worker_of(settings: Settings) -> Worker:
    """The worker of the modules that the settings name. Raises ConfigurationError for one that cannot be loaded."""
    container = Container(settings)
    worker = Worker(container=container)
    if not settings.handlers:
        remedy = "name modules of handlers with --handlers: without them the worker has nothing to do"
        container.logger.warning(log_events.HANDLERS_MISSING, remedy=remedy)
    for name in settings.handlers:
        module = _loaded(name, container.logger)
        worker.include(module)
        if not marked_in(module):
            remedy = "mark its functions with backstage.handler: handlers of a Worker belong to that Worker only"
            container.logger.warning(log_events.HANDLERS_MISSING, module=name, remedy=remedy)
    return worker


def _loaded(name: str, logger: Any) -> ModuleType:
    try:
        return load_module(name)
    except ConfigurationError as error:
        logger.debug(log_events.HANDLERS_UNLOADABLE, module=name, exc_info=error.__cause__)
        raise


def run_here(worker: Worker) -> int:
    """Run it in this thread, on the fastest loop that there is, of a process that does nothing else; return the exit
    code. The process ends soon after that, whatever handlers left behind."""
    cycle_collector.look_less_often()
    code = FAILED
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        try:
            runner.run(_run(worker))
            code = DONE
        except ConfigurationError:
            code = WRONG_USAGE
            raise
        finally:
            bound_exit(code, worker.backstage.logger, runner.get_loop())
        if worker.is_stuck:
            exit_at_once(DONE)  # without waiting for its handlers: their tasks were given back already
    return code


async def _run(worker: Worker) -> None:
    address, stuck_after = worker.settings.http_addresses()[0], worker.settings.stuck_after
    async with AsyncExitStack() as beside:
        if (manager := ServiceManager.take_from(os.environ)) is not None:
            await beside.enter_async_context(manager.watching(worker, stuck_after))
        if address is not None:
            from backstage.worker.status.server import StatusServer  # noqa: PLC0415 - for those who want one

            await beside.enter_async_context(StatusServer(worker, *address, stuck_after=stuck_after))
        await worker.run()


def run_fleet(settings: Settings, command: Sequence[str]) -> int:
    """Run `settings.processes` processes of a command that is one worker; return the exit code."""
    logger = new_logger(level=settings.log_level, log_format=settings.log_format, silent=settings.silent)
    commands = [
        [*command] if address is None else [*command, "--http", written(*address)]
        for address in settings.http_addresses()
    ]
    manager = ServiceManager.take_from(os.environ)
    fleet = Fleet(commands, logger=logger, stop_within=settings.grace_period + KILL_MARGIN)
    if manager is not None:
        manager.tell("READY=1", f"STATUS={len(commands)} processes are kept running")
    return fleet.run()


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Claim tasks and run their handlers. Each option is also a setting: BACKSTAGE_URL, …",
        formatter_class=partial(argparse.HelpFormatter, width=terminal_width() - 2),
    )
    add_options(parser)
    return parser


def add_options(parser: argparse.ArgumentParser) -> None:
    """Each is named as a field of Settings, and None unless it is given."""
    parser.add_argument("--url", help="the store, e.g. sqlite:///backstage.db")
    parser.add_argument(
        "--handlers",
        action=RepeatedNames,
        metavar="MODULE,…",
        help="modules of handlers, e.g. shop.tasks,backstage.handlers.email",
    )
    parser.add_argument("--queues", action=RepeatedNames, metavar="NAME,…", help="serve only these queues")
    parser.add_argument(
        "--types", action=RepeatedNames, metavar="GLOB,…", help="serve only these task types, e.g. 'email:*'"
    )
    parser.add_argument("--concurrency", metavar="N", help="how many tasks run at once in each process")
    parser.add_argument("--processes", metavar="N", help="run a supervised fleet of N processes")
    parser.add_argument("--worker-id", metavar="NAME", help="shown in records and logs; default: host and process id")
    parser.add_argument(
        "--grace-period", metavar="SECONDS", help="how long running tasks may go on after a stop signal"
    )
    parser.add_argument("--lease", metavar="SECONDS", help="a dead worker's tasks are reclaimed after this time")
    parser.add_argument(
        "--http", metavar="HOST:PORT", help="serve /health and /metrics at this address, e.g. 127.0.0.1:9185"
    )
    parser.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning, error or critical")
    parser.add_argument("--log-format", metavar="FORMAT", help="auto, json or console")
    parser.add_argument(
        "--until-idle",
        action="store_const",
        const=True,
        help="exit with 0 when nothing is running, due, or waiting for a retry",
    )


if __name__ == "__main__":
    raise SystemExit(main())
