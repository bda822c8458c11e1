"""Examining the server and the store for `backstage doctor`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redis.exceptions import ResponseError

from backstage.domain.finding import Finding, Severity
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.location import Location
from backstage.infra.redis.opening import DEFAULT_GROUP, eviction_policies, settings_of
from backstage.infra.redis.orphans import Orphans
from backstage.infra.redis.rows import unpack
from backstage.infra.server_time import OwnTime
from backstage.infra.system_clock import SystemClock

Info = Mapping[str, str]

_OLDEST = (6, 2)
_SURVIVES = {
    "always": "appendfsync always: what was accepted survives a loss of power",
    "everysec": "appendfsync everysec: what was accepted survives the death of the server, a loss of power may undo "
    "the last second",
    "no": "appendfsync no: a loss of power may undo the last half minute",
    None: "and the user may not read appendfsync: what was accepted survives the death of the server",
}


_MANY_LANES = 1000
_COMPACT_UP_TO, _SHORT = "hash-max-listpack-value", 512
"""The longest value up to which the server keeps a hash compact. Redis 6.2 calls it hash-max-ziplist-value."""


async def diagnose(location: Location) -> list[Finding]:
    """Return what was found, in a fixed order. Raises ConfigurationError or StorageUnavailableError."""
    client = Client(location, OwnTime(SystemClock()))
    client.open()
    try:
        stored = await client.command("GET", client.keys.group)
        client.group = DEFAULT_GROUP if stored is None else stored.decode()
        findings = await _servers(client)
        findings.append(_eviction(await eviction_policies(client)))
        findings += _hashes(await settings_of(client, "hash-max-*-value", default="64"))
        findings += await _queues(client)
        findings.append(_orphans(await Orphans(client, Directory(client)).count()))
    finally:
        await client.close()
    return findings


async def _servers(client: Client) -> list[Finding]:
    findings = []
    replies = await client.ask_all("INFO", "everything")
    syncs: Sequence[str | None] = await settings_of(client, "appendfsync", default="everysec") or [None] * len(replies)
    for reply, sync in zip(replies, syncs, strict=True):
        if isinstance(reply, ResponseError):
            detail = "the user may not read INFO, so persistence, memory and replicas are unknown"
            findings.append(Finding("server", Severity.WARNING, detail, "grant +info, as docs/redis.md lists it"))
            continue
        info = _parsed(reply)
        findings += [_version(info), _persistence(info, sync), _memory(info)]
        findings.append(_replicas(info, client.location.wait_replicas))
    return findings


def _parsed(reply: Any) -> Info:
    if isinstance(reply, dict):  # the cluster's driver has read it already
        return {str(name): str(value) for name, value in reply.items()}
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    lines = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {name: value for name, _, value in lines}


def _version(info: Info) -> Finding:
    valkey, redis = info.get("valkey_version"), info.get("redis_version", "0")
    numbers = tuple(int(part) for part in redis.split(".")[:2] if part.isdigit())
    shown = f"Valkey {valkey}" if valkey else f"Redis {redis}"
    if numbers >= _OLDEST:
        return Finding("server version", Severity.OK, shown)
    return Finding("server version", Severity.ERROR, shown, "use Redis 6.2 or newer, or Valkey 7.2 or newer")


def _persistence(info: Info, sync: str | None) -> Finding:
    """`sync` is appendfsync; None: the user may not read it."""
    if info.get("aof_enabled") == "1":
        if info.get("aof_last_write_status", "ok") != "ok":
            remedy = "free space on the server's disk, and check its log"
            return Finding("persistence", Severity.ERROR, "the append-only file cannot be written", remedy)
        if sync == "no":
            remedy = "set appendfsync everysec or always"
            return Finding("persistence", Severity.WARNING, f"append-only file, {_SURVIVES[sync]}", remedy)
        return Finding("persistence", Severity.OK, f"append-only file, {_SURVIVES[sync]}")
    detail = "no append-only file: if the server dies, everything since the last snapshot is lost"
    return Finding("persistence", Severity.WARNING, detail, "set appendonly yes, and appendfsync everysec or always")


def _memory(info: Info) -> Finding:
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if not most:
        detail = f"{used:,} bytes used, and no maxmemory is set: the system may kill the server when memory runs out"
        return Finding("memory", Severity.WARNING, detail, "set maxmemory below the memory of the machine")
    detail = f"{used:,} of {most:,} bytes used"
    if used > 0.8 * most:
        return Finding("memory", Severity.WARNING, detail, "raise maxmemory, or keep finished tasks for a shorter time")
    return Finding("memory", Severity.OK, detail)


def _replicas(info: Info, wanted: int) -> Finding:
    number = int(info.get("connected_slaves", 0))
    if info.get("role") not in (None, "master"):
        return Finding("replicas", Severity.ERROR, "this server is a replica", "name the primary in the URL")
    if number < wanted:
        detail = f"{number} connected, but wait_replicas={wanted}: every write is reported as not durable"
        return Finding("replicas", Severity.ERROR, detail, "bring the replicas back, or lower wait_replicas")
    detail = f"{number} connected; each write waits for {wanted} of them"
    return Finding("replicas", Severity.OK, detail)


def _hashes(limits: Sequence[str] | None) -> list[Finding]:
    """What the tasks' hashes take is no fault, so it is told without a warning; nothing where it is well set."""
    least = min((int(limit) for limit in limits or () if limit.isdigit()), default=_SHORT)
    if least >= _SHORT:
        return []
    detail = f"{_COMPACT_UP_TO} is {least}: a task with a longer payload, result or error takes up to twice the memory"
    return [Finding("hashes", Severity.OK, detail, f"set {_COMPACT_UP_TO} 1024")]


def _eviction(policies: Sequence[str] | None) -> Finding:
    name = "eviction policy"
    if policies is None:
        detail = "the user may not read it; on a server that evicts keys, tasks disappear"
        return Finding(
            name, Severity.WARNING, detail, "grant +config|get, or make sure that maxmemory-policy is noeviction"
        )
    evicting = sorted({policy for policy in policies if policy != "noeviction"})
    if evicting:
        return Finding(name, Severity.ERROR, ", ".join(evicting), "set maxmemory-policy noeviction")
    return Finding(name, Severity.OK, "noeviction")


async def _queues(client: Client) -> list[Finding]:
    queues = await Directory(client).queues()
    replies = await client.run_each([("examine_queue", client.keys.queue(queue), []) for queue in queues])
    examined = [unpack(reply) for reply in replies]
    pending, leases, undelivered, lanes, wrong = (
        (sum(each) for each in zip(*examined, strict=True)) if examined else (0,) * 5
    )
    return [_delivered(pending, leases), _outbox(undelivered), _lanes(lanes), _counts(wrong)]


def _delivered(pending: int, leases: int) -> Finding:
    detail = f"{leases:,} leases and {pending:,} delivered entries that are not acknowledged"
    if pending == leases:
        return Finding("running tasks", Severity.OK, detail)
    remedy = "nothing if both agree within a minute: workers clean up after a restart or a deleted group"
    return Finding("running tasks", Severity.WARNING, detail, remedy)


def _outbox(undelivered: int) -> Finding:
    if not undelivered:
        return Finding("outbox", Severity.OK, "no next task waits to be stored on its queue")
    detail = f"{undelivered:,} next tasks wait to be stored on their queues"
    return Finding("outbox", Severity.WARNING, detail, "run a worker, which stores them within its reclaim interval")


def _lanes(number: int) -> Finding:
    detail = f"{number:,} lanes: queues, types and priorities with waiting tasks"
    if number < _MANY_LANES:
        return Finding("lanes", Severity.OK, detail)
    remedy = "use few queues and types, and put what differs between tasks into the payload"
    return Finding("lanes", Severity.WARNING, detail, remedy)


def _counts(wrong: int) -> Finding:
    if not wrong:
        return Finding("counts", Severity.OK, "the counts agree with the tasks")
    detail = f"the counts of {wrong:,} types are wrong: keys of the store were deleted"
    return Finding("counts", Severity.WARNING, detail, "run a worker, which counts again within its reclaim interval")


def _orphans(number: int | None) -> Finding:
    if number is None:
        return Finding(
            "orphans", Severity.WARNING, "the user may not search for tasks that no index has", "grant +scan"
        )
    if not number:
        return Finding("orphans", Severity.OK, "no stored task is missing from the indexes")
    detail = f"{number:,} stored tasks are in no index: a slot was moved under an older release, or keys were deleted"
    return Finding(
        "orphans", Severity.WARNING, detail, "run a worker, which puts them back, some thousand keys a minute"
    )
