from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.commands import COMMANDS


def parser() -> CommandParser:
    options = CommandParser(
        "completion",
        'Print a completion script. bash: eval "$(backstage completion bash)"; zsh, after compinit: '
        'eval "$(backstage completion zsh)"; fish: backstage completion fish | source.',
    )
    options.add_argument("shell", metavar="{bash,zsh,fish}", choices=("bash", "zsh", "fish"))
    return options


def run(arguments: Sequence[str]) -> int:
    shell = parser().parse_args(arguments).shell
    print({"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]())
    return DONE


def _options() -> dict[str, list[str]]:
    """The long options of each command; the worker's are its own, see there."""
    modules = {name: import_module(f"backstage.cli.{command.module}") for name, command in COMMANDS.items()}
    return {
        name: [option for option in module.parser().options if option.startswith("--")] if name != "worker" else []
        for name, module in modules.items()
    }


def _bash() -> str:
    cases = "\n".join(f'    {name}) words="{" ".join(options)}" ;;' for name, options in _options().items())
    return f"""_backstage() {{
  local words
  case "${{COMP_WORDS[1]}}" in
{cases}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="{" ".join(COMMANDS)} --help --version"
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _backstage backstage"""


def _zsh() -> str:
    commands = "\n".join(f"    '{name}:{_quoted(command.summary)}'" for name, command in COMMANDS.items())
    cases = "\n".join(f"    {name}) compadd -- {' '.join(options)} ;;" for name, options in _options().items())
    return f"""_backstage() {{
  local -a commands
  commands=(
{commands}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
{cases}
  esac
}}
compdef _backstage backstage"""


def _fish() -> str:
    lines = ["complete -c backstage -f"]
    for name, command in COMMANDS.items():
        summary = _quoted(command.summary)
        lines.append(f"complete -c backstage -n __fish_use_subcommand -a {name} -d '{summary}'")
    for name, options in _options().items():
        lines += [f"complete -c backstage -n '__fish_seen_subcommand_from {name}' -l {each[2:]}" for each in options]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''")
