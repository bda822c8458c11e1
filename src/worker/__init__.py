"""The runtime that claims tasks, runs their handlers and settles how they ended."""
