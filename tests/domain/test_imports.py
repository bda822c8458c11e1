"""What the domain needs that is not Python's own."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import backstage.domain
from tests.python_source import parsed

DOMAIN = Path(backstage.domain.__file__).parent


def imported_by(file: Path) -> set[str]:
    """The modules and the names from them, with dots."""
    names: set[str] = set()
    for node in ast.walk(parsed(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{each.name}" for each in node.names}
    return names


def test_the_domain_needs_croniter_and_structs_beside_the_standard_library_and_its_backports() -> None:
    names = set().union(*map(imported_by, DOMAIN.rglob("*.py")))
    foreign = {name for name in names if name.split(".")[0] not in {*sys.stdlib_module_names, "backstage"}}
    assert {name for name in foreign if not name.startswith("croniter")} <= {
        "msgspec.Struct",
        "msgspec.field",
        "msgspec.json.Decoder",
        "msgspec.json.Encoder",
        "msgspec.structs.replace",
        "typing_extensions",
    }
