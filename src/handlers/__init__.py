"""Handlers that a worker serves if it is told to: name their modules with `--handlers` or BACKSTAGE_HANDLERS."""
