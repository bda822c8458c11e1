"""The reference model: the whole contract in plain dicts, one lock, nothing kept after the process."""
