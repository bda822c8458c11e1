"""What libraries load without need is not loaded, and whoever wants it has it all the same."""

from __future__ import annotations

import subprocess
import sys

from backstage.infra.stand_ins import standing_in

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


METRICS = """
import sys
from backstage.infra.backends import backend_for
backend_for("redis://localhost:1/0")
assert "redis" in sys.modules and "opentelemetry.sdk.metrics" not in sys.modules
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
metrics.set_meter_provider(MeterProvider())
from redis.observability import OTelConfig, get_observability_instance
get_observability_instance().init(OTelConfig())
assert get_observability_instance().get_provider_manager().get_meter_provider() is metrics.get_meter_provider()
"""


def run(between: str, script: str = SCRIPT) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", script, between], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr


def test_a_logger_loads_no_rich_and_the_library_shows_tracebacks_with_it_when_it_is_asked_to() -> None:
    run("")


def test_rich_can_be_imported_before_the_library_uses_it() -> None:
    run("import rich.traceback; assert isinstance(rich.traceback.Traceback, type)")


def test_the_driver_of_redis_loads_no_metrics_and_has_them_when_it_is_asked_to() -> None:
    run("", METRICS)


def test_what_is_not_installed_is_not_stood_in_for() -> None:
    with standing_in("nobody", "nothing.that.exists"):
        assert "nothing.that.exists" not in sys.modules
