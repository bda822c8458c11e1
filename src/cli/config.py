from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from backstage.cli.answer import print_json
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.table import print_table
from backstage.infra.printable import printable
from backstage.infra.settings.setting_origins import SettingOrigin, setting_origins
from backstage.infra.settings.settings import Settings
from backstage.infra.settings.unknown_settings import UnknownSetting


def parser() -> CommandParser:
    options = CommandParser(
        "config",
        "Show every setting, its value, and where the value comes from: argument, environment, .env, backstage.toml or "
        "default. Passwords are left out. Unknown settings are reported on stderr.",
    )
    options.add_argument("action", metavar="show", choices=("show",))
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    settings = Settings.load(url=options.url)
    origins = setting_origins(settings)
    if options.json:
        print_json(
            {
                "settings": [_setting_document(each) for each in origins],
                "unknown": [_unknown_document(each) for each in settings.unknown],
            }
        )
        return DONE
    _print_origins(origins)
    for unknown in settings.unknown:
        print(f"backstage: {printable(str(unknown))}", file=sys.stderr)
    return DONE


def _print_origins(origins: Sequence[SettingOrigin]) -> None:
    print_table(("setting", "value", "source"), [(each.name, each.text, str(each)) for each in origins])
    sys.stdout.flush()


def _setting_document(origin: SettingOrigin) -> dict[str, Any]:
    return {"name": origin.name, "value": origin.value, "source": origin.origin.value, "key": origin.key}


def _unknown_document(unknown: UnknownSetting) -> dict[str, Any]:
    return {"name": unknown.name, "place": unknown.place, "nearest": unknown.nearest}
