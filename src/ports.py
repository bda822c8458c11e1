"""What a backend of your own is made of: the ports, and the words that they speak beside the public ones.

Whoever writes a backend begins with docs/writing-a-backend.md. What Task, Attempt, Schedule and the other answers are
is exported by `backstage` itself.
"""

from __future__ import annotations

from backstage.domain.audit_entry import AUDIT_KEPT_FOR, first_audit_id
from backstage.domain.broadcast_message import KEPT_AT_MOST, KEPT_FOR
from backstage.domain.cron_document import document_of
from backstage.domain.event_log import (
    MOST_AT_ONCE,
    MOST_DATA_BYTES,
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    LogEntry,
    NewEvent,
    following,
    is_dropped,
)
from backstage.domain.facts_among import facts_among
from backstage.domain.failure_group import HOURS_SHOWN, FailureSighting, seen_again
from backstage.domain.failure_group import KEPT_FOR as FAILURES_KEPT_FOR
from backstage.domain.hint import Hint
from backstage.domain.history import GRAINS, HOUR, HistoryQuery, HistoryRow, floored
from backstage.domain.history import KEPT_FOR as HISTORY_KEPT_FOR
from backstage.domain.lease import Lease
from backstage.domain.opening import Opening
from backstage.domain.outcome import Outcome
from backstage.domain.patience import IsOver, never_over
from backstage.domain.portions import MOST_BYTES, portion
from backstage.domain.ports.audit_log import AuditLog
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.broadcasts import Broadcasts, Received
from backstage.domain.ports.bulk_operations import BulkOperations
from backstage.domain.ports.chance import Chance
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.ports.facts import Facts
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.queue_control import QUEUE, TYPE, QueueControl
from backstage.domain.ports.run_history import HistoryBatch, RunHistory
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.ports.subscriptions import Subscriptions
from backstage.domain.ports.task_archive import StoredTask, TaskArchive
from backstage.domain.ports.task_events import StoredEvent, TaskEvents
from backstage.domain.ports.task_queue import Claimed, ClaimRequest, LeaseReport, NextTasksOf, TaskQueue
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.ports.tokens import Tokens
from backstage.domain.ports.type_definitions import TypeDefinitions
from backstage.domain.ports.wakeup import Wakeup
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.run_log import RunLog
from backstage.domain.standing import Standing
from backstage.domain.stats import Count
from backstage.domain.stored_schedule import StoredSchedule, schedule_of
from backstage.domain.stored_subscription import StoredSubscription, stored_subscription
from backstage.domain.task import MaxDeliveries
from backstage.domain.task_facts import MOST_COUNTED, SEEN_WITHIN, BusySlots, LaneAhead, TaskFacts, competing_lanes
from backstage.domain.task_state import FINAL_STATES, LIVE_STATES
from backstage.domain.type_definition import MOST_DEFINITIONS
from backstage.domain.worker_order import BeatAnswer, WorkerOrder, WorkerStacks
from backstage.infra.searching import Looking, count_matching, search_page
from backstage.infra.system_clock import SystemClock

__all__ = [
    # The ports
    "Backend",
    "TaskRepository",
    "TaskQueue",
    "QueueControl",
    "WorkerRegistry",
    "BeatAnswer",
    "WorkerOrder",
    "WorkerStacks",
    "ScheduleRepository",
    "Subscriptions",
    "Broadcasts",
    "AuditLog",
    "Tokens",
    "TypeDefinitions",
    "BulkOperations",
    "TaskArchive",
    "Facts",
    "TaskEvents",
    "RunHistory",
    "Wakeup",
    "Hint",
    "Clock",
    "SystemClock",
    "Ids",
    "Chance",
    "EventBus",
    # What they speak of
    "Looking",
    "IsOver",
    "never_over",
    "search_page",
    "count_matching",
    "NewEvent",
    "StoredEvent",
    "LogEntry",
    "following",
    "is_dropped",
    "MOST_AT_ONCE",
    "MOST_DATA_BYTES",
    "MOST_EVENT_BYTES",
    "MOST_EVENTS",
    "RunLog",
    "HistoryBatch",
    "HistoryQuery",
    "HistoryRow",
    "FailureSighting",
    "GRAINS",
    "MOST_DEFINITIONS",
    "HOUR",
    "HOURS_SHOWN",
    "Standing",
    "Opening",
    "ClaimRequest",
    "Claimed",
    "Lease",
    "Outcome",
    "NextTasksOf",
    "MaxDeliveries",
    "LeaseReport",
    "Count",
    "QUEUE",
    "TYPE",
    "LIVE_STATES",
    "FINAL_STATES",
    "StoredTask",
    "StoredSchedule",
    "StoredSubscription",
    "Received",
    "TaskFacts",
    "LaneAhead",
    "BusySlots",
    "MOST_COUNTED",
    "SEEN_WITHIN",
    "KEPT_FOR",
    "KEPT_AT_MOST",
    "AUDIT_KEPT_FOR",
    "HISTORY_KEPT_FOR",
    "FAILURES_KEPT_FOR",
    # What reads and writes them
    "document_of",
    "schedule_of",
    "stored_subscription",
    "first_audit_id",
    "portion",
    "floored",
    "seen_again",
    "competing_lanes",
    "facts_among",
    "MOST_BYTES",
]
