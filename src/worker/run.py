"""`python -m worker.run`: run the worker until it is told to stop."""

from backstage.worker.command import cycle_collector

if __name__ == "__main__":
    cycle_collector.rest()
    from backstage.worker.command.command import main

    raise SystemExit(main())
