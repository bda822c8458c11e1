"""What lists, searches, endpoints and pages cost with a million finished tasks: `python -m benchmarks.pages`.

It fills a store, asks each question many times and prints the median and the 99th percentile of the time that the
answer took, in milliseconds. Endpoints and pages are asked in this process, without a network.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median, quantiles

from backstage import BulkAction, BulkKind, Container, TaskQuery, TaskState
from benchmarks.pages_filling import fill
from benchmarks.pages_served import served
from benchmarks.stores import Stores
from benchmarks.systems import SYSTEMS

GOAL, GOAL_OF_SLOWEST = 100.0, 250.0
"""Milliseconds, of the median and of the 99th percentile."""
Question = Callable[[Container], Awaitable[object]]


def _search(query: str) -> Question:
    return lambda backstage: backstage.search_tasks(query)


def _count(query: str) -> Question:
    return lambda backstage: backstage.count_tasks(query)


QUESTIONS: dict[str, Question] = {
    "find: newest": lambda backstage: backstage.find_tasks(TaskQuery()),
    "find: failed": lambda backstage: backstage.find_tasks(TaskQuery(states=frozenset({TaskState.FAILED}))),
    "stats": lambda backstage: backstage.get_task_stats(),
    "oldest due": lambda backstage: backstage.get_oldest_due(),
    "workers": lambda backstage: backstage.list_workers(),
    "search: everything": _search(""),
    "search: state:failed": _search("state:failed"),
    "search: state:scheduled": _search("state:scheduled"),
    "search: state:retrying, none is": _search("state:retrying"),
    "search: type:type-*": _search("type:type-*"),
    "search: queue and type": _search("queue:queue-3 type:type-3"),
    "search: tag": _search("tag:vip"),
    "search: tag, rare beside": _search("tag:vip state:pending"),
    "search: key": _search("key:customer-7"),
    "search: error, frequent": _search('state:failed error:"no such host"'),
    "search: error, none has it": _search("state:failed error:unheard"),
    "search: payload, frequent": _search("payload.flag:true"),
    "search: payload, one has it": _search("payload.user_id:777777"),
    "search: payload, a comparison": _search("payload.user_id:>99999999"),
    "search: attempts, none has so many": _search("attempts:>5"),
    "search: since, none is": _search("since:1s"),
    "search: id": _search("id:00000000"),
    "count: state:failed": _count("state:failed"),
    "count: tag": _count("tag:vip"),
    "count: error": _count('state:failed error:"no such host"'),
    "count: payload": _count("payload.flag:true"),
    "complete: queue:": lambda backstage: backstage.complete_query("queue:"),
    "complete: error:": lambda backstage: backstage.complete_query("error:"),
    "complete: payload.": lambda backstage: backstage.complete_query("payload."),
    "plan: retry state:failed": lambda backstage: backstage.plan_bulk(BulkAction(BulkKind.RETRY), "state:failed"),
    "failure groups": lambda backstage: backstage.list_failure_groups(),
    "history: an hour": lambda backstage: backstage.get_history(),
    "audit": lambda backstage: backstage.list_audit(),
    "schedules": lambda backstage: backstage.list_schedules(),
}


def main() -> None:
    options = _parser().parse_args()
    if options.url is not None:
        asyncio.run(_ask(options.url, options))
        return
    with Stores() as stores:
        for name in options.backend.split(","):
            with stores.new(SYSTEMS[name]) as url:
                print(f"\n{name}: {options.finished:,} finished and {options.pending:,} pending tasks", flush=True)
                asyncio.run(_measure(url, options))


async def _measure(url: str, options: argparse.Namespace) -> None:
    begun = time.perf_counter()
    await fill(url, options.finished, options.pending)
    print(f"filled in {time.perf_counter() - begun:.0f} s", flush=True)
    await _ask(url, options)


async def _ask(url: str, options: argparse.Namespace) -> None:
    async with Container.open(url) as backstage:
        questions = {name: partial(question, backstage) for name, question in QUESTIONS.items()}
        async with served(backstage) as requests:
            for name, question in {**questions, **requests}.items():
                if options.only in name:
                    print(_line(name, await _times(question, options.times)), flush=True)


async def _times(question: Callable[[], Awaitable[object]], number: int) -> list[float]:
    await question()
    times = []
    for _ in range(number):
        begun = time.perf_counter()
        await question()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def _line(name: str, times: list[float]) -> str:
    middle, slow = median(times), quantiles(times, n=100)[98] if len(times) > 1 else times[0]
    mark = "" if middle <= GOAL and slow <= GOAL_OF_SLOWEST else "  over the goal"
    return f"{name:44}{middle:9.1f}{slow:9.1f}{mark}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages", description="Measure lists, searches and pages."
    )
    parser.add_argument("--backend", default="sqlite,postgresql,redis", metavar="NAME,…", help="default: %(default)s")
    parser.add_argument("--finished", type=int, default=1_000_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--pending", type=int, default=100_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--times", type=int, default=30, metavar="N", help="ask so often; default: %(default)s")
    parser.add_argument("--url", help="measure this store as it is, and fill none")
    parser.add_argument("--only", default="", metavar="TEXT", help="questions with that text in their name")
    return parser


if __name__ == "__main__":
    main()
