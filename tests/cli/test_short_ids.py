from __future__ import annotations

from tests.cli.conftest import Cli, Store

FIRST, SECOND = "01940000-0000-7000-8000-00000000aaaa", "01940000-0000-7000-8000-00000000bbbb"


def test_a_task_is_named_by_the_last_or_first_characters_of_its_id(cli: Cli, store: Store) -> None:
    store.enqueue(id=FIRST)
    for part in ("0000aaaa", "00000000aaaa", "01940000", "01940000-0000-7"):
        assert FIRST in cli("show", part).out
        assert cli("explain", part).code == 0


def test_characters_that_several_ids_have_are_refused_with_the_ids(cli: Cli, store: Store) -> None:
    for id_ in (FIRST, SECOND):
        store.enqueue(id=id_)
    answer = cli("show", "01940000")
    assert answer.code == 1
    assert f"give more characters of one of {SECOND}, {FIRST}" in answer.err
    assert cli("cancel", "0000bbbb").out == f"{SECOND} cancelled\n"
    assert cli("retry", "0000bbbb", "01940000").out == f"{SECOND} pending\n"


def test_fewer_than_eight_characters_name_nothing(cli: Cli, store: Store) -> None:
    store.enqueue(id=FIRST)
    for part in ("00aaaa", "zzzzzzzz", "0000cccc"):
        answer = cli("show", part)
        assert (answer.code, answer.out) == (1, "")
        assert f"no task '{part}'" in answer.err
