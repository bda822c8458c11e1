"""Every command, by name: where it is, and what it does in a few words. Nothing is imported to know that."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """`module` lies in this folder and has `run(arguments) -> exit code` and, but for the worker, `parser()`."""

    module: str
    summary: str


COMMANDS = {
    "enqueue": Command("enqueue", "store a task, or with - one per line of standard input"),
    "list": Command("list_tasks", "list tasks, newest first"),
    "show": Command("show", "show a task with its attempts"),
    "explain": Command("explain", "say why a task does not run yet, or why a queue stands still"),
    "stats": Command("stats", "count tasks by state"),
    "queues": Command("queues", "count tasks by queue, with their waiting time and pauses"),
    "history": Command("history", "show what ran and what failed, also of tasks that are gone"),
    "top": Command("top", "watch queues, workers and running tasks"),
    "events": Command("events", "tell what happens to tasks, with -f as it happens"),
    "workers": Command("workers", "list the workers that are alive, quiet or stop one"),
    "cancel": Command("cancel", "cancel pending or running tasks"),
    "retry": Command("retry", "run failed or cancelled tasks again"),
    "prioritise": Command("prioritise", "give pending tasks another priority"),
    "move": Command("move", "move pending tasks to another queue"),
    "delete": Command("delete", "delete ended tasks by their ids"),
    "bulk": Command("bulk", "list or stop what is done to all tasks of a query"),
    "replay": Command("replay", "run the dead letters again"),
    "broadcast": Command("broadcast", "send a message to every live worker"),
    "pause": Command("pause", "stop workers from claiming tasks of a queue or type"),
    "resume": Command("resume", "let workers claim them again"),
    "schedules": Command("schedules", "show, change and preview schedules"),
    "subscriptions": Command("subscriptions", "list durable subscriptions, or remove one"),
    "prune": Command("prune", "delete finished tasks"),
    "worker": Command("worker", "run a worker, or a fleet of them"),
    "web": Command("web", "serve the pages and the HTTP API"),
    "tokens": Command("tokens", "make, list and revoke tokens for them"),
    "init": Command("init", "write a project that runs into a folder"),
    "dev": Command("dev", "run a worker that starts again when its sources change"),
    "demo": Command("demo", "run a lively sample, to look at"),
    "migrate": Command("migrate", "create or upgrade the tables of the store"),
    "deploy": Command("deploy", "say what of the store the code at hand could not run"),
    "transfer": Command("transfer", "copy everything into another store"),
    "doctor": Command("doctor", "examine the store and the settings"),
    "config": Command("config", "show every setting, its value, and where the value comes from"),
    "completion": Command("completion", "print a completion script for a shell"),
}


def overview() -> str:
    """The answer to `backstage --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        (
            "usage: backstage COMMAND [options]",
            "",
            "Durable background tasks: enqueue, watch and control them.",
            "",
            *lines,
            "",
            "backstage COMMAND --help explains a command; backstage --version prints the version.",
            "Without --url, the store is that of BACKSTAGE_URL or REDIS_HOST, or sqlite:///backstage.db.",
            "Exit codes: 0 done, 1 refused or failed, 2 wrong usage.",
        )
    )
