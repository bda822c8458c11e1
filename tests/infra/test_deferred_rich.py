"""A logger of ours loads no rich, and whoever wants it has it all the same."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import io, sys
from backstage.infra.structured_logging import new_logger
new_logger(stream=io.StringIO()).info("a")
assert not [name for name in sys.modules if name.partition(".")[0] == "rich"]
import structlog
out = io.StringIO()
theirs = structlog.wrap_logger(structlog.PrintLogger(out), processors=[structlog.dev.ConsoleRenderer(colors=False)])
exec(sys.argv[1])
try:
    1 / 0
except ZeroDivisionError:
    theirs.info("failed", exc_info=sys.exc_info())
shown = out.getvalue()
assert "ZeroDivisionError: division by zero" in shown and "╭" in shown, shown
import rich.console
assert sys.modules["rich.console"].Console(file=out).width and rich.__file__
structlog.tracebacks.extract(ValueError, ValueError(1), None, show_locals=True)
assert structlog.tracebacks.to_repr({"a": [1]}, max_length=3) == "{'a': [1]}"
"""


def run(between: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, between], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr


def test_a_logger_loads_no_rich_and_the_library_shows_tracebacks_with_it_when_it_is_asked_to() -> None:
    run("")


def test_rich_can_be_imported_before_the_library_uses_it() -> None:
    run("import rich.traceback; assert isinstance(rich.traceback.Traceback, type)")
