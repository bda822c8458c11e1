"""The task types that every worker can run: one module per type, beside the modules that they need."""
