"""Each script, with the pieces it says it needs, is Lua that names nothing it does not have."""

from __future__ import annotations

import pytest

from backstage.infra.redis.scripts import Script, all_scripts
from tests.sources.lua_globals import globals_of

GIVEN = {
    *("redis", "KEYS", "ARGV", "cjson", "cmsgpack", "struct", "bit", "math", "string", "table", "assert", "error"),
    *("ipairs", "next", "pairs", "pcall", "select", "setmetatable", "tonumber", "tostring", "type", "unpack"),
}
"""What the server gives to a script, and what of it we use."""


@pytest.mark.parametrize("script", all_scripts(), ids=lambda script: script.name)
def test_a_script_reads_only_what_it_defines_or_is_given(script: Script) -> None:
    used = globals_of(script.text, script.name)
    assert used.read - GIVEN == set(), "a piece is missing in the line `-- needs:`, or a name is misspelt"
    assert used.written == set(), "`local` is missing: the server refuses globals"


def test_a_misspelt_name_and_a_forgotten_local_are_seen() -> None:
    used = globals_of("local function f() total = ARGV[1] + cout end return f", "wrong")
    assert (used.read, used.written) == ({"ARGV", "cout"}, {"total"})


def test_what_is_not_lua_is_refused_with_its_line() -> None:
    with pytest.raises(SyntaxError, match="wrong:2"):
        globals_of("local a = 1\nlocal b = = 2", "wrong")
