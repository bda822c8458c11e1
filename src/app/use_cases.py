"""The use cases over one store: each is put together in this one place, and loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from backstage.domain.configuration import Configuration
from backstage.domain.payload import encode_payload
from backstage.domain.typed_result import ReadResult, plain_result

if TYPE_CHECKING:
    from backstage.app.as_completed import AsCompleted
    from backstage.app.authenticate import Authenticate
    from backstage.app.call import Call
    from backstage.app.cancel_deliveries import CancelDeliveries
    from backstage.app.cancel_task import CancelTask
    from backstage.app.carry_on_bulk import CarryOnBulk
    from backstage.app.chain_task import ChainTask
    from backstage.app.change_for_bulk import ChangeForBulk
    from backstage.app.change_priority import ChangePriority
    from backstage.app.check_deploy import CheckDeploy
    from backstage.app.cleanup_old_tasks import CleanupOldTasks
    from backstage.app.complete_query import CompleteQuery
    from backstage.app.copy_task import CopyTask
    from backstage.app.count_later import CountLater
    from backstage.app.count_tasks import CountTasks
    from backstage.app.create_token import CreateToken
    from backstage.app.delete_schedule import DeleteSchedule
    from backstage.app.delete_task import DeleteTask
    from backstage.app.diagnose import Diagnose
    from backstage.app.enqueue import EnqueueByType
    from backstage.app.enqueue_many import EnqueueManyOfType
    from backstage.app.enqueue_parts import EnqueueParts
    from backstage.app.enqueue_task import Enqueue
    from backstage.app.enqueue_tasks import EnqueueMany
    from backstage.app.explain import Explain
    from backstage.app.explain_queue import ExplainQueue
    from backstage.app.explain_queues import ExplainQueues
    from backstage.app.find_task_id import FindTaskId
    from backstage.app.find_tasks import FindTasks
    from backstage.app.find_unserved import FindUnserved
    from backstage.app.fire_schedule import FireSchedule
    from backstage.app.fire_schedules import FireSchedules
    from backstage.app.follow import Follow
    from backstage.app.get_attempts import GetAttempts
    from backstage.app.get_bulk import GetBulk
    from backstage.app.get_configuration import GetConfiguration
    from backstage.app.get_history import GetHistory
    from backstage.app.get_known_names import GetKnownNames
    from backstage.app.get_logs import GetLogs
    from backstage.app.get_oldest_due import GetOldestDue
    from backstage.app.get_rates import GetRates
    from backstage.app.get_scale import GetScale
    from backstage.app.get_schedule import GetSchedule
    from backstage.app.get_task import GetTask
    from backstage.app.get_task_stats import GetTaskStats
    from backstage.app.get_worker_stacks import GetWorkerStacks
    from backstage.app.list_audit import ListAudit
    from backstage.app.list_bulk import ListBulk
    from backstage.app.list_ended import ListEnded
    from backstage.app.list_failure_groups import ListFailureGroups
    from backstage.app.list_pauses import ListPauses
    from backstage.app.list_schedules import ListSchedules
    from backstage.app.list_subscriptions import ListSubscriptions
    from backstage.app.list_tokens import ListTokens
    from backstage.app.list_type_definitions import ListTypeDefinitions
    from backstage.app.list_unreadable_schedules import ListUnreadableSchedules
    from backstage.app.list_workers import ListWorkers
    from backstage.app.move_to_queue import MoveToQueue
    from backstage.app.mute_failure_group import MuteFailureGroup
    from backstage.app.note_failure_group import NoteFailureGroup
    from backstage.app.pause_queue import PauseQueue
    from backstage.app.pause_schedule import PauseSchedule
    from backstage.app.pause_type import PauseType
    from backstage.app.plan_bulk import PlanBulk
    from backstage.app.plan_transfer import PlanTransfer
    from backstage.app.prune_tasks import PruneTasks
    from backstage.app.purge_dead_letters import PurgeDeadLetters
    from backstage.app.put_schedule import PutSchedule
    from backstage.app.quiet_worker import QuietWorker
    from backstage.app.record_audit import RecordAudit
    from backstage.app.replay_dead_letters import ReplayDeadLetters
    from backstage.app.result import Result
    from backstage.app.results import Results
    from backstage.app.resume_queue import ResumeQueue
    from backstage.app.resume_schedule import ResumeSchedule
    from backstage.app.resume_type import ResumeType
    from backstage.app.resume_worker import ResumeWorker
    from backstage.app.retry_task import RetryTask
    from backstage.app.revoke_token import RevokeToken
    from backstage.app.run_bulk import RunBulk
    from backstage.app.run_schedule_now import RunScheduleNow
    from backstage.app.schedule import ScheduleByType
    from backstage.app.search_tasks import SearchTasks
    from backstage.app.send_broadcast import SendBroadcast
    from backstage.app.start_bulk import StartBulk
    from backstage.app.stop_bulk import StopBulk
    from backstage.app.stop_worker import StopWorker
    from backstage.app.subscribe import Subscribe
    from backstage.app.transfer_tasks import TransferTasks
    from backstage.app.unmute_failure_group import UnmuteFailureGroup
    from backstage.app.unsubscribe import Unsubscribe
    from backstage.domain.ports.backend import Backend
    from backstage.domain.ports.clock import Clock
    from backstage.domain.ports.event_bus import EventBus
    from backstage.domain.ports.ids import Ids
    from backstage.domain.ports.task_trace import TaskTrace

_PORTS = frozenset(
    {
        "audit_log",
        "broadcasts",
        "bulk_operations",
        "control",
        "facts",
        "history",
        "registry",
        "schedules",
        "subscriptions",
        "task_events",
        "tasks",
        "tokens",
        "type_definitions",
    }
)
"""What a use case may take of the store."""


class _UseCase:
    """Loads a use case and puts it together when it is first asked for; from then on it is a plain attribute."""

    def __init__(self, class_name: str) -> None:
        self.class_name = class_name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, use_cases: UseCases | None, owner: type) -> Any:
        if use_cases is None:
            return self
        use_case = use_cases.put_together(self._name, self.class_name)
        setattr(use_cases, self._name, use_case)
        return use_case


def _use_case(class_name: str) -> Any:
    return _UseCase(class_name)


class UseCases:
    """Every use case over one store.

    A new use case is a file of its own and a line here: the line has the name of the file, and the class in it. The
    parameters of the class's `__init__` say by their names what it is given: a port of the store (`tasks`), `backend`,
    `events`, `clock`, `ids`, `trace`, `encode`, `read_result`, `configuration`, or another use case (`cancel_task`).
    """

    enqueue: EnqueueByType = _use_case("EnqueueByType")
    enqueue_task: Enqueue = _use_case("Enqueue")
    enqueue_tasks: EnqueueMany = _use_case("EnqueueMany")
    enqueue_many: EnqueueManyOfType = _use_case("EnqueueManyOfType")
    enqueue_parts: EnqueueParts = _use_case("EnqueueParts")
    chain_task: ChainTask = _use_case("ChainTask")
    copy_task: CopyTask = _use_case("CopyTask")
    cancel_task: CancelTask = _use_case("CancelTask")
    change_priority: ChangePriority = _use_case("ChangePriority")
    move_to_queue: MoveToQueue = _use_case("MoveToQueue")
    delete_task: DeleteTask = _use_case("DeleteTask")
    retry_task: RetryTask = _use_case("RetryTask")
    get_task: GetTask = _use_case("GetTask")
    result: Result = _use_case("Result")
    results: Results = _use_case("Results")
    as_completed: AsCompleted = _use_case("AsCompleted")
    call: Call = _use_case("Call")
    follow: Follow = _use_case("Follow")
    get_logs: GetLogs = _use_case("GetLogs")
    get_attempts: GetAttempts = _use_case("GetAttempts")
    find_task_id: FindTaskId = _use_case("FindTaskId")
    list_ended: ListEnded = _use_case("ListEnded")
    find_tasks: FindTasks = _use_case("FindTasks")
    get_task_stats: GetTaskStats = _use_case("GetTaskStats")
    count_later: CountLater = _use_case("CountLater")
    get_oldest_due: GetOldestDue = _use_case("GetOldestDue")
    get_known_names: GetKnownNames = _use_case("GetKnownNames")
    get_history: GetHistory = _use_case("GetHistory")
    get_rates: GetRates = _use_case("GetRates")
    get_scale: GetScale = _use_case("GetScale")
    list_failure_groups: ListFailureGroups = _use_case("ListFailureGroups")
    mute_failure_group: MuteFailureGroup = _use_case("MuteFailureGroup")
    unmute_failure_group: UnmuteFailureGroup = _use_case("UnmuteFailureGroup")
    note_failure_group: NoteFailureGroup = _use_case("NoteFailureGroup")
    search_tasks: SearchTasks = _use_case("SearchTasks")
    count_tasks: CountTasks = _use_case("CountTasks")
    complete_query: CompleteQuery = _use_case("CompleteQuery")
    check_deploy: CheckDeploy = _use_case("CheckDeploy")
    plan_bulk: PlanBulk = _use_case("PlanBulk")
    start_bulk: StartBulk = _use_case("StartBulk")
    get_bulk: GetBulk = _use_case("GetBulk")
    list_bulk: ListBulk = _use_case("ListBulk")
    stop_bulk: StopBulk = _use_case("StopBulk")
    run_bulk: RunBulk = _use_case("RunBulk")
    change_for_bulk: ChangeForBulk = _use_case("ChangeForBulk")
    carry_on_bulk: CarryOnBulk = _use_case("CarryOnBulk")
    find_unserved: FindUnserved = _use_case("FindUnserved")
    explain: Explain = _use_case("Explain")
    explain_queues: ExplainQueues = _use_case("ExplainQueues")
    explain_queue: ExplainQueue = _use_case("ExplainQueue")
    list_type_definitions: ListTypeDefinitions = _use_case("ListTypeDefinitions")
    list_workers: ListWorkers = _use_case("ListWorkers")
    quiet_worker: QuietWorker = _use_case("QuietWorker")
    resume_worker: ResumeWorker = _use_case("ResumeWorker")
    stop_worker: StopWorker = _use_case("StopWorker")
    get_worker_stacks: GetWorkerStacks = _use_case("GetWorkerStacks")
    prune_tasks: PruneTasks = _use_case("PruneTasks")
    cleanup_old_tasks: CleanupOldTasks = _use_case("CleanupOldTasks")
    replay_dead_letters: ReplayDeadLetters = _use_case("ReplayDeadLetters")
    purge_dead_letters: PurgeDeadLetters = _use_case("PurgeDeadLetters")
    pause_queue: PauseQueue = _use_case("PauseQueue")
    resume_queue: ResumeQueue = _use_case("ResumeQueue")
    pause_type: PauseType = _use_case("PauseType")
    resume_type: ResumeType = _use_case("ResumeType")
    list_pauses: ListPauses = _use_case("ListPauses")
    send_broadcast: SendBroadcast = _use_case("SendBroadcast")
    subscribe: Subscribe = _use_case("Subscribe")
    unsubscribe: Unsubscribe = _use_case("Unsubscribe")
    list_subscriptions: ListSubscriptions = _use_case("ListSubscriptions")
    cancel_deliveries: CancelDeliveries = _use_case("CancelDeliveries")
    schedule: ScheduleByType = _use_case("ScheduleByType")
    put_schedule: PutSchedule = _use_case("PutSchedule")
    get_schedule: GetSchedule = _use_case("GetSchedule")
    list_schedules: ListSchedules = _use_case("ListSchedules")
    list_unreadable_schedules: ListUnreadableSchedules = _use_case("ListUnreadableSchedules")
    pause_schedule: PauseSchedule = _use_case("PauseSchedule")
    resume_schedule: ResumeSchedule = _use_case("ResumeSchedule")
    delete_schedule: DeleteSchedule = _use_case("DeleteSchedule")
    run_schedule_now: RunScheduleNow = _use_case("RunScheduleNow")
    fire_schedule: FireSchedule = _use_case("FireSchedule")
    fire_schedules: FireSchedules = _use_case("FireSchedules")
    plan_transfer: PlanTransfer = _use_case("PlanTransfer")
    transfer_tasks: TransferTasks = _use_case("TransferTasks")
    create_token: CreateToken = _use_case("CreateToken")
    list_tokens: ListTokens = _use_case("ListTokens")
    revoke_token: RevokeToken = _use_case("RevokeToken")
    authenticate: Authenticate = _use_case("Authenticate")
    record_audit: RecordAudit = _use_case("RecordAudit")
    list_audit: ListAudit = _use_case("ListAudit")
    diagnose: Diagnose = _use_case("Diagnose")
    get_configuration: GetConfiguration = _use_case("GetConfiguration")

    def __init__(
        self,
        backend: Backend,
        events: EventBus,
        ids: Ids,
        trace: TaskTrace | None = None,
        encode: Callable[[Any], str] = encode_payload,
        read_result: ReadResult = plain_result,
        configuration: Callable[[], Configuration] = Configuration,
    ) -> None:
        """`encode` writes the payloads of new tasks, `read_result` reads results by the type that a TaskType names, and
        `configuration` tells how the process was set up."""
        self.backend = backend
        self.clock: Clock = backend.clock
        self.events = events
        self.ids = ids
        self.trace = trace
        self.encode = encode
        self.read_result = read_result
        self.configuration = configuration

    def put_together(self, name: str, class_name: str) -> Any:
        """Return the use case of that name, which is asked for the first time."""
        made: Any = getattr(import_module(f"backstage.app.{name}"), class_name)
        code = made.__init__.__code__  # inspect.signature takes longer to load than a light command may
        needs = code.co_varnames[1 : code.co_argcount]
        return made(**{need: getattr(self.backend if need in _PORTS else self, need) for need in needs})
