"""Adapters: one folder per backend, plus settings, container, event bus and logging."""
