"""What is wrapped round each handler, outermost first: recovery, logging, metrics, tracing, the user's own in the
order they were added, timeout."""
