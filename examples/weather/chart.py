"""The months as a chart: one HTML file with nothing to load, for light and dark screens, and for printing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from examples.weather.month import Month
from examples.weather.year import Year

_LEFT, _RIGHT, _WIDTH, _HEIGHT = 56, 944, 960, 520
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to a height on the page, between `top` and `bottom`; `ticks` carry the grid lines."""

    ticks: tuple[int, ...]
    top: float
    bottom: float

    def y(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return round(self.bottom - (value - low) / (high - low) * (self.bottom - self.top), 1)


_TEMPERATURE = Scale(ticks=(-10, 0, 10, 20, 30, 40), top=44, bottom=304)
_RAIN = Scale(ticks=(0, 100, 200, 300), top=352, bottom=470)


def page_of(months: list[Month], years: list[Year]) -> str:
    template = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        chart="\n".join(_chart(months)),
        rows="\n".join(_rows(years)),
        days=f"{sum(month.days for month in months):,}",
        span=f"{years[0].year} to {years[-1].year}",
        viewbox=f"0 0 {_WIDTH} {_HEIGHT}",
    )


def _chart(months: list[Month]) -> Iterator[str]:
    step = (_RIGHT - _LEFT) / len(months)
    yield from _axis(_TEMPERATURE, "Temperature, °C: coldest to hottest day, and mean low to mean high")
    yield from _axis(_RAIN, "Precipitation, mm a month")
    for index, month in enumerate(months):
        x = round(_LEFT + index * step, 1)
        if month.month.endswith("-01"):
            yield f'<line class="year" x1="{x}" x2="{x}" y1="{_TEMPERATURE.top}" y2="{_HEIGHT - 36}"/>'
            yield f'<text class="year-label" x="{x + 6 * step:.1f}" y="{_HEIGHT - 12}">{month.month[:4]}</text>'
        yield from _month(month, x, step)
    yield from _extremes(months, step)


def _axis(scale: Scale, title: str) -> Iterator[str]:
    yield f'<text class="panel" x="{_LEFT}" y="{scale.top - 14}">{escape(title)}</text>'
    for tick in scale.ticks:
        y = scale.y(tick)
        kind = "zero" if tick == 0 else "grid"
        yield f'<line class="{kind}" x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{_LEFT - 8}" y="{y + 4}">{_number(tick)}</text>'


def _month(month: Month, x: float, step: float) -> Iterator[str]:
    name = f"{_MONTHS[int(month.month[5:]) - 1]} {month.month[:4]}"
    middle = round(x + step / 2, 1)
    yield f'<g class="month"><title>{name}: mean {_number(month.mean_low)} to {_number(month.mean_high)} °C, '
    yield f"{month.rain:.1f} mm of rain and snow on {month.wet_days} wet days, "
    yield f"longest dry spell {month.longest_dry_spell} days"
    yield f'</title><rect class="hit" x="{x}" y="{_TEMPERATURE.top}" width="{step:.1f}" height="{_HEIGHT - 80}"/>'
    yield f'<line class="extremes" x1="{middle}" x2="{middle}" '
    yield f'y1="{_TEMPERATURE.y(month.hottest)}" y2="{_TEMPERATURE.y(month.coldest)}"/>'
    yield _bar("warm", _TEMPERATURE, (month.mean_low, month.mean_high), x, step)
    yield _bar("rain", _RAIN, (0, month.rain), x, step) + "</g>"


def _bar(kind: str, scale: Scale, values: tuple[float, float], x: float, step: float) -> str:
    low, high = values
    top, width = scale.y(high), round(step * 0.62, 1)
    height = round(scale.y(low) - top, 1)
    return f'<rect class="{kind}" x="{x + step * 0.19:.1f}" y="{top}" width="{width}" height="{height}" rx="2"/>'


def _extremes(months: list[Month], step: float) -> Iterator[str]:
    """Label the three months that stand out; a chart says more when it is also told."""

    def middle(month: Month) -> float:
        return min(_LEFT + (months.index(month) + 0.5) * step, _RIGHT - 16)

    hottest = max(months, key=lambda month: month.hottest)
    coldest = min(months, key=lambda month: month.coldest)
    wettest = max(months, key=lambda month: month.rain)
    yield _label(middle(hottest), _TEMPERATURE.y(hottest.hottest) - 7, f"{_number(hottest.hottest)} °C")
    yield _label(middle(coldest), _TEMPERATURE.y(coldest.coldest) + 15, f"{_number(coldest.coldest)} °C")
    yield _label(middle(wettest), _RAIN.y(wettest.rain) - 7, f"{wettest.rain:.0f} mm")


def _label(x: float, y: float, text: str) -> str:
    return f'<text class="label" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _rows(years: list[Year]) -> Iterator[str]:
    for each in years:
        yield (
            f'<tr><th scope="row">{each.year}</th><td>{_number(each.mean)}</td>'
            f"<td>{_number(each.hottest)} <small>{each.hottest_on}</small></td>"
            f"<td>{_number(each.coldest)} <small>{each.coldest_on}</small></td>"
            f"<td>{each.rain:,.1f}</td><td>{each.wet_days}</td><td>{each.wettest_month}</td></tr>"
        )


def _number(value: float) -> str:
    return (str(value) if isinstance(value, int) else f"{value:.1f}").replace("-", _MINUS)
