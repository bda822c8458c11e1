"""That keys.py lists each key and each counter that the scripts and the adapter's Python use, and no other."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from backstage.domain.task_state import FINAL_STATES
from backstage.infra.redis import keys
from backstage.infra.redis.rows import STATES

REDIS = Path(str(files("backstage.infra.redis")))
_LISTED = re.compile(r"^    ([a-z-]+)(?::<\w+>)* +(?:hash|zset|set|stream|string) ", re.MULTILINE)
_COUNTERS = re.compile(r"^    ([A-Za-z](?:, [A-Za-z])*) +\w", re.MULTILINE)
_IN_LUA = re.compile(r"(?:KEYS\[1\]|\bstore) \.\. ':([a-z-]+)")
_IN_PYTHON = re.compile(r"\{(?:self\.store|[\w.]+\.keys\.queue\(\w+\)|keys\.queue\(\w+\))\}:([a-z]+)")
_COUNTED = re.compile(r"count(?:ed)?\('(\w)'")


def text(*suffixes: str) -> str:
    return "\n".join(file.read_text("utf-8") for suffix in suffixes for file in sorted(REDIS.rglob(f"*.{suffix}")))


def test_each_key_that_is_used_is_listed_with_its_type() -> None:
    used = {*_IN_LUA.findall(text("lua")), *_IN_PYTHON.findall(text("py"))} - {"wake"}  # a channel
    assert {*_LISTED.findall(str(keys.__doc__))} == used


def test_each_counter_that_is_used_is_listed() -> None:
    _, _, listed = str(keys.__doc__).partition("Counters")
    listed, _, _ = listed.partition("Of the store")
    named = {letter for each in _COUNTERS.findall(listed) for letter in each.split(", ")}
    pruned = {letter.upper() for letter, state in STATES.items() if state in FINAL_STATES}
    assert named == {*_COUNTED.findall(text("lua")), *STATES} | pruned
