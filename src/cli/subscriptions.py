from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from backstage.cli.answer import print_json, print_text
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.confirming import confirm
from backstage.cli.store import existing_store, filled_store
from backstage.cli.table import print_table
from backstage.domain.stats import StateCounts
from backstage.domain.stored_subscription import StoredSubscription, UnreadableSubscription
from backstage.domain.subscription import Subscription
from backstage.infra.printable import printable

_COLUMNS = ("name", "events", "types", "queues", "waiting", "failed")
_NUMBERS = ("waiting", "failed")


def parser() -> CommandParser:
    options = CommandParser(
        "subscriptions",
        "List the durable subscriptions with their waiting and failed deliveries, or remove a subscription and cancel "
        "its waiting deliveries. A worker with a listener of that name subscribes again when it starts.",
    )
    options.add_argument("action", nargs="?", choices=("list", "remove"), default="list")
    options.add_argument("name", nargs="?", metavar="NAME", help="name of the subscription to remove")
    options.add_json()
    options.add_yes()
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    if (options.action == "remove") != (options.name is not None):
        known.error("remove needs the NAME of a subscription, and list takes no name")
    if options.action == "remove":
        confirm(f"Remove {printable(options.name)} and cancel its waiting deliveries?", is_confirmed=options.yes)
        cancelled = asyncio.run(_remove(options.url, options.name))
        print(f"{printable(options.name)} is removed; cancelled deliveries: {cancelled}")
        return DONE
    stored, by_type = asyncio.run(_all(options.url))
    subscriptions = [each for each in stored if isinstance(each, Subscription)]
    unreadable = [each for each in stored if isinstance(each, UnreadableSubscription)]
    if options.json:
        problems = [{"name": each.name, "problem": each.problem} for each in unreadable]
        print_json([*(_document(each, by_type) for each in subscriptions), *problems])
    else:
        rows = [_row(each, by_type) for each in subscriptions]
        print_table(_COLUMNS, rows, numbers=_NUMBERS, empty="no subscriptions")
        for each in unreadable:
            print_text(f"{each.name} cannot be read here ({each.problem}): remove it, or subscribe again")
    return DONE


async def _all(url: str | None) -> tuple[list[StoredSubscription], Mapping[str, StateCounts]]:
    async with existing_store(url) as store:
        return await store.backend.subscriptions.all(), (await store.get_task_stats()).by_type


async def _remove(url: str | None, name: str) -> int:
    async with filled_store(url) as store:
        return await store.unsubscribe(name)


def _document(subscription: Subscription, by_type: Mapping[str, StateCounts]) -> dict[str, object]:
    counts = by_type.get(subscription.delivery_type, StateCounts())
    return {
        "name": subscription.name,
        "events": list(subscription.events),
        "types": list(subscription.types),
        "queues": list(subscription.queues),
        "every_attempt": subscription.every_attempt,
        "waiting": counts.pending,
        "failed": counts.failed,
    }


def _row(subscription: Subscription, by_type: Mapping[str, StateCounts]) -> tuple[str, ...]:
    counts = by_type.get(subscription.delivery_type, StateCounts())
    events = ", ".join(event.partition(":")[2] for event in subscription.events)
    return (
        subscription.name,
        f"{events} (every attempt)" if subscription.every_attempt else events,
        ",".join(subscription.types) or "all",
        ",".join(subscription.queues) or "all",
        str(counts.pending),
        str(counts.failed),
    )
