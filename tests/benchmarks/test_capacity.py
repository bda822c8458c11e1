"""That the capacity page's loads run and its tables can be written; on so few tasks, nothing about speed."""

from __future__ import annotations

import importlib.util
import math

import pytest

from benchmarks.capacity.table import MeasuredTable
from benchmarks.capacity.tables import TABLES
from benchmarks.goals.running import Made
from benchmarks.loads import LOADS
from benchmarks.one_measurement import measured
from benchmarks.scene import Scene
from benchmarks.systems import SYSTEMS

_NUMBERS = {
    **dict.fromkeys(("tasks_per_s", "capacity_per_s", "largest_share", "of_alone"), 2.0),
    **dict.fromkeys(("idle_connections", "working_connections"), 2.0),
    **{f"{name}_ms_at_{share}": 2.0 for name in ("p50", "p99", "p999") for share in ("50%", "80%")},
}


@pytest.mark.parametrize("load", LOADS)
async def test_each_load_is_drained(load: str) -> None:
    numbers = await measured("load", Scene(system="memory", url="memory://", tasks=20, load=load))
    assert all(map(math.isfinite, numbers.values()))


async def test_an_open_load_counts_from_the_moments_that_were_meant(tmp_path: object) -> None:
    scene = Scene(system="sqlite", url=f"sqlite:///{tmp_path}/store.db", tasks=20, seconds=0.2)
    numbers = await measured("open_load", scene)
    assert numbers["p50_ms_at_50%"] <= numbers["p999_ms_at_50%"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_a_cell_for_each_measurement(table: MeasuredTable) -> None:
    part = table.part()
    for side in part.sides:
        assert side.system in SYSTEMS
        assert importlib.util.find_spec(f"benchmarks.measurements.{side.measurement}")
    text = table.markdown(Made(part, {side.name: [_NUMBERS] for side in part.sides}))
    assert text.startswith(f"## {table.title}")
    assert text.count("\n| ") == len(table.rows) + 1
