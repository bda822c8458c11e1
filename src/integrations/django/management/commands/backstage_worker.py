from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backstage.domain.errors import ConfigurationError, StorageError
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings
from backstage.integrations.django.fresh_connections import include_with_fresh_connections
from backstage.integrations.django.project_settings import project_settings
from backstage.worker.command.command import FAILED, WRONG_USAGE, add_options, run_fleet, run_here
from backstage.worker.handling.handler_modules import load_module
from backstage.worker.hosting.worker import Worker


class Command(BaseCommand):
    help = "Claim tasks and run their handlers, in this project. An option wins over the setting BACKSTAGE."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_options(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        given = {name: value for name, value in options.items() if name in Settings.fields and value is not None}
        try:
            code = _run(Settings.load(**{**project_settings(), **given}))
        except ConfigurationError as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from error
        except StorageError as error:
            raise CommandError(str(error), returncode=FAILED) from error
        if code:
            sys.exit(code)


def _run(settings: Settings) -> int:
    if settings.processes > 1:
        return run_fleet(settings, [sys.executable, *sys.orig_argv[1:], "--processes", "1"])
    worker = Worker(container=Container(settings))
    for name in settings.handlers:
        include_with_fresh_connections(worker, load_module(name))
    return run_here(worker)
