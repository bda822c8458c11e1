"""A script without an event loop: python -m examples.plain_script Ada Grace

Then: backstage worker --handlers examples.web.tasks --until-idle
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from backstage import BlockingContainer, Dedupe


def main(names: Sequence[str]) -> None:
    with BlockingContainer() as backstage:
        for name in names:
            task = backstage.enqueue("welcome:send", {"name": name}, dedupe=Dedupe(f"welcome {name}", ttl=86_400))
            print(f"{name} will be welcomed" if task else f"{name} was welcomed today")
        print(f"{backstage.get_task_stats().pending} tasks wait for a worker")


if __name__ == "__main__":
    main(sys.argv[1:])
