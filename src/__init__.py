"""Durable background tasks: stored, leased to one worker at a time, run at least once, ended exactly once.

The public names are imported when they are first used, so that light commands start fast.

PYTEST_DONT_REWRITE: pytest would warn of this package where it was imported before pytest began.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from backstage.public_names import HOMES

if TYPE_CHECKING:
    from backstage.app.enqueue_options import EnqueueOptions as EnqueueOptions
    from backstage.app.enqueue_task import EnqueueTask as EnqueueTask
    from backstage.app.guarded_use_cases import GuardedUseCases as GuardedUseCases
    from backstage.app.schedule import CronOptions as CronOptions
    from backstage.domain.attempt import Attempt as Attempt
    from backstage.domain.audit_entry import AuditEntry as AuditEntry
    from backstage.domain.audit_entry import AuditOutcome as AuditOutcome
    from backstage.domain.audit_entry import AuditPage as AuditPage
    from backstage.domain.audit_entry import AuditQuery as AuditQuery
    from backstage.domain.backoff import Backoff as Backoff
    from backstage.domain.broadcast_message import BroadcastMessage as BroadcastMessage
    from backstage.domain.bulk_action import BulkAction as BulkAction
    from backstage.domain.bulk_action import BulkKind as BulkKind
    from backstage.domain.bulk_operation import BulkOperation as BulkOperation
    from backstage.domain.bulk_operation import BulkPlan as BulkPlan
    from backstage.domain.bulk_operation import BulkState as BulkState
    from backstage.domain.completion import Completion as Completion
    from backstage.domain.configuration import Configuration as Configuration
    from backstage.domain.configuration import ShownSetting as ShownSetting
    from backstage.domain.cron_task import CronTask as CronTask
    from backstage.domain.dedupe import Dedupe as Dedupe
    from backstage.domain.dedupe import Duplicate as Duplicate
    from backstage.domain.deploy_report import DeployedCode as DeployedCode
    from backstage.domain.deploy_report import DeployReport as DeployReport
    from backstage.domain.deploy_report import LookedAt as LookedAt
    from backstage.domain.deploy_report import UnknownLane as UnknownLane
    from backstage.domain.deploy_report import UnknownName as UnknownName
    from backstage.domain.deploy_report import UnreadableField as UnreadableField
    from backstage.domain.errors import AmbiguousIdError as AmbiguousIdError
    from backstage.domain.errors import BulkNotFoundError as BulkNotFoundError
    from backstage.domain.errors import ConfigurationError as ConfigurationError
    from backstage.domain.errors import DuplicateTaskError as DuplicateTaskError
    from backstage.domain.errors import FailureGroupNotFoundError as FailureGroupNotFoundError
    from backstage.domain.errors import IllegalMoveError as IllegalMoveError
    from backstage.domain.errors import InvalidQueryError as InvalidQueryError
    from backstage.domain.errors import InvalidTaskDataError as InvalidTaskDataError
    from backstage.domain.errors import MissingExtraError as MissingExtraError
    from backstage.domain.errors import NotAllowedError as NotAllowedError
    from backstage.domain.errors import ResourceFailedError as ResourceFailedError
    from backstage.domain.errors import ResultGoneError as ResultGoneError
    from backstage.domain.errors import ScheduleNotFoundError as ScheduleNotFoundError
    from backstage.domain.errors import ScheduleUnreadableError as ScheduleUnreadableError
    from backstage.domain.errors import StaleTaskError as StaleTaskError
    from backstage.domain.errors import StorageError as StorageError
    from backstage.domain.errors import StorageFullError as StorageFullError
    from backstage.domain.errors import StorageRefusedError as StorageRefusedError
    from backstage.domain.errors import StorageUnavailableError as StorageUnavailableError
    from backstage.domain.errors import StoreNotReadyError as StoreNotReadyError
    from backstage.domain.errors import StoreReplacedError as StoreReplacedError
    from backstage.domain.errors import SubscriptionNotFoundError as SubscriptionNotFoundError
    from backstage.domain.errors import TaskCancelledError as TaskCancelledError
    from backstage.domain.errors import TaskChangedError as TaskChangedError
    from backstage.domain.errors import TaskError as TaskError
    from backstage.domain.errors import TaskFailedError as TaskFailedError
    from backstage.domain.errors import TaskNotFoundError as TaskNotFoundError
    from backstage.domain.errors import TokenNotFoundError as TokenNotFoundError
    from backstage.domain.errors import TransferRefusedError as TransferRefusedError
    from backstage.domain.errors import UnchangeableTaskError as UnchangeableTaskError
    from backstage.domain.errors import UndecodableTaskError as UndecodableTaskError
    from backstage.domain.errors import UnknownTaskTypeError as UnknownTaskTypeError
    from backstage.domain.errors import WorkerNotFoundError as WorkerNotFoundError
    from backstage.domain.events import TaskCancelled as TaskCancelled
    from backstage.domain.events import TaskCompleted as TaskCompleted
    from backstage.domain.events import TaskCreated as TaskCreated
    from backstage.domain.events import TaskEvent as TaskEvent
    from backstage.domain.events import TaskFailed as TaskFailed
    from backstage.domain.events import TaskReleased as TaskReleased
    from backstage.domain.events import TaskRetried as TaskRetried
    from backstage.domain.events import TaskSnoozed as TaskSnoozed
    from backstage.domain.events import TaskStarted as TaskStarted
    from backstage.domain.explanation import Estimate as Estimate
    from backstage.domain.explanation import Explanation as Explanation
    from backstage.domain.explanation import QueueExplanation as QueueExplanation
    from backstage.domain.explanation import Reason as Reason
    from backstage.domain.explanation import ReasonKind as ReasonKind
    from backstage.domain.failure import Failure as Failure
    from backstage.domain.failure_group import FailureGroup as FailureGroup
    from backstage.domain.field_error import FieldError as FieldError
    from backstage.domain.finding import Finding as Finding
    from backstage.domain.finding import Severity as Severity
    from backstage.domain.followed_event import EventKind as EventKind
    from backstage.domain.followed_event import FollowedEvent as FollowedEvent
    from backstage.domain.handler_signals import GiveUp as GiveUp
    from backstage.domain.handler_signals import RetryLater as RetryLater
    from backstage.domain.history import History as History
    from backstage.domain.history import HistoryPoint as HistoryPoint
    from backstage.domain.identity import Identity as Identity
    from backstage.domain.identity import Role as Role
    from backstage.domain.later import Later as Later
    from backstage.domain.missed_ticks import MissedTicks as MissedTicks
    from backstage.domain.next import Next as Next
    from backstage.domain.outcome import OutcomeKind as OutcomeKind
    from backstage.domain.overlap import Overlap as Overlap
    from backstage.domain.ports.queue_control import Pause as Pause
    from backstage.domain.priority import Priority as Priority
    from backstage.domain.queue import Queue as Queue
    from backstage.domain.rate import Rate as Rate
    from backstage.domain.retention import Retention as Retention
    from backstage.domain.run_log import LogLine as LogLine
    from backstage.domain.scale import Scale as Scale
    from backstage.domain.schedule import Schedule as Schedule
    from backstage.domain.search_page import Counted as Counted
    from backstage.domain.search_page import SearchPage as SearchPage
    from backstage.domain.stats import OldestDue as OldestDue
    from backstage.domain.stats import StateCounts as StateCounts
    from backstage.domain.stats import TaskStats as TaskStats
    from backstage.domain.stored_schedule import UnreadableSchedule as UnreadableSchedule
    from backstage.domain.subscription import Subscription as Subscription
    from backstage.domain.task import Task as Task
    from backstage.domain.task_end import TaskEnd as TaskEnd
    from backstage.domain.task_query import TaskPage as TaskPage
    from backstage.domain.task_query import TaskQuery as TaskQuery
    from backstage.domain.task_result import TaskResult as TaskResult
    from backstage.domain.task_search import TaskSearch as TaskSearch
    from backstage.domain.task_state import TaskState as TaskState
    from backstage.domain.task_type import TaskType as TaskType
    from backstage.domain.task_type import TaskTypeOptions as TaskTypeOptions
    from backstage.domain.token import NewToken as NewToken
    from backstage.domain.token import Token as Token
    from backstage.domain.type_definition import TypeDefinition as TypeDefinition
    from backstage.domain.typed_task import TypedTask as TypedTask
    from backstage.domain.worker_info import WorkerInfo as WorkerInfo
    from backstage.domain.worker_info import WorkerState as WorkerState
    from backstage.domain.worker_order import WorkerOrder as WorkerOrder
    from backstage.domain.worker_order import WorkerStacks as WorkerStacks
    from backstage.infra.container import Container as Container
    from backstage.infra.settings.setting_options import SettingOptions as SettingOptions
    from backstage.infra.settings.settings import Settings as Settings
    from backstage.integrations.blocking_container import BlockingContainer as BlockingContainer
    from backstage.worker.handling.context import TaskContext as TaskContext
    from backstage.worker.handling.handler import HandlerOptions as HandlerOptions
    from backstage.worker.handling.handler import RunIn as RunIn
    from backstage.worker.handling.handler import TaskHandlerRegistration as TaskHandlerRegistration
    from backstage.worker.handling.handler import handler as handler
    from backstage.worker.handling.handler import middleware as middleware
    from backstage.worker.handling.listener import ListenerOptions as ListenerOptions
    from backstage.worker.handling.listener import listener as listener
    from backstage.worker.handling.middleware import Middleware as Middleware
    from backstage.worker.handling.middleware import Run as Run
    from backstage.worker.handling.receiver import receiver as receiver
    from backstage.worker.handling.resource import lifespan as lifespan
    from backstage.worker.handling.resource import on_start as on_start
    from backstage.worker.handling.resource import on_stop as on_stop
    from backstage.worker.handling.upcaster import upcast as upcast
    from backstage.worker.hosting.broadcast import Broadcast as Broadcast
    from backstage.worker.hosting.composition_root import CompositionRoot as CompositionRoot
    from backstage.worker.hosting.new_processor import ProcessorSettings as ProcessorSettings
    from backstage.worker.hosting.processor_health import ProcessorHealth as ProcessorHealth
    from backstage.worker.hosting.queue_processor import QueueProcessor as QueueProcessor
    from backstage.worker.hosting.scheduler import Scheduler as Scheduler
    from backstage.worker.hosting.service_health import CheckHealth as CheckHealth
    from backstage.worker.hosting.service_health import ServiceHealth as ServiceHealth
    from backstage.worker.hosting.worker import Worker as Worker
    from backstage.worker.hosting.worker_service import WorkerService as WorkerService
    from backstage.worker.status.server import StatusServer as StatusServer
    from backstage.worker.watching.metrics import RunMetrics as RunMetrics
    from backstage.worker.watching.metrics import WorkerMetrics as WorkerMetrics
    from backstage.worker.watching.vital_signs import Phase as Phase
    from backstage.worker.watching.vital_signs import VitalSigns as VitalSigns

__all__ = list(HOMES)


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'backstage' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"backstage.{HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
