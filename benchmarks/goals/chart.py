"""A chart of how near each goal is: one bar a goal, as long as what was measured is of it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.goals.goal import Verdict
from benchmarks.goals.report import cells

_ROW, _BAR, _LABEL, _FULL, _NUMBERS = 20, 12, 470, 240, 250
_LONGEST = 2.0
"""Times the goal; what is better by more ends there."""
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .met { fill: #2f855a } .missed { fill: #c05621 } .goal { stroke: #57606a; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) { text { fill: #d0d7de } .goal { stroke: #8b949e } }
"""


def chart(verdicts: Sequence[Verdict]) -> str:
    measured = [verdict for verdict in verdicts if verdict.median is not None]
    height = _ROW * (len(measured) + 1)
    goal, width = _LABEL + _FULL / _LONGEST, _LABEL + _FULL + _NUMBERS
    rows = "\n".join(_row(verdict, _ROW * place) for place, verdict in enumerate(measured, 1))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + _ROW}" role="img">\n'
        f"<title>How near each goal is: the dashed line is the goal</title>\n<style>{_STYLE}</style>\n"
        f'<line class="goal" x1="{goal:.0f}" x2="{goal:.0f}" y1="{_ROW}" y2="{height + _ROW / 2:.0f}"/>\n'
        f'<text x="{goal:.0f}" y="14" text-anchor="middle">goal</text>\n{rows}\n</svg>\n'
    )


def _row(verdict: Verdict, top: int) -> str:
    title, measured, bound, _ = cells(verdict)
    width = min(_nearness(verdict), _LONGEST) / _LONGEST * _FULL
    kind = "met" if verdict.is_met else "missed"
    return (
        f'<text x="{_LABEL - 8}" y="{top + 14}" text-anchor="end">{escape(title)}</text>'
        f'<rect class="{kind}" x="{_LABEL}" y="{top + 4}" width="{max(width, 1):.1f}" height="{_BAR}"/>'
        f'<text x="{_LABEL + _FULL + 8}" y="{top + 14}">{escape(measured)}, goal {escape(bound)}</text>'
    )


def _nearness(verdict: Verdict) -> float:
    """1 at the goal, more beyond it, whichever way it points."""
    assert verdict.median is not None
    if verdict.goal.is_most:
        return verdict.goal.bound / verdict.median if verdict.median else _LONGEST
    return verdict.median / verdict.goal.bound
