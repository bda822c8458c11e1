from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import import_module

from backstage.cli.command_parser import DONE, KNOWN, CommandParser
from backstage.cli.commands import COMMANDS

_IDS_TOLD = 50


def parser() -> CommandParser:
    options = CommandParser(
        "completion",
        'Print a completion script. bash: eval "$(backstage completion bash)"; zsh, after compinit: '
        'eval "$(backstage completion zsh)"; fish: backstage completion fish | source. The names of queues and types '
        "and the newest ids are those of the store.",
    )
    options.add_argument("shell", metavar="{bash,zsh,fish}", nargs="?", choices=("bash", "zsh", "fish"))
    options.add_argument(
        "--known", choices=("queues", "types", "ids", "terms"), help="print names that the store knows"
    )
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    if options.known is not None:
        print("\n".join(asyncio.run(_names(options.url, options.known))))
    elif options.shell is None:
        known.error("name a shell: bash, zsh or fish")
    else:
        print({"bash": _bash, "zsh": _zsh, "fish": _fish}[options.shell]())
    return DONE


async def _names(url: str | None, kind: str) -> list[str]:
    from backstage.cli.store import existing_store  # noqa: PLC0415 - a script needs no store

    async with existing_store(url) as store:
        if kind == "ids":
            page = await store.search_tasks("", _IDS_TOLD)
            return [task.id for task in page.tasks]
        names = await store.get_known_names()
        if kind == "terms":
            return [
                *_terms(),
                *(f"queue:{each}" for each in sorted(names.queues)),
                *(f"type:{each}" for each in sorted(names.types)),
            ]
        return sorted(names.queues if kind == "queues" else names.types)


def _terms() -> list[str]:
    """Every filter, and `state` with its words."""
    from backstage.domain.search_filters import FILTERS  # noqa: PLC0415 - as above
    from backstage.domain.shown_state import STATE_WORDS  # noqa: PLC0415

    return [*(f"{name}:" for name in FILTERS if name != "state"), *(f"state:{word}" for word in STATE_WORDS)]


def _parsers() -> dict[str, CommandParser]:
    """Of each command but the worker, whose options are its own."""
    modules = {name: import_module(f"backstage.cli.{command.module}") for name, command in COMMANDS.items()}
    return {name: module.parser() for name, module in modules.items() if name != "worker"}


def _options(options: CommandParser) -> list[str]:
    return [option for option in options.options if option.startswith("--")]


def _words(values: str) -> str:
    """As the text within a shell's double quotes."""
    if not values.startswith(KNOWN):
        return values
    return f"$(backstage completion --known {values.removeprefix(KNOWN)} 2>/dev/null)"


def _cases(parsers: dict[str, CommandParser]) -> list[str]:
    """Patterns of a shell's `case`, with the words that each stands for; the option's own before its command's."""
    cases = []
    for name, options in parsers.items():
        for after, values in options.values.items():
            if after:
                cases.append(f'    "{name} {after}") offered="{_words(values)}" ;;')
        words = " ".join(_options(options))
        own = f" {_words(options.values[''])}" if "" in options.values else ""
        cases.append(f'    "{name} "*) offered="{words}{own}" ;;')
    return cases


def _bash() -> str:
    cases = "\n".join(_cases(_parsers()))
    return f"""_backstage() {{
  local offered line="${{COMP_LINE:0:COMP_POINT}}" typed before
  typed="${{line##* }}"
  before=(${{line%"$typed"}})
  case "${{before[1]}} ${{before[${{#before[@]}}-1]}}" in
{cases}
  esac
  [ "${{#before[@]}}" -le 1 ] && offered="{" ".join(COMMANDS)} --help --version"
  COMPREPLY=($(compgen -W "$offered" -- "$typed"))
  case "$COMP_WORDBREAKS" in *:*) COMPREPLY=("${{COMPREPLY[@]#"${{typed%"${{typed##*:}}"}}"}}") ;; esac
}}
complete -o default -F _backstage backstage"""


def _zsh() -> str:
    commands = "\n".join(f"    '{name}:{_quoted(command.summary)}'" for name, command in COMMANDS.items())
    cases = "\n".join(_cases(_parsers()))
    return f"""_backstage() {{
  local -a commands
  local offered=""
  commands=(
{commands}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2] $words[CURRENT-1]" in
{cases}
  esac
  compadd -- ${{=offered}}
}}
compdef _backstage backstage"""


def _fish() -> str:
    lines = ["complete -c backstage -f"]
    for name, command in COMMANDS.items():
        summary = _quoted(command.summary)
        lines.append(f"complete -c backstage -n __fish_use_subcommand -a {name} -d '{summary}'")
    for name, options in _parsers().items():
        begin = f"complete -c backstage -n '__fish_seen_subcommand_from {name}'"
        for option in _options(options):
            values = options.values.get(option)
            lines.append(f"{begin} -l {option[2:]}" + ("" if values is None else f" -x -a '{_fish_words(values)}'"))
        if "" in options.values:
            lines.append(f"{begin} -a '{_fish_words(options.values[''])}'")
    return "\n".join(lines)


def _fish_words(values: str) -> str:
    return _words(values).removeprefix("$") if values.startswith(KNOWN) else values


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''")
