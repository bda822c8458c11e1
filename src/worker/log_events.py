"""The names of log events: stable, English, and each with one meaning."""

SETTING_UNKNOWN = "setting_unknown"  # it looks like a setting, and nothing reads it
WORKER_STARTED = "worker_started"  # ready to claim
WORKER_STOPPING = "worker_stopping"  # told to stop: no new claims
WORKER_STOPPED = "worker_stopped"  # nothing runs and nothing is held any more
STATUS_SERVED = "status_served"  # health and metrics, at this URL
TASK_STARTED = "task_started"
TASK_COMPLETED = "task_completed"
TASK_RETRIED = "task_retried"  # the attempt failed, another will follow
TASK_DEAD = "task_dead"  # failed for good: a dead letter
TASK_CANCELLED = "task_cancelled"
TASK_SNOOZED = "task_snoozed"
TASK_RELEASED = "task_released"  # given back because the worker stops
TASK_RECLAIMED = "task_reclaimed"  # taken back from a worker whose lease ran out
LEASE_LOST = "lease_lost"  # this worker no longer holds the task; its handler is cancelled
LEASE_RENEWAL_FAILED = "lease_renewal_failed"
OUTCOME_REFUSED = "outcome_refused"  # the store refused a late end: another run owns the task
CLAIM_FAILED = "claim_failed"
SETTLE_FAILED = "settle_failed"
LOOP_FAILED = "loop_failed"  # a background loop's turn raised; it goes on
HANDLER_STUCK = "handler_stuck"  # a handler ignores its cancellation
TICK_FIRED = "tick_fired"  # of a schedule: its task is stored
TICK_SKIPPED = "tick_skipped"  # an earlier task of that schedule still lives
TASKS_PRUNED = "tasks_pruned"
WORKER_PROCESS_STARTED = "worker_process_started"  # of a fleet
WORKER_PROCESS_DIED = "worker_process_died"  # unasked; another takes its place
FLEET_GAVE_UP = "fleet_gave_up"  # its processes die as soon as they start
