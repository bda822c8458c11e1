"""The names of log events that no worker need be there for; `worker/log_events.py` has the others."""

LISTENER_FAILED = "listener_failed"  # a subscriber of an event raised
NOTIFICATIONS_MISSING = "notifications_missing"  # PostgreSQL's do not arrive; workers poll
REDIS_POLICY_UNKNOWN = "redis_policy_unknown"  # whether the server evicts tasks
STORE_UNAVAILABLE = "store_unavailable"  # at the start; it is asked again
