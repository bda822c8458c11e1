"""Numbers as the pages write them."""

from __future__ import annotations

SPACE = "\N{NO-BREAK SPACE}"
UNKNOWN = "—"
_SIZES = ("B", "KB", "MB", "GB", "TB")


def number(value: float | None) -> str:
    """`4,312`, and from a million on `1.2 M`; a number that is not known is a dash."""
    if value is None:
        return UNKNOWN
    if abs(value) >= 1_000_000:
        return f"{_short(value / 1_000_000)}{SPACE}M"
    return f"{round(value):,}"


def exact(value: float) -> str:
    return f"{round(value):,}"


def brief(value: int) -> str:
    """For a place that holds three characters: `853`, `1k`, `2M`."""
    if value < 1000:
        return str(value)
    return f"{value // 1000}k" if value < 1_000_000 else f"{value // 1_000_000}M"


def percent(part: float | None) -> str:
    """Of a share between 0 and 1: `2.7 %`."""
    if part is None:
        return UNKNOWN
    value = part * 100
    if 0 < value < 0.1:
        return f"<{SPACE}0.1{SPACE}%"
    return f"{_short(value)}{SPACE}%"


def size(value: float) -> str:
    """Of a number of bytes: `212 B`, `1.4 MB`."""
    step = 0
    while value >= 1000 and step < len(_SIZES) - 1:
        value, step = value / 1000, step + 1
    return f"{_short(value) if step else round(value)}{SPACE}{_SIZES[step]}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """`1 task`, `853 tasks`."""
    return f"{value:,}{SPACE}{one if value == 1 else many or one + 's'}"


def _short(value: float) -> str:
    """At most one decimal, and none where it would be a zero or the number is long."""
    text = f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"
    return text.removesuffix(".0")
