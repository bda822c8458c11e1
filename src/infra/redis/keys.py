"""Every key of a store, with its type.

All keys of one queue begin with `{prefix:queue}`, so that a cluster keeps them together and one script reaches all of
them; what belongs to no queue begins with `{prefix}`. Scripts are given the beginning and add the rest; a *level* is
`priority:type`, and a state is its letter: p, r, c, f or x (cancelled).

Of a queue:

    task:<id>                hash     the fields of rows.py; none of them holds its default
    attempts:<id>            hash     fence -> packed record of a claim, the latest one of an ended task left out
    events:<id>              stream   what its runs have told those who follow it; the ids are 1-0, 2-0 …
    eventlogs                zset     since when `events:<id>` is kept -> id
    lines:<id>               hash     fence -> attempt, and the lines that this run has logged
    line:<level>             stream   one entry for each task that waits in order or was claimed from here
    early:<level>            zset     due time -> id of those that belong before the line's last entry
    claimed                  stream   the entries of running tasks that were claimed from `early`
    tails                    hash     level -> the line's last entry and its task
    levels                   zset     priority -> level in which somebody may wait
    heads                    hash     level -> its first waiting task: due time with leading zeros, and id
    ready                    zset     minus the priority -> head and type: the waiting levels in order, see index.lua
    ranks                    hash     priority -> how many levels of it are in `ready`
    later                    zset     due time -> id of pending tasks that are not due yet
    awaited:<type>           zset     due time -> id of those in `later` that a chain has scheduled, for `is_idle`
    leases                   zset     end of the lease -> id of running tasks
    ended:<state>            zset     moment of the end -> id
    live:<type>              zset     ids of pending and running tasks, in their own order
    ids:<state>:<type>       zset     ids of ended tasks, in their own order
    workflow:<id>            zset     ids of tasks whose workflow is not just their own id
    correlation:<id>         zset     the same for the correlation
    of:<key>                 zset     ids of tasks that have that key of their own
    tag:<tag>                zset     ids of tasks that have that tag
    keys                     hash     dedupe key -> id of its holder, and the end of its window
    keyends                  zset     end of the window -> dedupe key
    counts                   hash     the counters below; `lease`: the longest, in microseconds; `past`: see past.lua
    outbox                   hash     id of a next task for another queue -> that queue and the task, until delivered
    schedules                hash     name -> the schedules whose tasks go to this queue
    results                  zset     until when the result of a completed task is kept -> id
    search                   string   while tasks are missing from where they wait: type and id that were looked at last

Counters, each followed by `:<type>`:

    p, r, c, f, x            tasks in that state, those among them that were pruned
    C, F, X                  tasks that were pruned after they had ended in that state
    l                        pending tasks in `later` that have never run

Of the store:

    group                    string   the name of the consumer group
    about                    hash     `format`: the number of this list of keys; `generation`: an id of this very store
    queues                   set      names of all queues that ever had a task
    past                     zset     names of those that have nothing any more; not on a cluster
    ready                    zset     minus the priority -> head, queue, type: all waiting levels; not on a cluster
    later                    zset     due time of a queue's next task that is not due yet -> queue; not on a cluster
    pauses                   hash     kind:name -> since
    notes                    hash     kind:name of a queue, a type or a schedule -> since, and JSON: by whom and why
    control                  string   changes whenever `queues` or `pauses` do
    workers                  hash     worker id -> what it said of itself
    asked                    hash     order:<worker id> -> what is asked of it; stacks:<worker id> -> id of a request
    stacks                   hash     worker id -> its last answer to such a request, as JSON
    schedules                hash     name -> the queue that has the schedule
    subscriptions            hash     name -> the subscription, as JSON
    audit                    zset     0 -> id and document of an entry of the audit log, in the order of the ids
    bulk                     hash     id -> the version and the document of a bulk operation, or of the plan of one
    tokens                   hash     digest of a secret -> the token, as JSON
    types                    hash     type -> what the last worker told of its handler, as JSON
    uses                     hash     id of a token -> the moment of its last use
    history:<grain>:<moment> hash     beginning, queue and type -> numbers of a minute or an hour
    history:hashes           zset     end -> those hashes and those of hours of failures
    history:writers          hash     writer -> its last batch, and when
    failures                 hash     fingerprint -> the group of failures
    failures:seen            zset     last failure -> fingerprint
    failures:hour:<moment>   hash     fingerprint -> failed runs in that hour
    broadcasts               stream   the messages, their ids made of the moment at which they were stored
    broadcast-ids            hash     message id -> entry

The Pub/Sub channels `{prefix}:wake`, which all workers hear, and `{prefix}:wake:<address>`, one of each, have no key.

Every script declares two keys that never exist: the beginning itself and the beginning with `NEVER` after it. While a
cluster moves the slot, the node that gives it away answers ASK for them, and the node that takes it TRYAGAIN: a script
runs in neither half of a queue, whichever of its keys have been moved.
"""

from __future__ import annotations

from functools import lru_cache, partial
from urllib.parse import quote

NEVER = ":none"
"""What makes the second key that every script declares and none writes."""

_PLAIN = ":.-_"  # what names are made of, beside letters and digits


class Keys:
    def __init__(self, prefix: str) -> None:
        self.store = f"{{{_encoded(prefix)}}}"
        self.queue = lru_cache(maxsize=4096)(partial(_queue, prefix))
        """What all keys of the queue of that name begin with; without the part after it, no key."""
        self.group = f"{self.store}:group"
        self.about = f"{self.store}:about"
        self.queues = f"{self.store}:queues"
        self.past = f"{self.store}:past"
        self.pauses = f"{self.store}:pauses"
        self.pause_notes = f"{self.store}:notes"
        self.control = f"{self.store}:control"
        self.workers = f"{self.store}:workers"
        self.stacks = f"{self.store}:stacks"
        self.schedules = f"{self.store}:schedules"
        self.subscriptions = f"{self.store}:subscriptions"
        self.audit = f"{self.store}:audit"
        self.bulk = f"{self.store}:bulk"
        self.tokens = f"{self.store}:tokens"
        self.token_uses = f"{self.store}:uses"
        self.type_definitions = f"{self.store}:types"
        self.broadcasts = f"{self.store}:broadcasts"
        self.wake_channel = f"{self.store}:wake"

    def call_channel(self, address: str) -> str:
        """The channel by which one subscriber is called."""
        return f"{self.wake_channel}:{address}"

    def name(self, queue: str) -> str:
        """As the queue's keys have it, and members of the store's indexes."""
        return _encoded(queue)


def _queue(prefix: str, name: str) -> str:
    return f"{{{_encoded(prefix)}:{_encoded(name)}}}"


def _encoded(name: str) -> str:
    """Percent-encoded, so that no brace can end the hash tag early."""
    return quote(name, safe=_PLAIN)
