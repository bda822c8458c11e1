"""What the options of `backstage worker` mean."""

from __future__ import annotations

import argparse

from backstage.worker.command.command import add_options


def test_names_may_be_given_with_commas_or_by_several_options() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    given = parser.parse_args(["--handlers", "tasks", "--handlers", "slow", "--queues", "a,b", "--queues", "c"])
    assert (given.handlers, given.queues, given.types) == ("tasks,slow", "a,b,c", None)
