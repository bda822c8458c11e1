"""The console script itself, in processes of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Store

SCRIPT = str(Path(sys.executable).with_name("backstage"))
HEAVY = [
    *("dependency_injector", "structlog", "pydantic", "pydantic_settings", "rich", "cyclopts", "blinker", "uvloop"),
    *("croniter", "httpx"),
]
LOADED = """
import json, sys
from backstage.cli.main import main
code = main(sys.argv[1:])
print(json.dumps([code, [name for name in {heavy!r} if name in sys.modules]]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("stats",),
        ("stats", "--json"),
        ("enqueue", "a", "1"),
        ("list",),
        ("list", "--json"),
        ("queues",),
    ],
)
def test_light_commands_load_no_heavy_library(arguments: tuple[str, ...]) -> None:
    program = [sys.executable, "-c", LOADED.format(heavy=HEAVY), *arguments]
    ended = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(ended.stderr.splitlines()[-1]) == [0, []]


def test_options_are_parsed_without_what_only_help_needs() -> None:
    program = [sys.executable, "-c", LOADED.format(heavy=["shutil"]), "stats"]
    ended = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(ended.stderr.splitlines()[-1]) == [0, []]


def test_help_loads_no_store_and_no_event_loop() -> None:
    program = [
        sys.executable,
        "-c",
        LOADED.format(heavy=["asyncio", "sqlite3", "dataclasses", "inspect", "backstage.infra.backends"]),
        "--help",
    ]
    ended = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(ended.stderr) == [0, []]


def test_importing_the_worker_loads_no_library_that_only_a_worker_needs() -> None:
    heavy = [
        "dependency_injector",
        "structlog",
        "pydantic",
        "pydantic_settings",
        "rich",
        "croniter",
        "uvicorn",
        "httpx",
    ]
    program = f"import sys; from backstage import Worker; print([name for name in {heavy!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "[]\n"


def test_the_console_script_enqueues_and_shows() -> None:
    task_id = subprocess.run(
        [SCRIPT, "enqueue", "a", '{"n": 1}'], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()
    shown = subprocess.run(
        [SCRIPT, "show", task_id, "--json"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert json.loads(shown)["payload"] == {"n": 1}


def test_the_worker_gets_its_own_options(store: Store, folder: Path) -> None:
    (folder / "shop.py").write_text(
        "from backstage import handler\n\n@handler('a')\nasync def a(payload: int) -> int:\n    return payload + 1\n"
    )
    task_id = store.enqueue("a", 1)
    command = [SCRIPT, "worker", "--handlers", "shop", "--until-idle"]
    subprocess.run(command, check=True, timeout=60, capture_output=True, cwd=folder)
    assert store.task(task_id).result == 2


def test_wrong_options_of_the_worker_end_with_2(cli: Cli) -> None:
    assert cli("worker", "--concurrency", "many").code == 2
    assert cli("worker", "--colour").code == 2


def test_a_reader_that_leaves_is_no_reason_to_complain(store: Store) -> None:
    for _ in range(3):
        store.enqueue()
    for arguments in (["list"], ["stats"], ["--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        ended = subprocess.run([SCRIPT, *arguments], stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60)
        os.close(writing)
        assert (ended.returncode, ended.stderr) == (1, b"")


def test_an_answer_that_cannot_be_written_is_a_failure() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run([SCRIPT, "--version"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith(b"backstage: ")
    assert ended.stderr.count(b"\n") == 1


def test_a_closed_standard_input_is_not_read() -> None:
    ended = subprocess.run(
        ["/bin/sh", "-c", '"$0" enqueue - <&-', SCRIPT], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "standard input is closed" in ended.stderr


def test_a_terminal_gets_a_table_of_its_width(store: Store) -> None:
    task_id = store.fail(ValueError("so long an error that it does not fit " * 9))
    out = on_terminal([SCRIPT, "list"], os.environ | {"TERM": "xterm-256color", "COLUMNS": "120"})
    head, row = re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines()
    assert head.split()[-1] == "error"
    assert row.startswith(task_id)
    assert row.rstrip().endswith("…")
    assert len(row) <= 120


def test_a_bar_on_the_terminal_shows_how_many_were_stored(folder: Path) -> None:
    lines = folder / "lines"
    lines.write_text('{"type": "a", "payload": 1}\n' * 3)
    command = ["/bin/sh", "-c", f'"{SCRIPT}" enqueue - --quiet < {lines} > {folder / "answer"}']
    assert "3 tasks stored" in on_terminal(command, os.environ | {"TERM": "xterm-256color"})
    assert (folder / "answer").read_text() == "3\n"


def test_an_interrupt_ends_the_wait_for_lines() -> None:
    with subprocess.Popen(
        [SCRIPT, "enqueue", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write('{"type": "a", "payload": 1}\n')
        process.stdin.flush()
        assert len(process.stdout.readline()) == 37
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert (
            process.stderr.read() == "backstage: interrupted; stored 1 task from lines 1 to 1, and nothing after that\n"
        )


@pytest.mark.parametrize("option", [(), ("--quiet",)])
def test_an_interrupt_in_the_middle_of_many_lines_says_what_is_stored(
    store: Store, folder: Path, option: tuple[str, ...]
) -> None:
    ids, problems = folder / "ids", folder / "problems"
    with ids.open("w") as out, problems.open("w") as err:
        command = [SCRIPT, "enqueue", "-", *option]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err, text=True) as process:
            assert process.stdin
            with contextlib.suppress(BrokenPipeError):
                for number in range(200_000):
                    process.stdin.write(f'{{"type": "a", "payload": {number}}}\n')
                    if number == 10_000:
                        process.send_signal(signal.SIGINT)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            assert process.wait(timeout=60) == 130
    stored = store.count()
    assert problems.read_text() == f"backstage: interrupted; {said(stored)}\n"
    assert ids.read_text().count("\n") == (0 if option else stored)


def said(stored: int) -> str:
    return f"stored {stored} tasks from lines 1 to {stored}, and nothing after that" if stored else "nothing was stored"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_names_commands_and_options(cli: Cli, shell: str) -> None:
    script = cli("completion", shell).out
    assert "enqueue" in script
    assert "dedupe-key" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True, timeout=60)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("backstage st", "stats"),
        ("backstage list --lim", "--limit"),
        ("backstage list --state fa", "failed"),
        ("backstage pause ma", "mail"),
        ("backstage list state:re", "retrying"),
        ("backstage list attempts:>2 queue:m", "mail"),
        ("backstage list --queue ma", "mail"),
        ("backstage list --type email:s", "send"),  # what follows the colon, for bash breaks words there
    ],
)
def test_bash_completes_commands_options_and_what_the_store_knows(
    cli: Cli, store: Store, line: str, wanted: str
) -> None:
    store.enqueue("email:send", queue="mail")
    script = cli("completion", "bash").out
    asked = f'COMP_LINE="{line}"; COMP_POINT={len(line)}; _backstage; echo "${{COMPREPLY[@]}}"'
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-c", f"{script}\n{asked}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PATH": path},
    )
    assert ended.stdout.strip() == wanted


def on_terminal(command: list[str], env: dict[str, str]) -> str:
    """Run it with a terminal as standard output and error; return what it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    written = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while chunk := terminal.read(65_536):
                written += chunk
        except OSError:  # how Linux says that nobody holds the other end any more
            pass
    assert process.wait(timeout=60) == 0, written
    return written.decode()
