from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from backstage.cli.answer import iso, print_json, print_text
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import existing_store
from backstage.domain.explanation import Explanation, QueueExplanation, Reason
from backstage.domain.time_texts import moment


def parser() -> CommandParser:
    options = CommandParser("explain", "Say why a task does not run yet, or with --queue why a queue stands still.")
    options.add_argument("id", nargs="?", metavar="ID")
    options.add_argument("--queue", metavar="QUEUE", help="a queue instead of a task")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    if (options.id is None) == (options.queue is None):
        known.error("name either the ID of a task or a --queue QUEUE")
    with known.naming_options():
        explanation = asyncio.run(_explained(options.url, options.id, options.queue))
    if options.json:
        print_json(_document(explanation))
    else:
        print_text("\n".join(lines_of(explanation)))
    return DONE


async def _explained(url: str | None, task_id: str, queue: str | None) -> Explanation | QueueExplanation:
    async with existing_store(url) as store:
        if queue is not None:
            return await store.explain_queue(queue)
        return await store.explain(await store.find_task_id(task_id))


def lines_of(explanation: Explanation | QueueExplanation) -> list[str]:
    """The reasons, numbered where there are several, and the estimate."""
    lines = [reason.sentence for reason in explanation.reasons]
    if len(lines) > 1:
        lines = [f"{number}. {line}" for number, line in enumerate(lines, 1)]
    if isinstance(explanation, Explanation) and explanation.estimate is not None:
        between = f"{moment(explanation.estimate.earliest)} and {moment(explanation.estimate.latest)}"
        lines.append(f"It will probably be claimed between {between}.")
    return lines


def _document(explanation: Explanation | QueueExplanation) -> dict[str, Any]:
    about: dict[str, Any]
    if isinstance(explanation, QueueExplanation):
        about = {"queue": explanation.queue, "is_moving": explanation.is_moving}
    else:
        about = {"task": explanation.task_id, "state": explanation.state.value}
    document = {
        **about,
        "sentence": explanation.sentence,
        "reasons": [reason_document(reason) for reason in explanation.reasons],
    }
    if isinstance(explanation, Explanation):
        estimate = explanation.estimate
        document["estimate"] = estimate and {"earliest": iso(estimate.earliest), "latest": iso(estimate.latest)}
    return document


def reason_document(reason: Reason) -> dict[str, Any]:
    return {
        "kind": reason.kind.value,
        "sentence": reason.sentence,
        "since": reason.since and iso(reason.since),
        "until": reason.until and iso(reason.until),
        "details": dict(reason.details),
    }
