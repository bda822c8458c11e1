"""Use cases: load, let the entity decide, save, tell. One verb per file."""
