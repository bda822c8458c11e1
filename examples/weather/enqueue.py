"""`python -m examples.weather.enqueue [--url URL] [--out FOLDER]`: ask for the chart."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from backstage import Container

OUT = Path(__file__).parents[1] / "out" / "weather"


async def enqueue(url: str | None, out: Path) -> None:
    async with Container.open(url) as backstage:
        task = await backstage.enqueue("weather:plan", {"out": str(out)})
    print(f"enqueued weather:plan as {task.id}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.weather.enqueue")
    parser.add_argument("--url", help="the store, e.g. sqlite:///backstage.db (the default)")
    parser.add_argument("--out", type=Path, default=OUT, help="where the chart goes")
    arguments = parser.parse_args()
    asyncio.run(enqueue(arguments.url, arguments.out.resolve()))


if __name__ == "__main__":
    main()
