from __future__ import annotations


def one_line(text: str, at_most: int = 200) -> str:
    """The first line, shortened."""
    first = text.strip().partition("\n")[0]
    return first if len(first) <= at_most else f"{first[: at_most - 1]}…"
