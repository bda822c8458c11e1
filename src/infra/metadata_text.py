from __future__ import annotations

import json


def metadata_of(text: str | None) -> dict[str, str]:
    """Return the metadata that a store keeps as JSON text. Raises ValueError for what is none."""
    if text is None:
        return {}
    metadata = json.loads(text)
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("is not an object of strings")
    return metadata
